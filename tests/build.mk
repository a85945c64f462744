# The tests: programs for the guest, the builds of other C libraries, and the archive that has them all. tests/host/build.mk adds the
# host's test programs to HOST_TESTS.
#
# Test programs lie in tests/guest (one source each, with or without the harness) and tests/tool; both become /test/NAME in
# $(BUILD)/test.cpio. tests/guest/build.mk may add programs to GUEST_TESTS, other files to GUEST_FILES, as HOSTFILE:GUESTPATH, and
# folders whose files keep their paths to GUEST_ROOTS.

GUEST_ASM_SOURCES := $(sort $(wildcard tests/guest/*.asm))
GUEST_ASM_TESTS := $(patsubst tests/guest/%.asm,$(BUILD)/tests/guest/%,$(GUEST_ASM_SOURCES))
# What the tests of exec execute also as a position-independent program, NAME_pie.
GUEST_PIE_SOURCES := tests/guest/ends.c tests/guest/image.c
GUEST_PIES := $(patsubst tests/guest/%.c,$(BUILD)/tests/guest/%_pie,$(GUEST_PIE_SOURCES))
GUEST_TEST_SOURCES := $(sort $(wildcard tests/guest/*.c tests/guest/*.cc tests/tool/*.c))
GUEST_TESTS := $(patsubst %,$(BUILD)/tests/guest/%,$(basename $(notdir $(GUEST_TEST_SOURCES)))) $(GUEST_ASM_TESTS) $(GUEST_PIES)

# The harness includes raw.h from user/.
$(GUEST_TESTS:%=%.o.d/%): USER_CFLAGS += -Iuser
$(GUEST_TESTS:%=%.o.d/%): USER_CXXFLAGS += -Iuser
$(foreach source,$(GUEST_TEST_SOURCES),$(eval $(call \
  user_program,$(BUILD)/tests/guest/$(basename $(notdir $(source))),$(source))))
$(foreach source,$(GUEST_PIE_SOURCES),$(eval $(call \
  user_program,$(BUILD)/tests/guest/$(basename $(notdir $(source)))_pie,$(source),pie)))

# Assembly programs stand alone: no libc, no start code.
$(GUEST_ASM_TESTS:%=%.o): $(BUILD)/tests/guest/%.o: tests/guest/%.asm $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(call say,NASM,$@)
	$(Q)$(NASM) -f elf64 -g -F dwarf -o $@ $<
$(GUEST_ASM_TESTS): %: %.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(USER_LDFLAGS) -o $@ $<

# The example, built as other people build it. These run on Linux x86-64 only.
ORACLE_PROGRAMS :=
ifeq ($(shell uname -sm),Linux x86_64)
ORACLE_PROGRAMS := $(addprefix $(BUILD)/oracle/fork_example.,musl glibc glibc-pie)
endif
ORACLE_CFLAGS := -O2 -Wall -Wextra -Werror

$(BUILD)/oracle/%.musl: user/bin/%.c tests/build.mk $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)musl-gcc -static $(ORACLE_CFLAGS) -o $@ $<

$(BUILD)/oracle/%.glibc: user/bin/%.c tests/build.mk $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -static $(ORACLE_CFLAGS) -o $@ $<

$(BUILD)/oracle/%.glibc-pie: user/bin/%.c tests/build.mk $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) -static-pie $(ORACLE_CFLAGS) -o $@ $<

GUEST_FILES :=
GUEST_ROOTS :=
-include tests/guest/build.mk

TEST_ARCHIVE_FILES := $(foreach program,$(GUEST_TESTS),$(program):/test/$(notdir $(program))) \
  $(foreach program,$(ORACLE_PROGRAMS),$(program):/oracle/$(notdir $(program))) $(GUEST_FILES)

$(BUILD)/test.cpio: $(BUILD)/kine.cpio $(GUEST_TESTS) $(ORACLE_PROGRAMS) \
  $(foreach pair,$(GUEST_FILES),$(firstword $(subst :, ,$(pair)))) tools/mkarchive tools/kine_archive.py $(FLAGS_STAMP)
	$(call say,ARCHIVE,$@)
	$(Q)$(PYTHON) tools/mkarchive -o $@ --archive $(BUILD)/kine.cpio $(GUEST_ROOTS:%=--root %) $(TEST_ARCHIVE_FILES)

HOST_TESTS ?=
-include tests/host/build.mk
-include tests/fuzz/build.mk
-include tests/ubsan/build.mk

# A second build of all that boots, by the other compiler.
CLANG_BUILD := $(BUILD)/clang

.PHONY: guest-tests oracle-programs host-tests clang-build
guest-tests: $(GUEST_TESTS) $(BUILD)/test.cpio
oracle-programs: $(ORACLE_PROGRAMS)
host-tests: $(HOST_TESTS)
clang-build:
	+@$(MAKE) --no-print-directory BUILD='$(CLANG_BUILD)' CXX=clang++ CC=clang all
