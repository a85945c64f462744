/* Whatever the kernel or a server hands out, not a byte of it is a byte that was meant for nobody: not in registers, not in what pads a
 * structure, not in the state of the FPU. */
#include <dirent.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <termios.h>
#include <ucontext.h>

#include "messages.h"

/* --- Registers --- */

struct registers {
  unsigned long rax, rbx, rcx, rdx, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
};

/* A system call, and all registers behind it. rbx, r12 … r15 hold `mark` before. */
static struct registers call(long number, unsigned long a, unsigned long b, unsigned long c) {
  static struct registers after;
  static unsigned long words[5];

  words[0] = (unsigned long)number, words[1] = a, words[2] = b, words[3] = c;
  __asm__ volatile(
      "mov %1, %%rax; mov 8+%1, %%rdi; mov 16+%1, %%rsi; mov 24+%1, %%rdx\n\t"
      "mov $0x1111, %%ebx; mov $0x2222, %%r8d; mov $0x3333, %%r9d; mov $0x4444, %%r10d\n\t"
      "mov $0x5555, %%r12d; mov $0x6666, %%r13d; mov $0x7777, %%r14d; mov $0x8888, %%r15d\n\t"
      "syscall\n"
      "1: mov %%rax, %0; mov %%rbx, 8+%0; mov %%rcx, 16+%0; mov %%rdx, 24+%0; mov %%rsi, 32+%0; mov %%rdi, 40+%0\n\t"
      "mov %%r8, 48+%0; mov %%r9, 56+%0; mov %%r10, 64+%0; mov %%r11, 72+%0\n\t"
      "mov %%r12, 80+%0; mov %%r13, 88+%0; mov %%r14, 96+%0; mov %%r15, 104+%0\n\t"
      "lea 1b(%%rip), %%rax; cmp %%rax, %%rcx; je 2f\n\t"
      "movq $0xbad, 16+%0\n"
      "2:"
      : "+m"(after)
      : "m"(words)
      : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
  return after;
}

static void check_registers(const char *what, struct registers seen, unsigned long a, unsigned long b, unsigned long c) {
  const struct registers expected = {seen.rax, 0x1111, seen.rcx, c, b, a, 0x2222, 0x3333, 0x4444, seen.r11, 0x5555, 0x6666, 0x7777, 0x8888};

  if (memcmp(&seen, &expected, sizeof seen) != 0)
    test_fail(__FILE__, __LINE__,
              "%s: expected no register but rax, rcx and r11 to change, seen rbx %lx rdx %lx rsi %lx rdi %lx r8 %lx r10 %lx", what,
              seen.rbx, seen.rdx, seen.rsi, seen.rdi, seen.r8, seen.r10);
  if (seen.rcx == 0xbad) test_fail(__FILE__, __LINE__, "%s: expected rcx to be the address behind the call", what);
  if ((seen.r11 & ~0xcd5UL) != 0x202) test_fail(__FILE__, __LINE__, "%s: expected r11 to be the flags, seen %lx", what, seen.r11);
}

TEST(leak_by_registers,
     "a call, short, failing, waiting or unknown, leaves its result in rax, its address in rcx, the flags in r11, and nothing else") {
  static const struct {
    const char *name;
    long number;
  } calls[] = {
      {"getpid", NR_getpid}, {"sched_yield", NR_sched_yield}, {"an unknown call", 5000}, {"close", NR_close},   {"munmap", NR_munmap},
      {"pause", 0},          {"execve", NR_execve},           {"wait4", NR_wait4},       {"audit", KINE_AUDIT}, {"read", NR_read},
      {"uname", NR_uname}};
  static const unsigned long bad[] = {77, 3, 0};

  for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++)
    check_registers(calls[i].name, call(calls[i].number, bad[0], bad[1], bad[2]), bad[0], bad[1], bad[2]);
  static const long nap[2] = {0, 20000000};
  check_registers("nanosleep", call(NR_nanosleep, (unsigned long)nap, 0, 0), (unsigned long)nap, 0, 0); /* others ran meanwhile */
  int ends[2];
  char byte;
  REQUIRE(pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) milliseconds(5), write(ends[1], "x", 1), _exit(0);
  check_registers("read of a pipe", call(NR_read, (unsigned long)ends[0], (unsigned long)&byte, 1), (unsigned long)ends[0],
                  (unsigned long)&byte, 1);
  BURY(pid);
}

/* --- The FPU --- */

struct environment { /* FNSTENV, 32-bit form */
  unsigned control, status, tags, instruction, selector_and_opcode, data, data_selector;
};

