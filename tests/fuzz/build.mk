# The fuzz targets: tests/fuzz/NAME_fuzz.cc becomes $(BUILD)/tests/fuzz/NAME, by clang's libFuzzer with AddressSanitizer and
# UndefinedBehaviorSanitizer. What they try is compiled for them anew, so that the fuzzer sees which branches an input takes.

FUZZ_CXX ?= clang++
FUZZ_DIR := $(BUILD)/tests/fuzz
# Only branches of the kernel guide the fuzzer, not those of the simulated machine and of the model.
FUZZ_GUIDE = $(if $(filter kernel/% arch/%,$(1)),-fsanitize=fuzzer-no-link)
FUZZ_NAMES := elf boot archive memory messages
FUZZ_TARGETS := $(addprefix $(FUZZ_DIR)/,$(FUZZ_NAMES))

# $(call fuzz_objects,BITS OF AN INDEX,SOURCES)
fuzz_objects = $(patsubst %,$(FUZZ_DIR)/objects.$(1)/%.o,$(2))

# $(call fuzz_bits,BITS)
define fuzz_bits
$(FUZZ_DIR)/objects.$(1)/%.cc.o: %.cc tests/fuzz/build.mk
	@mkdir -p $$(@D)
	$$(call say,CXX,$$@)
	$$(Q)$(FUZZ_CXX) $(HOST_CXXFLAGS) -O1 $$(call FUZZ_GUIDE,$$<) -DKINE_INDEX_BITS=$(1) -DKINE_LEVELS=4 -DKINE_COUNT_BITS=32 -MMD -MP -c -o $$@ $$<
	$$(if $$(filter kernel/%,$$<),$$(Q)$(HOST_OBJCOPY) $$(HOST_KERNEL_STATE) $$@)
endef

# $(call fuzz_target,NAME,BITS,SOURCES)
define fuzz_target
FUZZ_OBJECTS += $(call fuzz_objects,$(2),tests/fuzz/$(1)_fuzz.cc tests/fuzz/main.cc $(3))
$(FUZZ_DIR)/$(1): $(call fuzz_objects,$(2),tests/fuzz/$(1)_fuzz.cc tests/fuzz/main.cc $(3)) tests/fuzz/build.mk
	$$(call say,LINK,$$@)
	$$(Q)$(FUZZ_CXX) $(HOST_SANITIZE) -fsanitize=fuzzer -o $$@ $$(filter %.o,$$^) $(4)
endef

FUZZ_MACHINE := $(filter-out tests/host/random_play.cc,$(HOST_CORE_SOURCES))
$(eval $(call fuzz_bits,2))
$(eval $(call fuzz_bits,9))
$(eval $(call fuzz_target,elf,9,tests/fuzz/panic.cc kernel/task/elf.cc))
$(eval $(call fuzz_target,boot,9,tests/fuzz/panic.cc arch/x86_64/boot_parse.cc))
$(eval $(call fuzz_target,archive,9,tests/fuzz/panic.cc kernel/task/archive.cc))
$(eval $(call fuzz_target,memory,2,$(HOST_CORE_SOURCES)))
$(eval $(call fuzz_target,messages,9,$(FUZZ_MACHINE) $(HOST_KERNEL_SOURCES) tests/host/unit/whole_kernel.cc,-lgtest -lpthread))

FUZZ_OBJECTS := $(sort $(FUZZ_OBJECTS))
-include $(FUZZ_OBJECTS:.o=.d)

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_TARGETS)

.PHONY: fuzz-host fuzz
fuzz: all guest-tests ## a million system calls of an attacker, in QEMU: SEED=N (default 1)  CALLS=N (default 1000000)
	@tests/fuzz/guest --build '$(BUILD)' $(if $(SEED),--seed $(SEED)) $(if $(CALLS),--calls $(CALLS))

fuzz-host: fuzz-targets ## look for inputs that break the kernel's core: TARGET=NAME (default: each)  SECONDS=N (default: 60)
	@tests/fuzz/run --build '$(BUILD)' --seconds $(or $(SECONDS),60) $(TARGET)
