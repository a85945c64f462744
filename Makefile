# Kine: `make help` lists the targets. Everything built goes to $(BUILD).
#
# Owns the order of things: tools, kernel, libc, programs, archive, tests. Each folder's build.mk says how its own files are built.

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules

BUILD ?= build

# The targets that build much run as many jobs as there are processors, unless -j says otherwise (a recipe can see that, a makefile cannot).
PARALLEL = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2))

# `make setup run` on a machine without tools: nothing about the tools may be looked up before setup has ended, whatever -j says. So setup
# runs first and alone, and a fresh make decides about the other targets.
ifneq ($(filter setup,$(MAKECMDGOALS)),)

AFTER_SETUP := $(filter-out setup,$(MAKECMDGOALS))

.PHONY: setup after-setup $(AFTER_SETUP)
setup:
	@tools/setup
after-setup: setup
	@+$(if $(AFTER_SETUP),$(MAKE) --no-print-directory $(PARALLEL) $(AFTER_SETUP),:)
$(AFTER_SETUP): after-setup
	@:

else

# Tools. g++ unless the command line or the environment names another compiler; the C compiler is its sibling.
ifeq ($(origin CXX),default)
CXX := g++
endif
ifeq ($(origin CC),default)
CC := $(subst g++,gcc,$(subst clang++,clang,$(CXX)))
endif
NASM ?= nasm
PYTHON ?= python3

# V=1 shows the commands. Use: $(Q)command, and $(call say,CXX,$@) for the line that stands for it.
V ?=
Q := $(if $(V),,@)
say = @$(if $(V),:,printf '  %-8s %s\n' '$(1)' '$(2)')

FLAGS_STAMP := $(BUILD)/flags

# The targets that build nothing work without tools.
ifneq ($(filter-out help clean format,$(or $(MAKECMDGOALS),all)),)

include arch/x86_64/build.mk
include kernel/build.mk
include libc/build.mk
include user/build.mk
include labs/build.mk
include tests/build.mk

# A change of compiler, of a variable on the command line, or of a build.mk rebuilds every object: they all depend on this file, which
# changes only when its contents do.
ALL_OBJECTS := $(sort $(foreach list,$(filter %_OBJECTS %_OBJS,$(.VARIABLES)),$($(list))))
GIVEN = $(strip $(foreach name,$(filter-out V BUILD PROGRAM DISPLAY_KIND TRACE TRACE_OPTIONS TESTS LAB TEST NONCE TREE JSON JUNIT MORE_TESTS OUT TARGET SECONDS SEED CALLS CXX CC NASM,$(.VARIABLES)),$(if $(filter command,$(firstword $(origin $(name)))),$(name)=$($(name)))))
FLAG_FILES = $(filter-out tests/%,$(filter Makefile %.mk,$(MAKEFILE_LIST)))
ENVIRONMENT = $(CPPFLAGS) $(CFLAGS) $(CXXFLAGS) $(LDFLAGS)

$(ALL_OBJECTS): $(FLAGS_STAMP)
$(LIBC_STAMP): $(FLAGS_STAMP)
	@touch $@
$(FLAGS_STAMP): FORCE
	@mkdir -p $(@D); \
	{ for tool in '$(CXX)' '$(CC)' '$(NASM)'; do echo "$$tool"; $$tool --version 2>&1 || :; done; \
	  printf '%s\n' '$(subst ','\'',$(GIVEN) $(ENVIRONMENT))'; cat $(FLAG_FILES) | cksum; } >$@.new; \
	if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi

# Changes when the list of programs does, so that one that was deleted leaves the archive.
$(BUILD)/programs: FORCE
	@mkdir -p $(@D); printf '%s\n' $(USER_PROGRAMS) $(SERVER_PROGRAMS) >$@.new; if cmp -s $@.new $@; then rm -f $@.new; else mv -f $@.new $@; fi

# What Kine boots with: programs, servers, and a folder that anyone may write to.
ARCHIVE_FILES = $(foreach program,$(USER_PROGRAMS),$(program):/bin/$(notdir $(program))) \
  $(foreach server,$(SERVER_PROGRAMS),$(server):/servers/$(notdir $(server)))

$(BUILD)/kine.cpio: $(USER_PROGRAMS) $(SERVER_PROGRAMS) $(BUILD)/programs tools/mkarchive tools/kine_archive.py $(FLAGS_STAMP)
	$(call say,ARCHIVE,$@)
	$(Q)$(PYTHON) tools/mkarchive -o $@ --folder /tmp:1777 --folder /root:700 $(ARCHIVE_FILES)

endif

.PHONY: FORCE all iso run run-gui bench gdb gdb-server gdb-replay test test-host test-guest test-programs compile_commands.json lint analyze format clean help

all: $(BUILD)/kernel.elf $(BUILD)/kine.cpio ## build the kernel and the boot archive (default)

# The same kernel, built a second time, tells what it does (kernel/base/trace.hh).
TRACED := $(BUILD)/traced

.PHONY: traced trace
traced: ## build the kernel that traces
	+@$(MAKE) --no-print-directory BUILD='$(TRACED)' TRACING=on '$(TRACED)/kernel.elf'

# Small memory, so that a frame is a cell that one can see; --icount, so that times are counts of instructions.
TRACE_OPTIONS ?= -m 64M --icount
TRACE_PROGRAM = $(or $(PROGRAM),cow_example)

