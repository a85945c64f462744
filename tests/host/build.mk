# The host's tests: the kernel's core and other pure parts against the simulated machine, by GoogleTest, with AddressSanitizer and
# UndefinedBehaviorSanitizer. One set of objects for each fan-out (entries a table); adds the programs to HOST_TESTS.
#
# Always by g++: clang's sanitizers come in a package of their own (HOST_CXX=clang++ uses them).

HOST_CXX ?= g++
HOST_DIR := $(BUILD)/tests/host
HOST_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_CXXFLAGS := -std=c++20 -g -fno-omit-frame-pointer -fno-strict-aliasing $(HOST_SANITIZE) -Wall -Wextra -Werror \
  -Itests/host/machine -Itests/host -Ikernel -Iarch
# Assertions compile much faster without optimisation. (The objects of the core come first in a link, so that the inline functions that both
# have are the fast ones.)
HOST_OPTIMISE := -O1
$(HOST_DIR)/%_test.cc.o: HOST_OPTIMISE := -O0
# The kernel's variables lie together, in a section that the tests can save and restore (unit/whole_kernel.cc).
HOST_OBJCOPY ?= objcopy
HOST_STATE_SECTION := kernel_state,alloc,load,data,contents
HOST_KERNEL_STATE = --rename-section .data=$(HOST_STATE_SECTION) --rename-section .bss=$(HOST_STATE_SECTION)
HOST_LDLIBS := -lgtest -lgtest_main -lpthread

HOST_CORE_SOURCES := $(sort $(wildcard kernel/mm/*.cc)) kernel/debug/audit.cc kernel/base/log.cc \
  $(sort $(wildcard tests/host/machine/*.cc)) $(addprefix tests/host/,model.cc random_play.cc world.cc world_check.cc)
HOST_CORE_TESTS := $(addprefix tests/host/,audit_test.cc failure_test.cc frames_test.cc machine_test.cc random_test.cc range_test.cc \
  sharing_test.cc)
HOST_KERNEL_SOURCES := $(sort $(wildcard $(addsuffix /*.cc,kernel kernel/task kernel/ipc kernel/syscall))) arch/x86_64/boot_parse.cc
HOST_UNIT_TESTS := $(sort $(wildcard tests/host/unit/*.cc))

# $(call host_objects,FAN-OUT,SOURCES)
host_objects = $(patsubst %,$(HOST_DIR)/objects.$(1)/%.o,$(2))

# $(call host_program,NAME,FAN-OUT,SOURCES)
define host_program
HOST_TESTS += $(HOST_DIR)/$(1)
HOST_OBJECTS += $(call host_objects,$(2),$(3))
$(HOST_DIR)/$(1): $(call host_objects,$(2),$(3)) tests/host/build.mk
	$$(call say,LINK,$$@)
	$$(Q)$(HOST_CXX) $(HOST_SANITIZE) -o $$@ $$(filter %.o,$$^) $(HOST_LDLIBS)
endef

# $(call host_fan_out,FAN-OUT,BITS,BITS OF A COUNT)
define host_fan_out
$(HOST_DIR)/objects.$(1)/%.cc.o: %.cc tests/host/build.mk
	@mkdir -p $$(@D)
	$$(call say,CXX,$$@)
	$$(Q)$(HOST_CXX) $(HOST_CXXFLAGS) $$(HOST_OPTIMISE) -DKINE_INDEX_BITS=$(2) -DKINE_LEVELS=4 -DKINE_COUNT_BITS=$(3) -MMD -MP -c -o $$@ $$<
	$$(if $$(filter kernel/%,$$<),$$(Q)$(HOST_OBJCOPY) $$(HOST_KERNEL_STATE) $$@)
endef

$(eval $(call host_fan_out,4,2,32))
$(eval $(call host_fan_out,8,3,32))
$(eval $(call host_fan_out,512,9,32))
# A fan-out of 4 with counts of 8 bits.
$(eval $(call host_fan_out,narrow,2,8))
$(eval $(call host_program,core_4,4,$(HOST_CORE_SOURCES) $(HOST_CORE_TESTS)))
$(eval $(call host_program,core_8,8,$(HOST_CORE_SOURCES) $(HOST_CORE_TESTS)))
$(eval $(call host_program,core_512,512,$(HOST_CORE_SOURCES) $(HOST_CORE_TESTS)))
$(eval $(call host_program,narrow,narrow,$(HOST_CORE_SOURCES) $(addprefix tests/host/,count_test.cc failure_test.cc random_test.cc sharing_test.cc)))
$(eval $(call host_program,exhaustive_4,4,$(HOST_CORE_SOURCES) tests/host/exhaustive_test.cc))
$(eval $(call host_program,units,512,$(HOST_CORE_SOURCES) $(HOST_KERNEL_SOURCES) $(HOST_UNIT_TESTS)))

HOST_OBJECTS := $(sort $(HOST_OBJECTS))
-include $(HOST_OBJECTS:.o=.d)

.PHONY: test-mutants
test-mutants: ## do the host's tests see a broken kernel? Plants mistakes in copies of it, one by one (takes many minutes)
	@tests/host/mutants
