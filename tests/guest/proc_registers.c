/* What a process keeps in its registers is its own: across system calls, across the timer's interrupts, across fork. */
#include "test.h"

/* Fills all general registers but rsp with `seed` + their number, runs the instructions, and adds up the differences: 0 if all kept.
 * `kept` leaves out rax, rcx and r11, which the syscall instruction uses. */
#define LOAD                                                                                                      \
  "mov %[seed], %%rax\n\t"                                                                                        \
  "lea 1(%%rax), %%rbx; lea 3(%%rax), %%rdx; lea 4(%%rax), %%rsi; lea 5(%%rax), %%rdi; lea 6(%%rax), %%r8\n\t"    \
  "lea 7(%%rax), %%r9; lea 8(%%rax), %%r10; lea 10(%%rax), %%r12; lea 11(%%rax), %%r13; lea 12(%%rax), %%r14\n\t" \
  "lea 13(%%rax), %%r15\n\t"
#define COMPARE                                                                                                               \
  "mov %[seed], %%rax\n\t"                                                                                                    \
  "lea 1(%%rax), %%rcx; xor %%rcx, %%rbx; lea 3(%%rax), %%rcx; xor %%rcx, %%rdx; lea 4(%%rax), %%rcx; xor %%rcx, %%rsi\n\t"   \
  "lea 5(%%rax), %%rcx; xor %%rcx, %%rdi; lea 6(%%rax), %%rcx; xor %%rcx, %%r8; lea 7(%%rax), %%rcx; xor %%rcx, %%r9\n\t"     \
  "lea 8(%%rax), %%rcx; xor %%rcx, %%r10; lea 10(%%rax), %%rcx; xor %%rcx, %%r12; lea 11(%%rax), %%rcx; xor %%rcx, %%r13\n\t" \
  "lea 12(%%rax), %%rcx; xor %%rcx, %%r14; lea 13(%%rax), %%rcx; xor %%rcx, %%r15\n\t"                                        \
  "or %%rdx, %%rbx; or %%rsi, %%rbx; or %%rdi, %%rbx; or %%r8, %%rbx; or %%r9, %%rbx; or %%r10, %%rbx; or %%r12, %%rbx\n\t"   \
  "or %%r13, %%rbx; or %%r14, %%rbx; or %%r15, %%rbx; mov %%rbx, %[lost]\n\t"
#define ALL_REGISTERS "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc"

static long seed, lost, loops; /* in memory: no register is left for them */

static long lost_over_call(long number) {
  static long call;

  call = number;
  __asm__ volatile(LOAD "mov %[call], %%rax; syscall\n\t" COMPARE : [lost] "=m"(lost) : [seed] "m"(seed), [call] "m"(call) : ALL_REGISTERS);
  return lost;
}

static long lost_over_time(long count) {
  loops = count;
  __asm__ volatile(LOAD
                   "mov %[loops], %%rcx\n"
                   "1: lea 14(%%rax), %%r11; dec %%rcx; jnz 1b\n\t"
                   "lea 14(%%rax), %%rcx; xor %%rcx, %%r11; xor %[seed], %%rax; or %%rax, %%r11; or %%r11, %%rbx\n\t" COMPARE
                   : [lost] "=m"(lost)
                   : [seed] "m"(seed), [loops] "m"(loops)
                   : ALL_REGISTERS);
  return lost;
}

TEST(calls_keep_registers, "a system call changes rax, rcx and r11 and no other register") {
  static const int calls[] = {NR_getpid, NR_getppid, NR_sched_yield, NR_gettid, 5000 /* ENOSYS */};

  seed = 0x7f4a7c159e3779b9;
  for (unsigned i = 0; i < sizeof calls / sizeof calls[0]; i++) CHECK_EQ(lost_over_call(calls[i]), 0);
}

TEST(interrupts_keep_registers, "two processes that take the processor from each other lose no register") {
  pid_t pid[2];

  for (int i = 0; i < 2; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      seed = 0x1111111111111111 * (i + 1);
      for (int round = 0; round < 10; round++) CHECK_EQ(lost_over_time(3000000), 0);
      _exit(0);
    }
  }
  for (int i = 0; i < 2; i++) CHECK_EQ(ending_of(pid[i]), 0);
}

