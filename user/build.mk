# The programs, static and linked with libc/, for Kine and for Linux alike:
#
#   user/bin/NAME.c or NAME.cc   one file                $(BUILD)/user/bin/NAME           /bin/NAME in the archive
#   user/NAME/*.c                several files           $(BUILD)/user/bin/NAME           /bin/NAME
#   user/servers/NAME/*.c        a server of init's      $(BUILD)/user/servers/NAME       /servers/NAME, with what servers share
#   user/servers/hello.c, mailbox.c  a student's own     $(BUILD)/user/bin/NAME           /bin/NAME
#   user/bin/NAME.asm            without libc and its start code
#
# Uses: user_program, USER_LDFLAGS of libc/build.mk. Provides: USER_PROGRAMS, those in /bin, and SERVER_PROGRAMS, those in /servers.

USER_SOURCES := $(sort $(wildcard user/bin/*.c user/bin/*.cc))
USER_ASM_SOURCES := $(sort $(wildcard user/bin/*.asm))
USER_ASM_PROGRAMS := $(USER_ASM_SOURCES:user/bin/%.asm=$(BUILD)/user/bin/%)
USER_FOLDERS := $(filter-out bin servers,$(sort $(patsubst user/%/,%,$(dir $(wildcard user/*/*.c)))))
OWN_SERVERS := $(wildcard user/servers/hello.c user/servers/mailbox.c)
SERVER_SHARED := $(filter-out $(OWN_SERVERS),$(sort $(wildcard user/servers/*.c)))
SERVERS := $(sort $(patsubst user/servers/%/,%,$(dir $(wildcard user/servers/*/*.c))))

USER_PROGRAMS := $(patsubst user/bin/%,$(BUILD)/user/bin/%,$(basename $(USER_SOURCES))) $(USER_ASM_PROGRAMS) \
  $(USER_FOLDERS:%=$(BUILD)/user/bin/%) $(OWN_SERVERS:user/servers/%.c=$(BUILD)/user/bin/%)
SERVER_PROGRAMS := $(SERVERS:%=$(BUILD)/user/servers/%)

# The header raw.h lies in user/ itself, those that servers share in user/servers/.
$(USER_PROGRAMS:%=%.o.d/%) $(SERVER_PROGRAMS:%=%.o.d/%): USER_CFLAGS += -Iuser -Iuser/servers
$(USER_PROGRAMS:%=%.o.d/%): USER_CXXFLAGS += -Iuser

$(foreach source,$(USER_SOURCES),$(eval $(call user_program,$(BUILD)/user/bin/$(basename $(notdir $(source))),$(source))))
$(foreach folder,$(USER_FOLDERS),$(eval $(call user_program,$(BUILD)/user/bin/$(folder),$(sort $(wildcard user/$(folder)/*.c)))))
$(foreach source,$(OWN_SERVERS),$(eval $(call user_program,$(BUILD)/user/bin/$(basename $(notdir $(source))),$(source))))
$(foreach server,$(SERVERS),$(eval $(call user_program,$(BUILD)/user/servers/$(server),$(sort $(wildcard user/servers/$(server)/*.c)) $(SERVER_SHARED))))

$(USER_ASM_PROGRAMS:%=%.o): $(BUILD)/user/bin/%.o: user/bin/%.asm $(LIBC_STAMP)
	@mkdir -p $(@D)
	$(call say,NASM,$@)
	$(Q)$(NASM) -f elf64 -g -F dwarf -MD $@.d -MP -o $@ $<

$(USER_ASM_PROGRAMS): %: %.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(USER_LDFLAGS) -o $@ $<

-include $(USER_ASM_PROGRAMS:%=%.o.d)

.PHONY: user
user: $(USER_PROGRAMS) $(SERVER_PROGRAMS)
