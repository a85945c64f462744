/* Signals that a program's own instructions raise: which one, with which address, and what a handler can mend. The stack that handlers run
 * on. Frames that rt_sigreturn was not given by the kernel harm nobody but the forger. */
#include <setjmp.h>
#include <ucontext.h>

#include "bad.h"
#include "signals.h"

static jmp_buf escape;
static unsigned long fault_rip, fault_error, fault_trap, fault_rsp;

static void escape_with_info(int number, siginfo_t *info, void *context) {
  const ucontext_t *state = context;
  sigset_t set = set_of(number, 0);

  noted_info = *info;
  fault_rip = (unsigned long)state->uc_mcontext.gregs[REG_RIP];
  fault_error = (unsigned long)state->uc_mcontext.gregs[REG_ERR];
  fault_trap = (unsigned long)state->uc_mcontext.gregs[REG_TRAPNO];
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  longjmp(escape, 1);
}

/* The statement must raise the signal with this code and address. */
#define CHECK_FAULT(number, code, address, ...)           \
  do {                                                    \
    handle_info(number, escape_with_info, 0);             \
    memset(&noted_info, 0, sizeof noted_info);            \
    if (setjmp(escape) == 0) {                            \
      __VA_ARGS__;                                        \
    }                                                     \
    CHECK_EQ(noted_info.si_signo, number);                \
    CHECK_EQ(noted_info.si_code, code);                   \
    CHECK_EQ((unsigned long)noted_info.si_addr, address); \
  } while (0)

TEST(segv_tells_where, "SIGSEGV carries the address that was touched, and whether nothing is there or not that right") {
  volatile unsigned char *pages = map_private(3 * kPage);
  unsigned long at = (unsigned long)pages;

  munmap((void *)(at + kPage), kPage);
  mprotect((void *)at, kPage, PROT_READ);
  mprotect((void *)(at + 2 * kPage), kPage, PROT_NONE);
  CHECK_FAULT(SIGSEGV, SEGV_MAPERR, at + kPage + 17, pages[kPage + 17] = 1);
  CHECK_EQ(fault_trap, 14);
  CHECK_EQ(fault_error & 6, 6); /* a write, by a user */
  CHECK_FAULT(SIGSEGV, SEGV_MAPERR, at + kPage + 17, (void)pages[kPage + 17]);
  CHECK_EQ(fault_error & 6, 4);
  CHECK_FAULT(SIGSEGV, SEGV_ACCERR, at + 5, pages[5] = 1);
  CHECK_FAULT(SIGSEGV, SEGV_ACCERR, at + 2 * kPage, (void)pages[2 * kPage]);
  CHECK_FAULT(SIGSEGV, SEGV_MAPERR, 0, *(volatile char *)hidden(NULL) = 1);
  CHECK_FAULT(SIGSEGV, SEGV_MAPERR, 123, (void)*(volatile char *)hidden((void *)123));
}

TEST(segv_elsewhere, "a jump to nowhere, a jump into data, an address that is not canonical, a privileged instruction") {
  unsigned char *data = map_private(kPage);

  data[0] = 0xc3;
  CHECK_FAULT(SIGSEGV, SEGV_ACCERR, (unsigned long)data, ((void (*)(void))hidden(data))());
  CHECK_EQ(fault_rip, (unsigned long)data);
  CHECK_FAULT(SIGSEGV, SEGV_MAPERR, 16, ((void (*)(void))hidden((void *)16))());
  CHECK_FAULT(SIGSEGV, SI_KERNEL, 0, *(volatile char *)hidden((void *)0x4141414141414141) = 1);
  CHECK_FAULT(SIGSEGV, SI_KERNEL, 0, __asm__ volatile("cli"));
  CHECK_FAULT(SIGSEGV, SI_KERNEL, 0, __asm__ volatile("hlt"));
  CHECK_FAULT(SIGSEGV, SI_KERNEL, 0, __asm__ volatile("outb %%al, %%dx" : : "a"(0), "d"(0x80)));
}

