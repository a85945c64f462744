# The machine-independent kernel: every .cc below kernel/.
KERNEL_SOURCES := $(sort $(shell find kernel -name '*.cc'))
KERNEL_OBJS += $(patsubst %,$(BUILD)/kernel-obj/%.o,$(KERNEL_SOURCES))
