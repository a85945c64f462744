# The kernel's own compiler flags, how its objects are built, and the link. kernel/build.mk and this file append to KERNEL_OBJS names below
# $(BUILD)/kernel-obj/ that mirror the sources: kernel/mm/frames.cc -> $(BUILD)/kernel-obj/kernel/mm/frames.cc.o.

KERNEL_OBJ_DIR := $(BUILD)/kernel-obj
ARCH_DIR := arch/x86_64

KERNEL_CXXFLAGS := -std=c++20 -O2 -g -ffreestanding -fno-exceptions -fno-rtti -mno-red-zone -mgeneral-regs-only -mcmodel=kernel \
  -fno-pic -fno-pie -fno-omit-frame-pointer -fno-optimize-sibling-calls -fno-stack-protector -fcf-protection=none \
  -fno-asynchronous-unwind-tables -fno-threadsafe-statics -fno-strict-aliasing -Wall -Wextra -Werror -Wframe-larger-than=6400 \
  $(if $(filter on,$(TRACING)),-Ikernel/traced) -Ikernel -I$(ARCH_DIR)
KERNEL_LDFLAGS := -nostdlib -static -no-pie -z max-page-size=4096 -z noexecstack --build-id=none
KERNEL_LD ?= ld
# g++ also notes each function's frame and calls, for tools/stack-bound.
KERNEL_CALLS := $(if $(findstring clang,$(CXX)),,-fcallgraph-info=su)

ARCH_SOURCES := $(sort $(wildcard $(ARCH_DIR)/*.cc)) $(ARCH_DIR)/boot.asm $(ARCH_DIR)/entry.asm
KERNEL_OBJS += $(patsubst %,$(KERNEL_OBJ_DIR)/%.o,$(filter-out %/offsets.cc,$(ARCH_SOURCES)))

$(KERNEL_OBJ_DIR)/%.cc.o: %.cc
	@mkdir -p $(@D)
	$(call say,CXX,$@)
	$(Q)$(CXX) $(KERNEL_CXXFLAGS) $(KERNEL_CALLS) -MMD -MP -c -o $@ $<

$(KERNEL_OBJ_DIR)/%.asm.o: %.asm $(KERNEL_OBJ_DIR)/offsets.inc
	@mkdir -p $(@D)
	$(call say,NASM,$@)
	$(Q)$(NASM) -f elf64 -g -F dwarf -w+error -I $(KERNEL_OBJ_DIR)/ -MD $(@:.o=.d) -o $@ $<

# Structure offsets: from C++ by way of assembly text.
$(KERNEL_OBJ_DIR)/offsets.inc: $(ARCH_DIR)/offsets.cc $(FLAGS_STAMP)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(KERNEL_CXXFLAGS) -MMD -MP -MT $@ -MF $(@:.inc=.d) -S -o $(@:.inc=.s) $<
	$(Q)sed -n 's/.*\.ascii[[:space:]]*"offset \([A-Za-z0-9_]*\) \(-*[0-9]*\)".*/\1 equ \2/p' $(@:.inc=.s) > $@.tmp
	$(Q)mv $@.tmp $@

# The panic report names functions, so the kernel carries its own symbol table (its format: report.cc). It is made from a first link
# without one; the table lies behind the code, so it moves no function, which the last command of the second link checks.
KERNEL_SYMBOLS = nm -nC $(1) | sed -n '/ text_begin$$/d; s/^ffffffff\([0-9a-f]\{8\}\) [tTwW] \(.*\)/\1 \2/p'
KERNEL_LINK = $(KERNEL_LD) $(KERNEL_LDFLAGS) -T linker.ld -o $@ $(filter %.o,$^)

# (Second expansion: the other folders' objects are named only later.)
.SECONDEXPANSION:
$(KERNEL_OBJ_DIR)/first-link.elf: $$(sort $$(KERNEL_OBJS)) linker.ld
	$(Q)$(KERNEL_LINK)

$(KERNEL_OBJ_DIR)/symbols.asm: $(KERNEL_OBJ_DIR)/first-link.elf
	$(Q)$(call KERNEL_SYMBOLS,$<) > $(@:.asm=.txt)
	$(Q)echo 'section .symbols progbits alloc noexec nowrite align=1' > $@
	$(Q)sed 's/^\([^ ]*\) \(.*\)/dd 0x\1\ndb "\2", 0/' $(@:.asm=.txt) >> $@

$(KERNEL_OBJ_DIR)/symbols.o: $(KERNEL_OBJ_DIR)/symbols.asm
	$(Q)$(NASM) -f elf64 -o $@ $<

$(BUILD)/kernel.elf: $$(sort $$(KERNEL_OBJS)) $(KERNEL_OBJ_DIR)/symbols.o linker.ld
	$(call say,LINK,$@)
	$(Q)$(KERNEL_LINK)
	$(Q)$(call KERNEL_SYMBOLS,$@) | cmp - $(KERNEL_OBJ_DIR)/symbols.txt || { rm -f $@; false; }

-include $(shell find $(KERNEL_OBJ_DIR) -name '*.d' 2>/dev/null)