TEST(kernel_addresses, "the kernel half looks like nothing at all, mapped or not") {
  CHECK_FAULT(SIGSEGV, SEGV_MAPERR, 0xffffffff80100000, (void)*(volatile char *)hidden((void *)0xffffffff80100000));
  CHECK_FAULT(SIGSEGV, SEGV_MAPERR, 0xffff800000000000, *(volatile char *)hidden((void *)0xffff800000000000) = 1);
}

extern char div_instruction[], ud_instruction[];
TEST(other_traps, "a division by zero raises SIGFPE, an undefined instruction SIGILL, int3 SIGTRAP, each at its instruction") {
  int zero = 0;

  CHECK_FAULT(SIGFPE, FPE_INTDIV, (unsigned long)div_instruction,
              __asm__ volatile("xor %%edx, %%edx\n div_instruction: divl %0"
                               :
                               : "r"(zero), "a"(1)
                               : "edx", "cc"));
  CHECK_EQ(fault_rip, (unsigned long)div_instruction);
  CHECK_FAULT(SIGILL, ILL_ILLOPN, (unsigned long)ud_instruction, __asm__ volatile("ud_instruction: ud2"));
  handle_info(SIGTRAP, note_info, 0);
  __asm__ volatile("int3");
  CHECK_EQ(noted[SIGTRAP], 1);
}

TEST(floating_point, "an unmasked floating-point exception raises SIGFPE, at the next instruction that waits for it") {
  /* By the x87: QEMU without hardware support raises none for SSE. */
  unsigned short control = 0x37f & ~4; /* division by zero */

  CHECK_FAULT(SIGFPE, FPE_FLTDIV, (unsigned long)noted_info.si_addr,
              __asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait"
                               :
                               : "m"(control)));
  __asm__ volatile("fninit");
}

