# The C library, and how to build a program with it.
#
# Given: BUILD (output directory), CC and CXX (gcc and g++, or clang and clang++), set before this file is included; all three
# have defaults. Q and say, which show commands in short, may be absent. Provided:
#
#   $(LIBC_A) $(CRT0)            the library and the start object; goal `libc` builds both
#   USER_CFLAGS USER_CXXFLAGS    compile a user program (non-PIE): $(CC) $(USER_CFLAGS) -c …, $(CXX) $(USER_CXXFLAGS) -c …
#   USER_LDFLAGS USER_LIBS       link it: $(CC) $(USER_LDFLAGS) -o PROGRAM $(CRT0) OBJECTS $(USER_LIBS)
#   USER_PIE_CFLAGS USER_PIE_LDFLAGS   what to add to compile, and what to use instead of USER_LDFLAGS to link, a static PIE
#
#   $(eval $(call user_program,PROGRAM,SOURCES[,pie]))
#       Rules that build PROGRAM from C and C++ SOURCES; objects and dependency files lie in PROGRAM.o.d/. Example:
#       $(foreach s,$(wildcard user/bin/*.c),$(eval $(call user_program,$(BUILD)/user/bin/$(basename $(notdir $s)),$s)))
#
# Such an ELF file is static and runs on Kine and on Linux alike.

BUILD ?= build
ifeq ($(origin CXX),default)
CXX := g++
endif
ifeq ($(origin CC),default)
CC := $(if $(findstring clang,$(CXX)),$(patsubst clang++%,clang%,$(CXX)),$(patsubst g++%,gcc%,$(CXX)))
endif
NASM ?= nasm
ifeq ($(origin AR),default)
AR := ar
endif

LIBC_DIR := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
LIBC_BUILD := $(BUILD)/libc
LIBC_A := $(LIBC_BUILD)/libc.a
CRT0 := $(LIBC_BUILD)/crt0.o

# Nothing of the host's C library may be seen: only this library's headers and the compiler's own.
LIBC_COMPILER_INCLUDE := $(shell $(CC) -print-file-name=include)
LIBC_INCLUDES := -nostdinc -isystem $(LIBC_DIR)/include -isystem $(dir $(LIBC_DIR))kernel/abi -isystem $(LIBC_COMPILER_INCLUDE)
# Helpers that the compiler itself calls (128-bit division and the like).
LIBC_LIBGCC := $(wildcard $(shell $(CC) -print-libgcc-file-name))

LIBC_COMMON := -O2 -g -fno-omit-frame-pointer -fno-stack-protector -fcf-protection=none -ffunction-sections -fdata-sections \
  -fno-asynchronous-unwind-tables -U_FORTIFY_SOURCE $(LIBC_INCLUDES)
LIBC_CXX_COMMON := -fno-exceptions -fno-rtti -fno-threadsafe-statics
LIBC_WARNINGS := -Wall -Wextra -Werror

USER_CFLAGS = -std=gnu17 $(LIBC_COMMON) $(LIBC_WARNINGS) -fno-pie
USER_CXXFLAGS = -std=gnu++20 $(LIBC_COMMON) $(LIBC_CXX_COMMON) $(LIBC_WARNINGS) -fno-pie
USER_PIE_CFLAGS = -fPIE
LIBC_LDCOMMON := -nostdlib -Wl,-z,separate-code -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -Wl,-z,norelro \
  -Wl,--build-id=none -Wl,--gc-sections
USER_LDFLAGS = -static $(LIBC_LDCOMMON)
USER_PIE_LDFLAGS = -static-pie $(LIBC_LDCOMMON)
USER_LIBS = $(LIBC_A) $(LIBC_LIBGCC)

