/* Instructions and processor states with which a user program could try to break a kernel. Each ends the offender, or nothing at all;
 * the check after each case that memory is sound and complete is the real one. */
#include "test.h"

/* The code runs in a child of its own, which must end as said. */
#define CHECK_CODE(ending, code) \
  CHECK_ENDS(ending, __asm__ volatile(code : : : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r11", "memory", "cc"))
#define KILLS(signal, code) CHECK_CODE(KILLED_BY(signal), code)
#define EXIT_0 "mov $231, %%eax; xor %%edi, %%edi; syscall\n\t"

/* The same, where the processor, or the machine that imitates it, decides which of several ends it is. */
static int ends_somehow(long pid, long one, long other) {
  long ending = ending_of(pid);
  return ending == one || ending == other;
}

TEST(privileged_instructions, "an instruction for the kernel alone kills with SIGSEGV") {
  KILLS(SIGSEGV, "hlt");
  KILLS(SIGSEGV, "cli");
  KILLS(SIGSEGV, "sti");
  KILLS(SIGSEGV, "in $0x60, %%al");
  KILLS(SIGSEGV, "mov $0xf4, %%edx; xor %%eax, %%eax; out %%al, %%dx"); /* in the kernel's hands this ends the machine */
  KILLS(SIGSEGV, "mov $0xe9, %%edx; lea text%=(%%rip), %%rsi; mov $4, %%ecx; rep outsb; text%=: .ascii \"oops\"");
  KILLS(SIGSEGV, "mov %%cr0, %%rax");
  KILLS(SIGSEGV, "mov %%cr3, %%rax; mov %%rax, %%cr3");
  KILLS(SIGSEGV, "xor %%eax, %%eax; mov %%rax, %%cr4");
  KILLS(SIGSEGV, "xor %%eax, %%eax; mov %%rax, %%cr8");
  KILLS(SIGSEGV, "mov %%rax, %%dr7");
  KILLS(SIGSEGV, "mov $0xc0000082, %%ecx; rdmsr");
  KILLS(SIGSEGV, "mov $0xc0000082, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr");
  KILLS(SIGSEGV, "invlpg (%%rsp)");
  KILLS(SIGSEGV, "wbinvd");
  KILLS(SIGSEGV, "clts");
  KILLS(SIGSEGV, "xor %%eax, %%eax; ltr %%ax");
  KILLS(SIGSEGV, "lgdt -32(%%rsp)");
  KILLS(SIGSEGV, "lidt -32(%%rsp)");
  KILLS(SIGSEGV, "swapgs");
  KILLS(SIGSEGV, "sysretq");
}

TEST(exceptions, "every exception that a program can raise has its signal") {
  KILLS(SIGFPE, "xor %%ecx, %%ecx; divl %%ecx");
  KILLS(SIGTRAP, "int3");
  KILLS(SIGTRAP, "pushf; orq $0x100, (%%rsp); popf; nop; nop; nop");                     /* single step */
  KILLS(SIGTRAP, "pushf; orq $0x100, (%%rsp); mov $39, %%eax; popf; syscall; nop; nop"); /* single step into the kernel */
  KILLS(SIGILL, "ud2");
  KILLS(SIGILL, ".byte 0x0f, 0x0b");
  KILLS(SIGILL, ".byte 0x06");                                          /* push es: gone in long mode */
  KILLS(SIGSEGV, "mov $0x4141414141414141, %%rax; mov (%%rax), %%rax"); /* not canonical */
  KILLS(SIGSEGV, "mov $0x4141414141414141, %%rax; jmp *%%rax");
  KILLS(SIGSEGV, "mov $0xffff800000000000, %%rax; jmp *%%rax");
  KILLS(SIGFPE, "pushq $0x37b; fldcw (%%rsp); fld1; fldz; fdivrp; fwait"); /* and in the x87 unit */
}

TEST(vector_exceptions, "what an imitated processor passes over, a real one does not: a signal, or nothing") {
  const unsigned unmasked = 0x1d80, reserved = 0x10000;
  volatile float zero = 0, one = 1;

  long pid = fork();
  if (pid == 0) {
    __asm__ volatile("ldmxcsr %0" : : "m"(unmasked));
    one = one / zero;
    _exit(0);
  }
  CHECK(ends_somehow(pid, KILLED_BY(SIGFPE), 0));
  pid = fork();
  if (pid == 0) {
    __asm__ volatile("ldmxcsr %0" : : "m"(reserved));
    _exit(0);
  }
  CHECK(ends_somehow(pid, KILLED_BY(SIGSEGV), 0));
}

TEST(gates, "software interrupts that are not for users kill with SIGSEGV") {
  KILLS(SIGSEGV, "int $0x0");
  KILLS(SIGSEGV, "int $0x2");
  KILLS(SIGSEGV, "int $0x6");
  KILLS(SIGSEGV, "int $0x8");
  KILLS(SIGSEGV, "int $0xd");
  KILLS(SIGSEGV, "int $0xe");
  KILLS(SIGSEGV, "int $0x20");
  KILLS(SIGSEGV, "int $0x30");
  KILLS(SIGSEGV, "int $0xef");
  KILLS(SIGSEGV, "int $0xff");
}

TEST(stack_pointers, "a wild stack pointer is the program's own trouble: the kernel never uses it") {
  static const unsigned long wild[] = {0, 8, 0x4141414141414141, 0xffff800000000000, 0x0000800000000000, 0xfffffffffffffff8};

  for (unsigned i = 0; i < sizeof wild / sizeof wild[0]; i++) {
    CHECK_ENDS(0, __asm__ volatile("mov %0, %%rsp; mov $39, %%eax; syscall; mov $24, %%eax; syscall; " EXIT_0 : : "r"(wild[i])));
    CHECK_ENDS(0, __asm__ volatile("mov %0, %%rsp; mov $40000000, %%ecx; 1: dec %%ecx; jnz 1b; " EXIT_0
                                   :
                                   : "r"(wild[i])
                                   : "rcx")); /* interrupts */
    long pid = fork();
    if (pid == 0) __asm__ volatile("mov %0, %%rsp; push %%rax; hlt" : : "r"(wild[i]));
    CHECK(ends_somehow(pid, KILLED_BY(SIGSEGV), KILLED_BY(SIGBUS))); /* a stack fault, or not */
    pid = fork();
    if (pid == 0) __asm__ volatile("mov %0, %%rsp; int3" : : "r"(wild[i]));
    CHECK_EQ(ending_of(pid), KILLED_BY(SIGTRAP)); /* an exception with such a stack */
  }
}

TEST(fork_without_a_stack, "fork, exec's refusal and exit do not need the user's stack") {
  CHECK_CODE(0,
             "mov $0x4141414141414141, %%rsp; mov $57, %%eax; syscall; test %%eax, %%eax; jz 1f\n\t"
             "mov %%eax, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; xor %%r10d, %%r10d; mov $61, %%eax; syscall\n\t"
             "1: xor %%edi, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; mov $59, %%eax; syscall\n\t" EXIT_0);
}

TEST(flags, "odd flags do not follow the program into the kernel") {
  CHECK_CODE(0, "std; mov $39, %%eax; syscall; " EXIT_0);
  CHECK_CODE(
      0,
      "pushf; orq $0x4000, (%%rsp); popf; mov $39, %%eax; syscall; mov $40000000, %%ecx; 1: dec %%ecx; jnz 1b; " EXIT_0); /* nested task */
  CHECK_CODE(
      0, "pushf; orq $0x40000, (%%rsp); popf; mov $39, %%eax; syscall; " EXIT_0); /* alignment check, which SMAP gives another meaning */
  CHECK_CODE(0, "pushf; orq $0x3000, (%%rsp); popf; mov $39, %%eax; syscall; " EXIT_0);                     /* I/O privilege: ignored … */
  KILLS(SIGSEGV, "pushf; orq $0x3000, (%%rsp); popf; cli");                                                 /* … as this shows */
  CHECK_CODE(0, "pushf; andq $~0x200, (%%rsp); popf; mov $40000000, %%ecx; 1: dec %%ecx; jnz 1b; " EXIT_0); /* interrupts stay on */
}

TEST(nested_task, "a process with the nested-task flag that calls the kernel does not spoil the return to others") {
  volatile int *stop = map_shared(kPage);
  pid_t pid = fork();

  if (pid == 0) {
    while (!*stop)
      ; /* taken from the processor by interrupts, so given back by IRET, which looks at the flag */
    _exit(0);
  }
  CHECK_CODE(0, "pushf; orq $0x4000, (%%rsp); popf; mov $40, %%ebx; 1: mov $24, %%eax; syscall; dec %%ebx; jnz 1b; " EXIT_0);
  *stop = 1;
  CHECK_EQ(ending_of(pid), 0);
}

TEST(segments, "segment registers of the user's choice do not hurt the kernel") {
  CHECK_CODE(0,
             "xor %%eax, %%eax; mov %%ax, %%ds; mov %%ax, %%es; mov %%ax, %%fs; mov %%ax, %%gs; mov $39, %%eax; syscall\n\t"
             "mov $24, %%eax; syscall; mov $40000000, %%ecx; 1: dec %%ecx; jnz 1b; " EXIT_0);
  CHECK_CODE(0, "mov $3, %%eax; mov %%ax, %%ds; mov %%ax, %%es; mov %%ax, %%gs; mov $39, %%eax; syscall; " EXIT_0);
  KILLS(SIGSEGV, "mov $0xfff8, %%eax; mov %%ax, %%ds"); /* far outside the table */
  KILLS(SIGSEGV, "mov $0xffff, %%eax; mov %%ax, %%gs");
  KILLS(SIGSEGV, "mov $8, %%eax; mov %%ax, %%ss");
}

TEST(faults_during_calls, "arguments that fault at every step end in an error, a thousand times over") {
  for (int i = 0; i < 1000; i++) {
    long where = 0x00007ffffffff000 - i * 8L;
    CHECK_EQ(raw(NR_uname, where), -EFAULT);
    CHECK_EQ(raw(NR_execve, where + 0x1000, where, where), -EFAULT);
  }
}