/* Executed by itself: `attack_leaks --fpu` ends with what is not as in a processor that was just reset. */
static int fpu_of_a_new_program(void) {
  static unsigned char state[512] __attribute__((aligned(16)));
  static struct environment environment;

  __asm__ volatile("fxsave %0; fnstenv %1" : "=m"(state), "=m"(environment));
  for (int i = 32; i < 288; i++) /* st0 … st7, xmm0 … xmm7: xmm8 and up follow */
    if (state[i] != 0) return 1;
  for (int i = 288; i < 416; i++)
    if (state[i] != 0) return 2;
  if ((environment.status & 0xffff) != 0) return 3;
  if ((environment.tags & 0xffff) != 0xffff) return 4;
  if (environment.instruction != 0 || environment.data != 0) return 5;
  return (environment.control & 0xffff) == 0x37f ? 0 : 6;
}
static void __attribute__((constructor)) begin(int argc, char *argv[]) {
  if (argc == 2 && strcmp(argv[1], "--fpu") == 0) _exit(fpu_of_a_new_program());
}

#define FILL_FPU(value)                                                                                                               \
  do {                                                                                                                                \
    static const unsigned long fill_words[2] = {value, value};                                                                        \
    static const double fill_number = 1234.5;                                                                                         \
    __asm__ volatile("movups %0, %%xmm0; movups %0, %%xmm7; movups %0, %%xmm8; movups %0, %%xmm15; fninit; fldl %1; fldl %1; fldl %1" \
                     :                                                                                                                \
                     : "m"(fill_words), "m"(fill_number)                                                                              \
                     : "xmm0", "xmm7", "xmm8", "xmm15");                                                                              \
  } while (0)

TEST(leak_by_fpu_over_exec_cve_2006_1056, "a new program finds no number of the old one's, nor of another process's, in the FPU") {
  char path[300], *argv[] = {path, "--fpu", NULL}, *none[] = {NULL};
  pid_t others[3];

  snprintf(path, sizeof path, "%s", test_argv[0]);
  for (int i = 0; i < 3; i++) {
    REQUIRE((others[i] = fork()) >= 0);
    if (others[i] == 0)
      for (;;) {
        FILL_FPU(0x5ec2e75ec2e75ec2);
        for (volatile int spin = 0; spin < 1000; spin++) continue;
        raw(NR_sched_yield);
      }
  }
  for (int i = 0; i < 10; i++)
    CHECK_ENDS(0, {
      FILL_FPU(0x0ddba11c0ffee000);
      execve(path, argv, none);
    });
  for (int i = 0; i < 3; i++) kill(others[i], SIGKILL), BURY_KILLED(others[i]);
}

TEST(leak_by_fpu_between_processes,
     "a process's vector registers are never another's, however they are switched: by time, by a call, by death") {
  pid_t others[2];

  for (int i = 0; i < 2; i++) {
    REQUIRE((others[i] = fork()) >= 0);
    if (others[i] == 0)
      for (;;) {
        FILL_FPU(0x5ec2e75ec2e75ec2);
        if (i) raw(NR_sched_yield);
      }
  }
  for (int round = 0; round < 30; round++) {
    unsigned long seen[4] = {1, 1, 1, 1};
    __asm__ volatile(
        "pxor %%xmm0, %%xmm0; pxor %%xmm15, %%xmm15; mov %1, %%eax; cmp $0, %%eax; je 1f; syscall; jmp 2f\n"
        "1: mov $3000000, %%ecx\n"
        "3: dec %%ecx; jnz 3b\n"
        "2: movups %%xmm0, %0; movups %%xmm15, 16+%0"
        : "=m"(seen)
        : "r"(round % 2 ? NR_sched_yield : 0)
        : "rax", "rcx", "r11", "xmm0", "xmm15", "memory", "cc");
    CHECK_EQ(seen[0] | seen[1] | seen[2] | seen[3], 0);
  }
  for (int i = 0; i < 2; i++) kill(others[i], SIGKILL), BURY_KILLED(others[i]);
}

/* --- Structures --- */

static unsigned char out[2 * kPage] __attribute__((aligned(kPage)));

/* No eight bytes, wherever they begin, are an address of the kernel's: of the direct map or the image. */
static void check_no_address(const char *what, const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i + 8 <= size; i++) {
    unsigned long word;
    memcpy(&word, bytes + i, 8);
    if (word >> 39 == 0xffff800000000000 >> 39 || word >> 31 == 0xffffffff80000000 >> 31) {
      if (word != ~0UL && word >> 16 != ~0UL >> 16) /* small negative numbers, and masks */
        test_fail(__FILE__, __LINE__, "%s: expected no kernel address, seen 0x%lx at byte %zu", what, word, i);
    }
  }
}

