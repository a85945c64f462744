/* Attacks at the borders of user mode: return addresses that are not canonical, rights that are tried at every level of the tables, and
 * headers whose numbers wrap. Each case is named after what it replays; docs/hardening.md lists which promise it shows. */
#include <elf.h>
#include <ucontext.h>

#include "scratch.h"
#include "signals.h"

#define USER_END 0x7ffffffff000UL /* the last page of the lower half is never mapped */
#define MAP_NOREPLACE 0x100000

/* --- SYSRET and sigreturn --- */

static const unsigned long not_canonical[] = {0x800000000000, 0x800000000001, 0x4141414141414141, 0x7fffffffffffffff, 0xffff7fffffffffff};
enum { kNotCanonical = sizeof not_canonical / sizeof not_canonical[0] };

static unsigned long wanted;
static int what;
static void forge(int number, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

  (void)number, (void)info;
  switch (what) {
    case 0: registers[REG_RIP] = (greg_t)wanted; break;
    case 1: registers[REG_RSP] = (greg_t)wanted; break;
    case 2: registers[REG_RIP] = registers[REG_RCX] = (greg_t)wanted; break;     /* as SYSRET takes it */
    default: registers[REG_RIP] = (greg_t)wanted, registers[REG_RSP] = 0; break; /* the attack: a fault in ring 0 on the user's stack */
  }
}

