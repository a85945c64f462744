# The programs of the labs' tests: labs/NAME/tests/PROGRAM.c becomes $(BUILD)/labs/NAME/PROGRAM, and all of a lab lie in
# $(BUILD)/labs/NAME.cpio, an archive without anything else. labs/README.md says how they are run.

LAB_SOURCES := $(sort $(wildcard labs/*/tests/*.c))
LAB_PROGRAMS := $(foreach source,$(LAB_SOURCES),$(BUILD)/$(subst /tests/,/,$(source:.c=)))
LABS := $(sort $(foreach source,$(LAB_SOURCES),$(word 2,$(subst /, ,$(source)))))

$(LAB_PROGRAMS:%=%.o.d/%): USER_CFLAGS += -Iuser -Ilabs
$(foreach source,$(LAB_SOURCES),$(eval $(call user_program,$(BUILD)/$(subst /tests/,/,$(source:.c=)),$(source))))

# $(call lab_archive,NAME)
define lab_archive
$(BUILD)/labs/$(1).cpio: $(filter $(BUILD)/labs/$(1)/%,$(LAB_PROGRAMS)) tools/mkarchive tools/kine_archive.py
	$$(call say,ARCHIVE,$$@)
	$$(Q)$$(PYTHON) tools/mkarchive -o $$@ $$(foreach program,$$(filter $(BUILD)/labs/$(1)/%,$$^),$$(program):/$$(notdir $$(program)))
endef
$(foreach lab,$(LABS),$(eval $(call lab_archive,$(lab))))

# A handout grades its own lab, unless LAB names others; LAB=all, or no handout: all labs.
LAB ?= $(file <labs/handout)

.PHONY: grade gdb-lab lab-archives
grade: ## LAB=NAME: run a lab's tests on this kernel and count the points; TEST=NAME one test, TREE=DIR another tree, JSON=FILE
	@tools/grade $(filter-out all,$(LAB)) $(TEST:%=--only %) $(NONCE:%=--nonce %) $(TREE:%=--tree %) $(JSON:%=--json %) $(JUNIT:%=--junit %) \
	  $(MORE_TESTS:%=--tests %)

gdb-lab: all lab-archives ## TEST=LAB/NAME: a test's program under GDB, on this kernel
	@tools/grade --gdb '$(TEST)' $(NONCE:%=--nonce %)

lab-archives: $(LABS:%=$(BUILD)/labs/%.cpio)

# What only those have who write labs.
-include labs/authors.mk
