/* The system call instruction, for the whole libc (not installed for programs).
 *
 * Linux's convention on x86-64: number in rax, arguments in rdi rsi rdx r10 r8 r9; the result, or -errno, comes back in rax; the
 * instruction itself destroys rcx and r11. */
#ifndef LIBC_SYSTEM_CALL_H
#define LIBC_SYSTEM_CALL_H

#include <sys/syscall.h>

static inline long call6(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

static inline long call4(long number, long a, long b, long c, long d) {
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
  return result;
}

static inline long call3(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}

static inline long call2(long number, long a, long b) { return call3(number, a, b, 0); }
static inline long call1(long number, long a) { return call3(number, a, 0, 0); }
static inline long call0(long number) { return call3(number, 0, 0, 0); }

/* A raw result as C programs want it: itself, or -1 with errno set. */
long __libc_result(long raw);

#endif