/* A handler that brings what was missing: the idea behind garbage collectors and checkpoints in user space. */
static unsigned char *lazy;
static void bring(int number, siginfo_t *info, void *context) {
  unsigned char *page = (unsigned char *)((unsigned long)info->si_addr & -(unsigned long)kPage);

  (void)context;
  note(number);
  if (mmap(page, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != page) _exit(9);
  memset(page, (int)((page - lazy) / kPage) + 1, kPage);
}

TEST(handler_maps_a_page, "a handler of SIGSEGV that maps the page returns to the instruction, which then works") {
  lazy = map_private(16 * kPage);
  munmap(lazy, 16 * kPage);
  handle_info(SIGSEGV, bring, 0);
  for (int i = 0; i < 16; i++) CHECK_EQ(((volatile unsigned char *)lazy)[i * kPage + 100 * i], i + 1);
  CHECK_EQ(noted[SIGSEGV], 16);
  lazy[5] = 77;
  CHECK_EQ(noted[SIGSEGV], 16);
}

static void grant(int number, siginfo_t *info, void *context) {
  (void)context;
  note(number);
  if (mprotect((void *)((unsigned long)info->si_addr & -(unsigned long)kPage), kPage, PROT_READ | PROT_WRITE) != 0) _exit(9);
}
TEST(handler_grants_a_right, "a handler can note the first write to each page, and allow the next ones") {
  volatile unsigned char *pages = map_private(8 * kPage);

  memset((void *)pages, 3, 8 * kPage);
  mprotect((void *)pages, 8 * kPage, PROT_READ);
  handle_info(SIGSEGV, grant, 0);
  for (int i = 0; i < 8; i += 2) pages[i * kPage] = 1, pages[i * kPage + 1] = 2;
  CHECK_EQ(noted[SIGSEGV], 4);
  /* … in a child too, whose pages are its own: */
  CHECK_ENDS(0, pages[kPage] = 9; _exit(noted[SIGSEGV] != 5));
  CHECK_EQ(pages[kPage], 3);
}

TEST(fault_while_blocked, "a fault whose signal is blocked or ignored ends the process all the same") {
  CHECK_ENDS(KILLED_BY(SIGSEGV), block(SIGSEGV); handle(SIGSEGV, note, 0); *(volatile char *)hidden(NULL) = 1);
  CHECK_ENDS(KILLED_BY(SIGSEGV), handle(SIGSEGV, SIG_IGN, 0); *(volatile char *)hidden(NULL) = 1);
  CHECK_ENDS(KILLED_BY(SIGFPE), handle(SIGFPE, SIG_IGN, 0); __asm__ volatile("xor %%ecx, %%ecx; divl %%ecx"
                                                                             :
                                                                             : "a"(1), "d"(0)
                                                                             : "ecx", "cc"));
}

static void fault_again(int number) {
  note(number);
  *(volatile char *)hidden(NULL) = 1;
}
TEST(fault_in_handler, "a handler that faults itself ends the process") {
  CHECK_ENDS(KILLED_BY(SIGSEGV), handle(SIGSEGV, fault_again, 0); *(volatile char *)hidden(NULL) = 1);
}

static void change_state(int number, siginfo_t *info, void *context) {
  ucontext_t *state = context;

  (void)info;
  note(number);
  state->uc_mcontext.gregs[REG_RIP] += 2; /* over ud2 */
  state->uc_mcontext.gregs[REG_RBX] = 0x123456789abcdef0;
  sigaddset(&state->uc_sigmask, SIGUSR2);
}
TEST(handler_changes_registers, "what a handler writes to the saved state is the state after it, the mask included") {
  unsigned long rbx;
  sigset_t now;

  handle_info(SIGILL, change_state, 0);
  __asm__ volatile("xor %%ebx, %%ebx\n ud2\n" : "=b"(rbx));
  CHECK_EQ(rbx, 0x123456789abcdef0);
  sigprocmask(SIG_BLOCK, NULL, &now);
  CHECK(sigismember(&now, SIGUSR2));
}

/* The other stack -------------------------------------------------------------------------------------------------------------- */

static void note_stack(int number) {
  char here;

  fault_rsp = (unsigned long)&here;
  note(number);
}

TEST(other_stack, "with SA_ONSTACK a handler runs on the stack of sigaltstack, others on the usual one") {
  unsigned char *memory = map_private(16 * kPage);
  stack_t stack = {.ss_sp = memory, .ss_size = 16 * kPage}, seen;
  unsigned long low = (unsigned long)memory, high = low + 16 * kPage;

  CHECK_EQ(raw(SYS_sigaltstack, NULL, &seen), 0);
  CHECK_EQ(seen.ss_flags, SS_DISABLE);
  CHECK_EQ(raw(SYS_sigaltstack, &stack, NULL), 0);
  CHECK_EQ(raw(SYS_sigaltstack, NULL, &seen), 0);
  CHECK(seen.ss_sp == memory && seen.ss_size == 16 * kPage && seen.ss_flags == 0);
  handle(SIGUSR1, note_stack, SA_ONSTACK);
  handle(SIGUSR2, note_stack, 0);
  raise(SIGUSR1);
  CHECK(fault_rsp > low && fault_rsp < high);
  raise(SIGUSR2);
  CHECK(fault_rsp < low || fault_rsp >= high);
  CHECK_ENDS(0, fault_rsp = 0; raise(SIGUSR1); _exit(!(fault_rsp > low && fault_rsp < high))); /* fork keeps it */
  stack.ss_flags = SS_DISABLE;
  CHECK_EQ(raw(SYS_sigaltstack, &stack, NULL), 0);
  raise(SIGUSR1);
  CHECK(fault_rsp < low || fault_rsp >= high);
}

static long while_on_it[2];
static void change_stack(int number) {
  stack_t other = {.ss_flags = SS_DISABLE}, seen;

  note(number);
  while_on_it[0] = raw(SYS_sigaltstack, &other, NULL);
  raw(SYS_sigaltstack, NULL, &seen);
  while_on_it[1] = seen.ss_flags;
}
TEST(other_stack_rules, "sigaltstack: not while it is in use, not too small, no unknown flags, no bad addresses") {
  unsigned char *memory = map_private(16 * kPage);
  stack_t stack = {.ss_sp = memory, .ss_size = 16 * kPage}, small = {.ss_sp = memory, .ss_size = 100}, odd = stack;

  CHECK_EQ(raw(SYS_sigaltstack, &stack, NULL), 0);
  handle(SIGUSR1, change_stack, SA_ONSTACK);
  raise(SIGUSR1);
  CHECK_EQ(while_on_it[0], -EPERM);
  CHECK_EQ(while_on_it[1], SS_ONSTACK);
  CHECK_EQ(raw(SYS_sigaltstack, &small, NULL), -ENOMEM);
  odd.ss_flags = 0x40;
  CHECK_EQ(raw(SYS_sigaltstack, &odd, NULL), -EINVAL);
  CHECK_EFAULT(24, kForReading | kOrNull, raw(SYS_sigaltstack, p, NULL));
  CHECK_EFAULT(24, kForWriting | kOrNull, raw(SYS_sigaltstack, NULL, p));
}

/* Recursion without an end, whose last page the handler notices on its own stack. */
static int deeper(volatile int *level) {
  volatile char room[2000];

  room[0] = (char)*level;
  if (++*level == INT32_MAX) return 0;
  return deeper(level) + room[0];
}
TEST(stack_overflow, "the end of the stack raises SIGSEGV, which a handler on another stack can take") {
  unsigned char *memory = map_private(16 * kPage);
  stack_t stack = {.ss_sp = memory, .ss_size = 16 * kPage};
  volatile int level = 0;

  CHECK_EQ(sigaltstack(&stack, NULL), 0);
  handle_info(SIGSEGV, escape_with_info, SA_ONSTACK);
  if (setjmp(escape) == 0) deeper(&level);
  CHECK_EQ(noted_info.si_signo, SIGSEGV);
  CHECK(level > 100);
  CHECK_ENDS(KILLED_BY(SIGSEGV), handle(SIGSEGV, note, 0); level = 0; deeper(&level)); /* no room for the frame */
}

TEST(no_room_for_a_frame, "a stack pointer that leads nowhere: the handler cannot be called, and the process ends by SIGSEGV") {
  static const unsigned long places[] = {0, 8, 0x1000, 0x800000000000, 0xffffffff80200000, 0x4141414141414141, ~0UL};

  for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
    unsigned long place = places[i];
    CHECK_ENDS(KILLED_BY(SIGSEGV), handle(SIGILL, note, 0); __asm__ volatile("mov %0, %%rsp\n ud2" : : "r"(place) : "memory"));
  }
}