TEST(fork_copies_registers, "the child begins with the parent's registers, rax apart") {
  static long pid;

  seed = 0x0123456789abcdef;
  __asm__ volatile(LOAD "mov $57, %%eax; syscall; mov %%rax, %[pid]\n\t" COMPARE
                        "cmpq $0, %[pid]; jnz 1f\n\t"
                        "xor %%edi, %%edi; test %%rbx, %%rbx; setne %%dil; mov $231, %%eax; syscall\n"
                        "1:"
                   : [lost] "=m"(lost), [pid] "=m"(pid)
                   : [seed] "m"(seed)
                   : ALL_REGISTERS);
  CHECK_EQ(lost, 0);
  int status = -1;
  CHECK_EQ(waitpid((pid_t)pid, &status, 0), pid);
  CHECK_EQ(status, 0);
}

/* Vector registers: 16 times 16 bytes, MXCSR, and the x87 control word. */
struct vectors {
  unsigned char xmm[16][16];
  unsigned mxcsr;
  unsigned short control;
};

#define EACH_XMM(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)
#define LOAD_XMM(n) "movups " #n "*16(%[in]), %%xmm" #n "\n\t"
#define STORE_XMM(n) "movups %%xmm" #n ", " #n "*16(%[out])\n\t"
#define ALL_XMM \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* Loads, runs `number` as a system call (or none if it is -1), spins, and stores. */
static long vectors_over(const struct vectors *in, struct vectors *out, long number, long spins) {
  long result = number;
  unsigned usual_mxcsr;
  unsigned short usual_control;

  __asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(usual_mxcsr), "=m"(usual_control));
  __asm__ volatile(EACH_XMM(LOAD_XMM)
                   "ldmxcsr 256(%[in]); fldcw 260(%[in])\n\t"
                   "cmp $-1, %[result]; je 1f; syscall\n"
                   "1: mov %[spins], %%rcx\n"
                   "2: dec %%rcx; jns 2b\n\t" EACH_XMM(STORE_XMM) "stmxcsr 256(%[out]); fnstcw 260(%[out])"
                   : [result] "+a"(result)
                   : [in] "r"(in), [out] "r"(out), [spins] "r"(spins)
                   : "rcx", "r11", "memory", "cc", ALL_XMM);
  __asm__ volatile("ldmxcsr %0; fldcw %1" : : "m"(usual_mxcsr), "m"(usual_control));
  return result;
}

static void fill_vectors(struct vectors *vectors, int with) {
  memset(vectors, 0, sizeof *vectors);
  for (int i = 0; i < 16; i++) memset(vectors->xmm[i], with + i, 16);
  vectors->mxcsr = with & 1 ? 0x1f80 | 0x6000 : 0x1f80 | 0x2000; /* all masked; round towards zero, or down */
  vectors->control = with & 1 ? 0x0f7f : 0x077f;
}

TEST(vectors_survive_calls,
     "xmm registers, MXCSR and the x87 control word survive system calls and the fork of a child, which has them too") {
  struct vectors in, out;

  fill_vectors(&in, 0x31);
  memset(&out, 0, sizeof out);
  vectors_over(&in, &out, NR_sched_yield, 0);
  CHECK_EQ(memcmp(&in, &out, sizeof in), 0);
  fill_vectors(&in, 0x58); /* others than the kernel has saved for this process so far */
  memset(&out, 0, sizeof out);
  long pid = vectors_over(&in, &out, NR_fork, 0);
  if (pid == 0) _exit(memcmp(&in, &out, sizeof in) != 0);
  CHECK_EQ(memcmp(&in, &out, sizeof in), 0);
  CHECK_EQ(ending_of(pid), 0);
}

TEST(vectors_are_private, "processes that take the processor from each other keep each their own vector registers") {
  pid_t pid[3];

  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      for (int round = 0; round < 12; round++) {
        struct vectors in, out;
        fill_vectors(&in, 0x20 * (i + 1) + round);
        memset(&out, 0, sizeof out);
        vectors_over(&in, &out, round % 3 == 0 ? NR_sched_yield : -1, 2000000);
        CHECK_EQ(memcmp(&in, &out, sizeof in), 0);
      }
      _exit(0);
    }
  }
  for (int i = 0; i < 3; i++) CHECK_EQ(ending_of(pid[i]), 0);
}