trace: all traced ## build/trace.html: every event of PROGRAM="NAME ARG...", its page tables, and memory (docs/trace.md)
	@tools/run --build '$(BUILD)' -n $(TRACE_OPTIONS) --trace '$(BUILD)/trace.jsonl' $(TRACE_PROGRAM) || echo "trace: the program ended with status $$?"
	@tools/trace/draw --program '$(firstword $(TRACE_PROGRAM))' -o '$(BUILD)/trace.html' '$(BUILD)/trace.jsonl'

iso: $(BUILD)/kine.iso ## build the CD image: GRUB, kernel, archive
$(BUILD)/kine.iso: $(BUILD)/kernel.elf $(BUILD)/kine.cpio tools/mkiso tools/kine_qemu.py
	$(call say,ISO,$@)
	$(Q)tools/mkiso -o $@ --kernel $(BUILD)/kernel.elf --archive $(BUILD)/kine.cpio

run: all ## boot from the CD in QEMU: the examples, then a shell; PROGRAM="NAME ARG..." runs one program
	@tools/run --build '$(BUILD)' --grub $(PROGRAM)

run-gui: all ## the same with QEMU's screen, which shows a live map of memory beside the console (docs/live-map.md)
	@tools/run --build '$(BUILD)' -m 128M --display $(DISPLAY_KIND) $(PROGRAM)
# QEMU's word for a display: gtk, sdl, cocoa (on a Mac).
DISPLAY_KIND ?= $(if $(filter Darwin,$(shell uname -s)),cocoa,gtk)

gdb: all ## GDB on a Kine that has just started; PROGRAM="NAME ARG..." runs one program (docs/gdb.md)
	@tools/gdb/start --build '$(BUILD)' $(PROGRAM)

gdb-replay: all $(if $(TRACE),traced) ## the same on a recorded run, in which GDB can go back; PROGRAM must end by itself
	@tools/gdb/start --build '$(BUILD)' --replay $(if $(TRACE),--trace '$(BUILD)/trace.html') $(PROGRAM)

gdb-server: all ## the same for an editor's GDB: waits at the socket $(BUILD)/gdb.socket
	@tools/gdb/start --build '$(BUILD)' --server '$(BUILD)/gdb.socket' $(PROGRAM)

bench: all $(BUILD)/tests/guest/many ## every row of bench on Kine and on Linux, in instructions; LINUX=FILE names a vmlinuz (docs/numbers.md)
	@LINUX='$(LINUX)' tools/bench --build '$(BUILD)'

setup: ## install missing tools by the system's package manager (first, even with -j)

test: ## all tests; the last line is "N passed, N failed"
	@[ -e tests/run ] || { echo 'a handout has the tests of its labs, and no others: make grade' >&2; exit 1; }
	+@$(MAKE) --no-print-directory $(PARALLEL) all test-programs clang-build
	@tests/run --build '$(BUILD)' $(TESTS)

test-host: host-tests ## only the tests of the core on this machine
	@tests/run --build '$(BUILD)' --group host $(TESTS)

test-guest: all test-programs ## only the tests that run inside QEMU
	@tests/run --build '$(BUILD)' --group guest --group oracle $(TESTS)

.PHONY: attacks oom scale
attacks: all test-programs ## only the attacks, replayed (docs/hardening.md)
	@tests/run --build '$(BUILD)' --group attacks $(TESTS)

oom: all test-programs ## only memory that runs out: every request of every test program refused (hours); SEED=N
	@tests/run --build '$(BUILD)' --full --seed $(or $(SEED),0) --group oom $(TESTS)

scale: all test-programs ## only the tests with many processes, all of them
	@tests/run --build '$(BUILD)' --full --group scale $(TESTS)

test-programs: host-tests guest-tests oracle-programs traced debug fuzz-targets ## build the tests without running them

compile_commands.json: ## for clangd and clang-tidy
	@tools/compile-commands -o $@ -- $(MAKE) BUILD='$(BUILD)' CXX='$(CXX)' CC='$(CC)' all test-programs

lint: ## clang-tidy and cppcheck on every source, the host's tests too (docs/checking.md)
	@tools/lint --build '$(BUILD)'

analyze: ## clang's analyzer on kernel, arch, libc and user: takes minutes
	@tools/lint --analyze --build '$(BUILD)'

format: ## format the sources with clang-format
	clang-format -i $$(git ls-files '*.c' '*.h' '*.cc' '*.hh')

clean: ## remove everything that was built
	@if [ -d '$(BUILD)' ] && [ ! -e '$(FLAGS_STAMP)' ] && [ -n "$$(ls '$(BUILD)')" ] && [ ! -d '$(BUILD)/pycache' ]; then \
	  echo "clean: '$(BUILD)' was not made by this Makefile; left alone" >&2; exit 1; fi
	rm -rf -- '$(BUILD)' compile_commands.json

help: ## this list
	@sed -n 's/^\([a-z_.-]*\):.* ## \(.*\)/\1|\2/p' Makefile labs/build.mk labs/authors.mk tests/host/build.mk tests/fuzz/build.mk tests/ubsan/build.mk 2>/dev/null | sort | awk -F'|' '{ printf "  make %-22s %s\n", $$1, $$2 }'
	@printf '\nVariables: CXX=clang++  BUILD=DIR  V=1 (show commands)  PROGRAM="NAME ARG..."  TESTS="-k PATTERN"\n'

endif