/* Forged frames ---------------------------------------------------------------------------------------------------------------- */

static int forgery;
static unsigned char frame_copy[sizeof(siginfo_t) + sizeof(ucontext_t)];

static void forge(int number, siginfo_t *info, void *context) {
  ucontext_t *state = context;
  greg_t *registers = state->uc_mcontext.gregs;

  (void)info;
  note(number);
  switch (forgery) {
    case 0: registers[REG_RIP] = (greg_t)0xffffffff80100000; break;
    case 1: registers[REG_RIP] = (greg_t)0x4141414141414141; break;
    case 2: registers[REG_RIP] = (greg_t)0xffff800000000000; break;
    case 3: registers[REG_RSP] = (greg_t)0x4141414141414141; break;
    case 4: registers[REG_RIP] = 0x800000000000; break;
    case 5: state->uc_mcontext.fpregs = (fpregset_t)0xffffffff80100000; break;
    case 6: state->uc_mcontext.fpregs = (fpregset_t)0x10; break;
    case 7: state->uc_mcontext.fpregs = (fpregset_t)0x4141414141414140; break;
    case 8: state->uc_mcontext.fpregs->mxcsr = 0xffffffff; break;
    case 9: registers[REG_CSGSFS] = 0; break;
    default: break;
  }
}

