# The kernel of `make debug`, in a build folder of its own: the same sources, in which g++ checks each operation whose behaviour may be
# undefined, and the handlers that it calls then (ubsan.cc). SANITIZE=on makes that of a build; only `make debug` and tests/plant say so.

DEBUG := $(BUILD)/debug

.PHONY: debug
debug: ## build the kernel that panics where behaviour is undefined (docs/checking.md)
	+@$(MAKE) --no-print-directory BUILD='$(DEBUG)' SANITIZE=on '$(DEBUG)/kernel.elf'

ifeq ($(SANITIZE),on)
UBSAN_OBJECT := $(KERNEL_OBJ_DIR)/tests/ubsan/ubsan.cc.o
KERNEL_OBJS += $(UBSAN_OBJECT)
KERNEL_CXXFLAGS += -fsanitize=undefined -fno-sanitize-recover=all -Wframe-larger-than=8192
$(UBSAN_OBJECT): KERNEL_CXXFLAGS += -fno-sanitize=all
$(KERNEL_OBJS): tests/ubsan/build.mk
endif