/* The call writes `size` bytes at `out`, with these holes: each byte of a hole is as it was, or zero; and it is the same byte whatever lay
 * on the kernel's stack before; and nothing lies behind. */
struct hole {
  unsigned short at, size;
};
static void check_structure(const char *what, long number, long a, int place, long b, size_t size, const struct hole *holes) {
  for (int value = 0; value < 2; value++) {
    const unsigned char before = value ? 0xaa : 0x55;
    memset(out, before, sizeof out);
    const long result = place == 1 ? raw(number, out, a, b) : place == 2 ? raw(number, a, out, b) : raw(number, a, b, out);
    if (result < 0) {
      test_fail(__FILE__, __LINE__, "%s: expected success, seen %ld", what, result);
      return;
    }
    check_no_address(what, out, size);
    for (size_t i = size; i < sizeof out; i++)
      if (out[i] != before) {
        test_fail(__FILE__, __LINE__, "%s: expected nothing behind byte %zu, seen %d at byte %zu", what, size, out[i], i);
        return;
      }
    for (const struct hole *hole = holes; hole->size; hole++)
      for (int i = hole->at; i < hole->at + hole->size; i++)
        if (out[i] != 0 && out[i] != before) test_fail(__FILE__, __LINE__, "%s: expected padding, seen %d at byte %d", what, out[i], i);
  }
}
#define HOLES(...) ((const struct hole[]){__VA_ARGS__{0, 0}})

/* Leaves the kernel's stack, and what it frees, full of other things than zeros. */
static void stir(void) {
  static unsigned char noise[3 * kPage];
  char path[300], *argv[] = {(char *)noise, NULL};

  memset(noise, 0xc7, sizeof noise - 1);
  raw(NR_execve, companion("no_such_file", path), argv, argv);
  raw(SYS_open, noise, 0);
  CHECK_ENDS(0, memset(map_private(32 * kPage), 0xc7, 32 * kPage));
}

TEST(leak_by_padding, "what pads a structure that the kernel or a server fills is zero, or as it was; and nothing is written behind it") {
  int file = open("/bin/ends", O_RDONLY);
  if (file < 0) file = open(test_argv[0], O_RDONLY);
  REQUIRE(file >= 0);

  for (int round = 0; round < 3; round++) {
    stir();
    check_structure("uname", NR_uname, 0, 1, 0, sizeof(struct utsname), HOLES());
    check_structure("sysinfo", SYS_sysinfo, 0, 1, 0, 112, HOLES({82, 6}, {108, 4}, ));
    check_structure("statistics", KINE_STATISTICS, KINE_MACHINE_FD, 2, 0, sizeof(struct kine_statistics), HOLES());
    check_structure("statistics without a right", KINE_STATISTICS, -1, 2, 0, sizeof(struct kine_statistics), HOLES());
    check_structure("page", KINE_PAGE, (long)out, 2, 0, sizeof(struct kine_page), HOLES());
    check_structure("page, a promise", KINE_PAGE, (long)map_private(kPage), 2, 0, sizeof(struct kine_page), HOLES());
    for (int pid = 1; pid < 4; pid++) { /* process takes its structure as the third word */
      struct kine_process seen;
      memset(&seen, 0x55, sizeof seen);
      REQUIRE(raw(KINE_PROCESS, KINE_MACHINE_FD, pid, &seen) == 0);
      for (size_t i = strnlen(seen.name, sizeof seen.name); i < sizeof seen.name; i++) CHECK_EQ(seen.name[i], 0);
    }
    check_structure("process", KINE_PROCESS, KINE_MACHINE_FD, 3, getpid(), sizeof(struct kine_process), HOLES());
    check_structure("fstat", SYS_fstat, file, 2, 0, 144, HOLES({36, 4}, {120, 24}, ));
    check_structure("fstat of a terminal or pipe", SYS_fstat, 1, 2, 0, 144, HOLES({36, 4}, {120, 24}, ));
    check_structure("fstatfs", SYS_fstatfs, file, 2, 0, 120, HOLES({88, 32}, ));
    check_structure("getrusage", SYS_getrusage, 0, 2, 0, 144, HOLES());
    check_structure("times", SYS_times, 0, 1, 0, 32, HOLES());
    check_structure("clock_gettime", NR_clock_gettime, 1, 2, 0, 16, HOLES());
    check_structure("clock_getres", SYS_clock_getres, 1, 2, 0, 16, HOLES());
    check_structure("gettimeofday", NR_gettimeofday, 0, 1, 0, 16, HOLES());
    check_structure("getitimer", SYS_getitimer, 0, 2, 0, 32, HOLES());
    check_structure("sigaltstack", SYS_sigaltstack, 0, 2, 0, 24, HOLES({12, 4}, ));
    check_structure("sched_getaffinity", SYS_sched_getaffinity, 0, 3, 128, 8, HOLES());
    check_structure("getgroups", SYS_getgroups, 0, 2, 0, 0, HOLES());
    check_structure("getcwd", SYS_getcwd, 100, 1, 0, 2, HOLES());
    check_structure("pipe2", NR_pipe2, 0, 1, 0, 8, HOLES());
    close(((int *)out)[0]), close(((int *)out)[1]);
  }
  /* An action: rt_sigaction takes it as the third word, and the size of a mask as the fourth. */
  memset(out, 0x55, sizeof out);
  CHECK_EQ(raw(SYS_rt_sigaction, SIGUSR1, 0, out, kMask), 0);
  CHECK_BYTES(out, sizeof(struct kernel_action), 0);
  CHECK_BYTES(out + sizeof(struct kernel_action), 100, 0x55);
  close(file);
}

