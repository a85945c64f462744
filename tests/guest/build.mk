# What tests/guest needs beyond one program for each source: a folder of damaged ELF files, and a header that lists them for exec_elf.c.
# Included by tests/build.mk, which puts the files below each of GUEST_ROOTS into the archive under their paths there.
#
# On Kine the damaged files lie in /test/elf, on the host beside the test programs: a program finds them by its own path on both.

BAD_ELFS_ROOT := $(BUILD)/tests/root
BAD_ELFS_HEADER := $(BUILD)/tests/generated/bad_elfs.h
GUEST_ROOTS += $(BAD_ELFS_ROOT)

$(BAD_ELFS_HEADER): tests/guest/make_bad_elfs.py
	@mkdir -p $(BUILD)/tests/guest
	$(call say,ELFS,$(BAD_ELFS_ROOT))
	$(Q)$(PYTHON) $< $(BAD_ELFS_ROOT)/test/elf $@
	@ln -sfn ../root/test/elf $(BUILD)/tests/guest/elf

$(BUILD)/test.cpio: $(BAD_ELFS_HEADER)
$(BUILD)/tests/guest/exec_elf.o.d/exec_elf.c.o: $(BAD_ELFS_HEADER)
$(BUILD)/tests/guest/exec_elf.o.d/exec_elf.c.o: USER_CFLAGS += -I$(dir $(BAD_ELFS_HEADER))
# These find the files by their path, so they are of no use without them.
$(BUILD)/tests/guest/exec_args $(BUILD)/tests/guest/exec_elf: | $(BAD_ELFS_HEADER)