TEST(x87_stack_survives, "numbers on the x87 stack survive a switch") {
  pid_t pid[2];

  for (int i = 0; i < 2; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      double sum = 0, first = 1.5 + i, second = 1000.25 * (i + 1);
      long spins = 20000000;
      __asm__ volatile("fldl %2; fldl %3\n1: dec %1; jnz 1b; faddp; fstpl %0" : "=m"(sum), "+r"(spins) : "m"(first), "m"(second));
      CHECK(sum == first + second);
      _exit(0);
    }
  }
  for (int i = 0; i < 2; i++) CHECK_EQ(ending_of(pid[i]), 0);
}

TEST(fs_is_private, "each process has its own FS base, which a child inherits and exec resets") {
  static long words[2] = {0x1234, 0x5678};
  pid_t pid[2];

  for (int i = 0; i < 2; i++) {
    pid[i] = (pid_t)raw(NR_fork);
    if (pid[i] == 0) {
      long seen, sum = 0;
      raw(NR_arch_prctl, 0x1002, &words[i]); /* from here on there is no libc */
      for (int round = 0; round < 1000; round++) {
        __asm__ volatile("mov %%fs:0, %0" : "=r"(seen));
        sum += seen == words[i];
        raw(NR_sched_yield);
      }
      long child = raw(NR_fork);
      __asm__ volatile("mov %%fs:0, %0" : "=r"(seen));
      if (child == 0) raw(NR_exit_group, seen == words[i] ? 0 : 1);
      int status = -1;
      raw(NR_wait4, child, &status, 0, 0);
      raw(NR_exit_group, sum == 1000 && status == 0 ? 0 : 1);
    }
  }
  for (int i = 0; i < 2; i++) CHECK_EQ(ending_of(pid[i]), 0);
}

/* Flags that a user may set, and what the kernel must not inherit from them. */
static long flags_over_call(unsigned long flags) {
  unsigned long seen;

  __asm__ volatile(
      "lea -128(%%rsp), %%rsp\n\t" /* below what the compiler may keep under rsp */
      "pushf; pushf; pop %%rdx; or %[flags], %%rdx; push %%rdx; mov $39, %%eax\n\t"
      "popf; syscall; pushf; pop %[seen]; popf\n\t"
      "lea 128(%%rsp), %%rsp"
      : [seen] "=&r"(seen)
      : [flags] "r"(flags)
      : "rax", "rcx", "rdx", "r11", "memory", "cc");
  return (long)(seen & flags);
}

TEST(flags_survive, "carry, direction, alignment-check and nested-task flags survive a system call and do no harm in it") {
  static const unsigned long flags[] = {0x1 /* CF */, 0x400 /* DF */, 0x40000 /* AC */, 0x4000 /* NT */, 0x200000 /* ID */, 0x44401};

  for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) CHECK_EQ(flags_over_call(flags[i]), flags[i]);
}

static long uname_backwards(void *where) {
  long result;

  __asm__ volatile("std; syscall; cld" : "=a"(result) : "a"((long)NR_uname), "D"(where) : "rcx", "r11", "memory", "cc");
  return result;
}

TEST(direction_flag_in_the_kernel,
     "a kernel that copies with string instructions clears the direction flag first, in calls and in faults") {
  unsigned char *memory = map_private(4 * kPage);

  memset(memory, 0x55, 4 * kPage);
  CHECK_EQ(uname_backwards(memory + kPage), 0);
  CHECK_PAGE(memory, 0x55);
  CHECK_BYTES(memory + kPage + 390, 3 * kPage - 390, 0x55);
  memset(memory, 0x56, 4 * kPage);
  CHECK_ENDS(0, CHECK_EQ(uname_backwards(memory + 2 * kPage), 0); CHECK_BYTES(memory, 2 * kPage, 0x56);
             CHECK_BYTES(memory + 2 * kPage + 390, 2 * kPage - 390, 0x56)); /* copied by the call */
  CHECK_ENDS(0, __asm__ volatile("std; movb $1, 4096(%0); movb $1, 8192(%0); cld"
                                 :
                                 : "r"(memory)
                                 : "memory", "cc");
             CHECK_PAGE(memory, 0x56); CHECK_BYTES(memory + kPage + 1, kPage - 1, 0x56);
             CHECK_BYTES(memory + 2 * kPage + 1, 2 * kPage - 1, 0x56)); /* copied by faults */
  CHECK_BYTES(memory, 4 * kPage, 0x56);
}