# The library itself is freestanding: nothing in memcpy may be compiled into a call of memcpy. It is position-independent, so that
# both kinds of program can link it.
LIBC_CFLAGS := -std=c17 -ffreestanding $(LIBC_COMMON) $(LIBC_WARNINGS) -fPIE
LIBC_CXXFLAGS := -std=c++20 -ffreestanding $(LIBC_COMMON) $(LIBC_CXX_COMMON) $(LIBC_WARNINGS) -fPIE

LIBC_SOURCES := $(sort $(wildcard $(LIBC_DIR)/*/*.c $(LIBC_DIR)/*/*.cc $(LIBC_DIR)/*/*.asm))
LIBC_OBJECTS := $(patsubst $(LIBC_DIR)/%,$(LIBC_BUILD)/%.o,$(filter-out %/crt0.asm,$(LIBC_SOURCES)))

# A file that changes exactly when the tools or their flags, or the set of sources, do: everything is then built again.
LIBC_STAMP := $(LIBC_BUILD)/flags
LIBC_STAMP_TEXT := $(CC) $(CXX) $(NASM) $(USER_CFLAGS) $(USER_CXXFLAGS) $(USER_LDFLAGS) $(LIBC_CFLAGS) $(LIBC_CXXFLAGS) $(LIBC_SOURCES)
ifneq ($(file <$(LIBC_STAMP)),$(LIBC_STAMP_TEXT))
$(shell mkdir -p $(LIBC_BUILD))
$(file >$(LIBC_STAMP),$(LIBC_STAMP_TEXT))
endif

.PHONY: libc
libc: $(LIBC_A) $(CRT0)

$(LIBC_BUILD)/%.c.o: $(LIBC_DIR)/%.c $(LIBC_STAMP)
	@mkdir -p $(@D)
	$(call say,CC,$@)
	$(Q)$(CC) $(LIBC_CFLAGS) -MD -MP -c -o $@ $<

$(LIBC_BUILD)/%.cc.o: $(LIBC_DIR)/%.cc $(LIBC_STAMP)
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) $(LIBC_CXXFLAGS) -MD -MP -c -o $@ $<

$(LIBC_BUILD)/%.asm.o: $(LIBC_DIR)/%.asm $(LIBC_STAMP)
	@mkdir -p $(@D)
	$(call say,NASM,$@)
	$(Q)$(NASM) -f elf64 -g -F dwarf -o $@ $<

$(CRT0): $(LIBC_DIR)/start/crt0.asm $(LIBC_STAMP)
	@mkdir -p $(@D)
	$(call say,NASM,$@)
	$(Q)$(NASM) -f elf64 -g -F dwarf -o $@ $<

# Made anew each time: ar would keep the members of sources that are gone.
$(LIBC_A): $(LIBC_OBJECTS)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(LIBC_OBJECTS)

-include $(LIBC_OBJECTS:.o=.d)

# user_program: 1 = program, 2 = sources, 3 = `pie` or nothing
define user_program
$(foreach source,$(2),$(call user_object,$(1),$(source),$(3)))
$(1): $(foreach source,$(2),$(1).o.d/$(notdir $(source)).o) $(CRT0) $(LIBC_A)
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(if $(filter pie,$(3)),$$(USER_PIE_LDFLAGS),$$(USER_LDFLAGS)) -o $$@ $$(CRT0) $$(filter $(1).o.d/%,$$^) $$(USER_LIBS)

-include $(foreach source,$(2),$(1).o.d/$(notdir $(source)).d)
endef

# user_object: 1 = program, 2 = one source, 3 = `pie` or nothing
define user_object
$(1).o.d/$(notdir $(2)).o: $(2) $(LIBC_STAMP)
	@mkdir -p $$(@D)
	$$(call say,$$(if $$(filter %.c,$(2)),CC,CXX),$$@)
	$$(Q)$$(if $$(filter %.c,$(2)),$$(CC) $$(USER_CFLAGS),$$(CXX) $$(USER_CXXFLAGS)) $(if $(filter pie,$(3)),$$(USER_PIE_CFLAGS)) -MD -MP -c -o $$@ $$<

endef
