# The programs: user/bin/NAME.c or NAME.cc becomes $(BUILD)/user/bin/NAME, static and linked with libc/, for Kine and for Linux alike.
# NAME.asm stands alone, without libc and its start code.
#
# Uses: user_program, USER_LDFLAGS of libc/build.mk. Provides: USER_PROGRAMS, all of them, each /bin/NAME in the archive.

USER_SOURCES := $(sort $(wildcard user/bin/*.c user/bin/*.cc))
USER_ASM_SOURCES := $(sort $(wildcard user/bin/*.asm))
USER_ASM_PROGRAMS := $(USER_ASM_SOURCES:user/bin/%.asm=$(BUILD)/user/bin/%)
USER_PROGRAMS := $(patsubst user/bin/%,$(BUILD)/user/bin/%,$(basename $(USER_SOURCES))) $(USER_ASM_PROGRAMS)

# The header raw.h lies in user/ itself.
$(USER_PROGRAMS:%=%.o.d/%): USER_CFLAGS += -Iuser
$(USER_PROGRAMS:%=%.o.d/%): USER_CXXFLAGS += -Iuser

$(foreach source,$(USER_SOURCES),$(eval $(call user_program,$(BUILD)/user/bin/$(basename $(notdir $(source))),$(source))))

$(USER_ASM_PROGRAMS:%=%.o): $(BUILD)/user/bin/%.o: user/bin/%.asm $(LIBC_STAMP)
	@mkdir -p $(@D)
	$(call say,NASM,$@)
	$(Q)$(NASM) -f elf64 -g -F dwarf -MD $@.d -MP -o $@ $<

$(USER_ASM_PROGRAMS): %: %.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(USER_LDFLAGS) -o $@ $<

-include $(USER_ASM_PROGRAMS:%=%.o.d)

.PHONY: user
user: $(USER_PROGRAMS)