TEST(sysret_cve_2012_0217,
     "no page lies where a call would return to an address that is not canonical, by no way to map, move, grow or protect one") {
  static const int flags[] = {MAP_PRIVATE, MAP_SHARED};
  unsigned char *const page = map_private(kPage);

  for (unsigned long at = USER_END - 2 * kPage; at <= USER_END + kPage; at += kPage)
    for (int pages = 1; pages <= 3; pages++)
      for (int i = 0; i < 2; i++) {
        const long seen = raw(NR_mmap, at, pages * kPage, PROT_READ | PROT_EXEC, flags[i] | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        const long expected = at + (unsigned long)pages * kPage <= USER_END ? (long)at : -ENOMEM;
        CHECK_EQ(seen, expected);
        if (seen > 0) CHECK_EQ(raw(NR_munmap, at, pages * kPage), 0);
      }
  CHECK(raw(NR_mremap, page, kPage, kPage, 3 /* to a place */, USER_END) < 0);
  CHECK(raw(NR_mremap, page, kPage, 2 * kPage, 3, USER_END - kPage) < 0);
  const long last = raw(NR_mmap, USER_END - kPage, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  REQUIRE(last > 0);
  CHECK(raw(NR_mremap, last, kPage, 2 * kPage, 1) != last); /* grown elsewhere, if at all */
  CHECK(raw(NR_mprotect, USER_END, kPage, PROT_READ) < 0);
}

TEST(sysret_at_the_end_cve_2012_0217, "a call at the very end of the user half returns to a fault of the program's own") {
  unsigned char *const code = (unsigned char *)USER_END - kPage;

  REQUIRE(raw(NR_mmap, code, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (long)code);
  code[kPage - 2] = 0x0f, code[kPage - 1] = 0x05; /* syscall */
  REQUIRE(raw(NR_mprotect, code, kPage, PROT_READ | PROT_EXEC) == 0);
  static const int calls[] = {NR_getpid, NR_sched_yield, NR_fork, 5000, NR_nanosleep};
  for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
    CHECK_ENDS(KILLED_BY(SIGSEGV), __asm__ volatile("xor %%edi, %%edi; xor %%esi, %%esi; jmp *%0"
                                                    :
                                                    : "r"(code + kPage - 2), "a"((long)calls[i])
                                                    : "rdi", "rsi", "rcx", "r11", "memory"));
}

TEST(sigreturn_cve_2012_0217,
     "a frame that returns to an address that is not canonical ends the forger, in user mode, whatever its other registers say") {
  for (what = 0; what < 4; what++)
    for (int i = 0; i < kNotCanonical; i++) {
      wanted = not_canonical[i];
      CHECK_ENDS(KILLED_BY(SIGSEGV), handle_info(SIGUSR1, forge, 0); raise(SIGUSR1); __asm__ volatile("push %%rax; pop %%rax"
                                                                                                      :
                                                                                                      :
                                                                                                      : "memory"));
    }
}

TEST(handler_not_canonical_cve_2012_0217, "a handler or a way back from it at an address that is not canonical ends its owner alone") {
  for (int i = 0; i < kNotCanonical; i++)
    for (int back = 0; back < 2; back++) {
      struct kernel_action action = {
          .handler = (void *)not_canonical[i], .flags = 0x04000000 /* SA_RESTORER */, .restorer = (void *)0x400000};
      if (back) action.handler = (void *)(uintptr_t)note, action.restorer = (void *)not_canonical[i];
      CHECK_ENDS(KILLED_BY(SIGSEGV), raw(SYS_rt_sigaction, SIGUSR1, &action, 0, kMask); raw(NR_kill, raw(NR_getpid), SIGUSR1));
    }
}

TEST(bases_not_canonical_cve_2012_0217,
     "FS and GS take no base that is not canonical or the kernel's, so no switch to the process faults") {
  for (int i = 0; i < kNotCanonical; i++)
    for (int base = 0x1001; base <= 0x1002; base++) { /* ARCH_SET_GS, ARCH_SET_FS */
      CHECK(raw(NR_arch_prctl, base, not_canonical[i]) < 0);
      CHECK(raw(NR_arch_prctl, base, 0xffff800000000000) < 0);
    }
  const long child = raw(NR_clone, SIGCHLD, not_canonical[0], 0, 0, 0); /* a stack there */
  if (child == 0) __asm__ volatile("push %%rax; ud2" : : : "memory");
  CHECK(child == -EINVAL || ending_of(child) == KILLED_BY(SIGSEGV));
}

/* --- Rights --- */

static int read_from(volatile unsigned char *at) { return *at; }
static void write_to(volatile unsigned char *at) { *at = 0xc3; }
static void run_at(volatile unsigned char *at) { ((void (*)(void))(uintptr_t)hidden((void *)(uintptr_t)at))(); }

/* Tries each use of the page, by the program and by the kernel on its behalf; `ret`: it holds a ret instruction. */
static void try_all(const char *where, volatile unsigned char *at, int rights, int ret) {
  const int may_read = rights != 0, may_write = rights & PROT_WRITE,
            may_run = rights & PROT_EXEC; /* (on x86 all that may be used may be read) */
  int ends[2];
  char what[100];
  struct {
    const char *use;
    long expected, seen;
  } uses[6] = {{"read", may_read ? 0 : KILLED_BY(SIGSEGV), 0},    {"write", may_write ? 0 : KILLED_BY(SIGSEGV), 0},
               {"run", may_run ? 0 : KILLED_BY(SIGSEGV), 0},      {"the kernel reads", may_read ? 1 : -EFAULT, 0},
               {"the kernel writes", may_write ? 0 : -EFAULT, 0}, {"a server writes", may_write ? 1 : -EFAULT, 0}};
  pid_t pid;

  REQUIRE(pipe(ends) == 0);
  if ((pid = fork()) == 0) read_from(at), _exit(0);
  uses[0].seen = ending_of(pid);
  if ((pid = fork()) == 0) write_to(at), _exit(0);
  uses[1].seen = ending_of(pid);
  if (may_run && !ret) uses[2].expected = KILLED_BY(SIGSEGV); /* zeros are instructions that write through rax */
  if ((pid = fork()) == 0) {
    __asm__ volatile("xor %%eax, %%eax" : : : "rax");
    run_at(at);
    _exit(0);
  }
  uses[2].seen = ending_of(pid);
  uses[3].seen = raw(SYS_write, ends[1], at, 1);
  if (uses[3].seen != 1) CHECK_EQ(write(ends[1], "x", 1), 1);
  uses[5].seen = raw(SYS_read, ends[0], at, 1);
  uses[4].seen = raw(NR_clock_gettime, 1, at + 64);
  for (int i = 0; i < 6; i++) {
    snprintf(what, sizeof what, "%s, rights %d: %s", where, rights, uses[i].use);
    check_equal(__FILE__, __LINE__, what, uses[i].seen, uses[i].expected);
  }
  close(ends[0]), close(ends[1]);
}

/* All of a span, as one entry of each level, and then page by page. */
TEST(forbidden_at_every_level,
     "what a page's rights forbid, none of the eight combinations allows, by the program or the kernel, at any level of the tables") {
  static const unsigned long spans[] = {kPage, 2 * MiB, GiB, 512 * GiB};
  unsigned char *const base = (unsigned char *)0x200000000000; /* a root entry's beginning */
  char where[60];

  for (int level = 0; level < 4; level++)
    for (int rights = 0; rights < 8; rights++) {
      const int both = (rights & PROT_WRITE) && (rights & PROT_EXEC);
      const unsigned long span = spans[level];
      volatile unsigned char *const page = base + (level ? span / 2 : 0);
      long seen = raw(NR_mmap, base, span, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
      CHECK_EQ(seen, both ? -EACCES : (long)base);
      if (both) continue;
      struct kine_page look;
      REQUIRE(raw(KINE_PAGE, page, &look) == 0);
      CHECK_EQ(look.level, level);
      snprintf(where, sizeof where, "level %d, untouched", level);
      try_all(where, page, rights, 0);
      /* With contents, at the same place: rights taken from the whole span, and given back. */
      REQUIRE(raw(NR_mprotect, page, kPage, PROT_READ | PROT_WRITE) == 0);
      page[0] = 0xc3; /* ret */
      REQUIRE(raw(NR_mprotect, base, span, rights) == 0);
      snprintf(where, sizeof where, "level %d, with contents", level);
      try_all(where, page, rights, 1);
      CHECK_ENDS(0, try_all(where, page, rights, 1)); /* in a child, which shares the tables */
      if (level) {
        snprintf(where, sizeof where, "level %d, beside contents", level);
        try_all(where, page - kPage, rights, 0);
      }
      CHECK_EQ(raw(NR_mprotect, base, span, PROT_WRITE | PROT_EXEC), -EACCES);
      CHECK_EQ(raw(NR_munmap, base, span), 0);
    }
}

/* --- Headers and vectors whose numbers wrap --- */

static long execute_file(const void *bytes, size_t size) {
  char *argv[] = {(char *)"x", NULL}, *none[] = {NULL};
  int fd = open("x", O_WRONLY | O_CREAT | O_TRUNC, 0755);

  REQUIRE(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
  close(fd);
  return raw(NR_execve, "x", argv, none);
}

TEST(elf_headers_cve_2018_14634,
     "a header whose counts, sizes or addresses wrap when they are added or multiplied is refused, and the caller is whole") {
  static struct {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    unsigned char code[2 * kPage];
  } file;
  static const unsigned long wrapping[] = {~0UL,      ~0UL - 15,     ~0UL - kPage + 1, 1UL << 63, (1UL << 63) - 1, 0xffffffff80000000,
                                           1UL << 47, 0x7fffffffffff};
  unsigned char *const witness = map_private(4 * kPage);
  const Elf64_Ehdr sound = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                            .e_type = ET_EXEC,
                            .e_machine = EM_X86_64,
                            .e_version = EV_CURRENT,
                            .e_entry = 0x400000 + sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr),
                            .e_phoff = sizeof(Elf64_Ehdr),
                            .e_ehsize = sizeof(Elf64_Ehdr),
                            .e_phentsize = sizeof(Elf64_Phdr),
                            .e_phnum = 2};
  const Elf64_Phdr text = {
      .p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = 0x400000, .p_filesz = kPage, .p_memsz = kPage, .p_align = kPage};
  const Elf64_Phdr data = {
      .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_offset = kPage, .p_vaddr = 0x402000, .p_filesz = 16, .p_memsz = 16, .p_align = kPage};
  static const unsigned char ends[] = {0xbf, 42, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05}; /* exit_group(42) */

  enter_scratch();
  memset(witness, 0x5c, 4 * kPage);
  file.header = sound, file.segments[0] = text, file.segments[1] = data;
  memcpy(file.code, ends, sizeof ends);
  CHECK_ENDS(42, execute_file(&file, sizeof file));
  for (unsigned i = 0; i < sizeof wrapping / sizeof wrapping[0]; i++)
    for (int field = 0; field < 6; field++) {
      file.header = sound, file.segments[0] = text, file.segments[1] = data;
      switch (field) {
        case 0: file.header.e_phoff = wrapping[i]; break;
        case 1: file.segments[1].p_memsz = wrapping[i]; break;
        case 2: file.segments[1].p_filesz = file.segments[1].p_memsz = wrapping[i]; break;
        case 3: file.segments[1].p_vaddr = wrapping[i] & -(unsigned long)kPage; break;
        case 4: file.segments[1].p_offset = wrapping[i] & -(unsigned long)kPage; break;
        default: file.header.e_entry = wrapping[i]; break;
      }
      const long seen = execute_file(&file, sizeof file);
      if (seen != -ENOEXEC && seen != -ENOMEM && seen != -EINVAL)
        test_fail(__FILE__, __LINE__, "field %d with 0x%lx: expected ENOEXEC, EINVAL or ENOMEM, seen %ld", field, wrapping[i], seen);
    }
  CHECK_BYTES(witness, 4 * kPage, 0x5c);
  unlink("x");
  leave_scratch();
}

TEST(argument_count_cve_2018_14634,
     "so many arguments that their pointers' size wraps 32 bits are refused: E2BIG, and the caller is whole") {
  enum { kPointers = 1 << 18 /* a region of 2 MiB */, kRegions = 40 };
  unsigned char *const witness = map_private(kPage);
  char *const vector = (char *)0x240000000000, **const first = (char **)map_private(kPointers * sizeof(char *));
  char path[300];

  memset(witness, 0x5c, kPage);
  companion("ends", path);
  for (int i = 0; i < kPointers; i++) first[i] = (char *)"x";
  /* The same region again and again, so that the vector costs no memory: on Kine by mremap of an old size of 0. */
  long at = 0, end = (long)vector;
  for (int i = 0; on_kine() && i < kRegions; i++, end += 2 * (long)MiB) {
    REQUIRE((at = raw(NR_mremap, first, 0, kPointers * sizeof(char *), 1)) > 0);
    REQUIRE(raw(NR_mremap, at, 2 * MiB, 2 * MiB, 3, end) == end);
  }
  REQUIRE(raw(NR_mmap, end, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == end);
  char *none[] = {NULL};
  CHECK_EQ(raw(NR_execve, path, vector, none), -E2BIG);
  CHECK_EQ(raw(NR_execve, path, none, vector), -E2BIG);
  CHECK_EQ(raw(NR_execve, path, vector, vector), -E2BIG);
  CHECK_PAGE(witness, 0x5c);
}