TEST(forged_frames, "a frame with addresses, selectors or FPU state that no program can have ends the forger, at most") {
  /* 8: a reserved bit of MXCSR; a kernel that loads it faults itself. Whether it is refused or cleared is left open. */
  for (forgery = 0; forgery < 10; forgery++) {
    pid_t pid = fork();
    if (pid == 0) {
      handle_info(SIGUSR1, forge, 0);
      raise(SIGUSR1);
      __asm__ volatile("nop");
      _exit(0);
    }
    long ending = ending_of(pid);
    if (forgery == 8 || forgery == 9)
      CHECK(ending == 0 || ending == KILLED_BY(SIGSEGV) || ending == KILLED_BY(SIGFPE));
    else
      CHECK(ending == KILLED_BY(SIGSEGV) || ending == KILLED_BY(SIGBUS));
  }
}

static unsigned long flags_after;
static void forge_flags(int number, siginfo_t *info, void *context) {
  ucontext_t *state = context;

  (void)info;
  note(number);
  memcpy(frame_copy, context, sizeof(ucontext_t));
  state->uc_mcontext.gregs[REG_EFL] = (greg_t)~0x100UL; /* all but the trap flag: IOPL, NT, VM, AC … */
  state->uc_mcontext.gregs[REG_CSGSFS] &= ~3LL;         /* cs of ring 0 */
}
TEST(forged_flags, "interrupts stay on, I/O privilege stays off, and the code's ring stays 3, whatever a frame says") {
  CHECK_ENDS(0, handle_info(SIGUSR1, forge_flags, 0); raw(SYS_kill, raw(SYS_getpid), SIGUSR1); __asm__ volatile("pushfq; pop %0"
                                                                                                                : "=r"(flags_after));
             unsigned long cs; __asm__ volatile("mov %%cs, %0"
                                                : "=r"(cs));
             __asm__ volatile("pushq $0x202; popfq"); _exit((cs & 3) != 3                 ? 1
                                                            : (flags_after & 0x3000) != 0 ? 2
                                                            : !(flags_after & 0x200)      ? 3
                                                                                          : 0));
}

TEST(sigreturn_without_a_frame, "rt_sigreturn where no frame lies ends the caller alone") {
  static const unsigned long places[] = {0, 0x1000, 0x800000000000, 0xffffffff80100000, 0x4141414141414141};

  for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
    CHECK_ENDS(KILLED_BY(SIGSEGV), __asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall\n ud2" : : "r"(places[i]) : "memory"));
  /* Zeros, and every byte 0x41: a frame that can be read, and that makes no sense. */
  for (int value = 0; value <= 0x41; value += 0x41) {
    unsigned char *memory = map_private(4 * kPage);
    memset(memory, value, 4 * kPage);
    CHECK_ENDS(KILLED_BY(SIGSEGV), __asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall\n ud2"
                                                    :
                                                    : "r"(memory + 2 * kPage)
                                                    : "memory"));
  }
}

TEST(sigreturn_from_noise, "frames of random bytes: a thousand forgers end, and nobody else notices") {
  unsigned long state = 88172645463325252UL;
  int children = on_kine() ? 1000 : 100;

  for (int child = 0; child < children; child++) {
    pid_t pid = fork();
    if (pid == 0) {
      unsigned char *memory = map_private(2 * kPage);
      for (unsigned i = 0; i < 2 * kPage / 8; i++) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        ((unsigned long *)memory)[i] = state;
      }
      /* A stack and flags that work make the rest more interesting. */
      __asm__ volatile("mov %0, %%rsp\n mov $15, %%eax\n syscall\n ud2" : : "r"(memory + 256) : "memory");
    }
    state = state * 6364136223846793005UL + 1;
    CHECK(ending_of(pid) > 1000);
  }
}