TEST(leak_by_directory_entries, "between a name's end and the next entry there is nothing") {
  int folder = open("/", O_RDONLY | O_DIRECTORY);
  long size;

  REQUIRE(folder >= 0);
  memset(out, 0x55, sizeof out);
  REQUIRE((size = raw(SYS_getdents64, folder, out, sizeof out)) > 0);
  check_no_address("getdents64", out, (size_t)size);
  for (long at = 0; at < size;) {
    const struct dirent *entry = (const struct dirent *)(out + at);
    const long end = at + entry->d_reclen;
    for (long i = (long)((const unsigned char *)entry->d_name - out) + (long)strlen(entry->d_name); i < end; i++)
      if (out[i] != 0 && out[i] != 0x55)
        test_fail(__FILE__, __LINE__, "behind the name %s: expected padding, seen %d", entry->d_name, out[i]);
    at = end;
  }
  close(folder);
}

static unsigned char frame[sizeof(ucontext_t) + sizeof(siginfo_t)];
static size_t frame_size;
static void keep_frame(int number, siginfo_t *info, void *context) {
  (void)number;
  memcpy(frame, info, sizeof *info);
  memcpy(frame + sizeof *info, context, sizeof(ucontext_t));
  frame_size = sizeof *info + sizeof(ucontext_t);
  check_no_address("the signal's frame", frame, frame_size);
  check_no_address("the FPU state in the signal's frame", (unsigned char *)((ucontext_t *)context)->uc_mcontext.fpregs, 512);
  const unsigned char *info_bytes = (const unsigned char *)info;
  for (size_t i = 48; i < sizeof *info; i++) CHECK_EQ(info_bytes[i], 0); /* behind the fields of any signal that Kine sends */
}

TEST(leak_by_signal_frame, "a handler's frame holds the program's own state and no byte of the kernel's") {
  for (int round = 0; round < 3; round++) {
    stir();
    CHECK_ENDS(0, handle_info(SIGUSR1, keep_frame, 0); raise(SIGUSR1); CHECK(frame_size > 0));
    CHECK_ENDS(0, handle_info(SIGUSR1, keep_frame, 0); kill(getpid(), SIGUSR1); CHECK(frame_size > 0));
    CHECK_ENDS(0, {
      handle_info(SIGCHLD, keep_frame, 0);
      pid_t pid = fork();
      if (pid == 0) _exit(3);
      ending_of(pid);
      CHECK(frame_size > 0);
    });
  }
}

TEST(leak_by_message, "a message tells the server what it must know and no byte more") {
  static struct kine_message got __attribute__((aligned(128)));
  pid_t pid;

  make_port();
  for (int value = 0; value < 2; value++) {
    CLIENT(pid, stir(), raw(SYS_read, connection, out, 5));
    memset(&got, value ? 0xaa : 0x55, sizeof got);
    REQUIRE(kine_receive(port, &got) == 0);
    check_no_address("a message", (unsigned char *)&got, sizeof got);
    for (size_t i = offsetof(struct kine_message, unheard) + 8; i < sizeof got; i++) {
      const unsigned char byte = ((unsigned char *)&got)[i];
      if (byte != 0 && byte != (value ? 0xaa : 0x55))
        test_fail(__FILE__, __LINE__, "byte %zu of a message: expected padding, seen %d", i, byte);
    }
    reply(got.token, 0);
    BURY(pid);
  }
}
