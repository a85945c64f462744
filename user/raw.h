/* Raw system calls: the syscall instruction and nothing around it. A result below 0 is -errno, just as the kernel left it in rax.
 *
 * Owns: the numbers of the calls that exist in Kine (they are Linux's) and raw(), which passes up to six arguments of any scalar or
 * pointer type. Used where libc would be in the way: in measurements, and in tests that hand the kernel what no libc would.
 * Must never: touch memory (the child of a vfork or fork may use it before it owns a single page), or set errno. */
#ifndef RAW_H
#define RAW_H

enum {
  NR_read = 0,
  NR_write = 1,
  NR_close = 3,
  NR_lseek = 8,
  NR_mmap = 9,
  NR_mprotect = 10,
  NR_munmap = 11,
  NR_brk = 12,
  NR_ioctl = 16,
  NR_writev = 20,
  NR_sched_yield = 24,
  NR_mremap = 25,
  NR_dup = 32,
  NR_dup2 = 33,
  NR_nanosleep = 35,
  NR_getpid = 39,
  NR_clone = 56,
  NR_fork = 57,
  NR_vfork = 58,
  NR_execve = 59,
  NR_exit = 60,
  NR_wait4 = 61,
  NR_kill = 62,
  NR_uname = 63,
  NR_gettimeofday = 96,
  NR_getppid = 110,
  NR_arch_prctl = 158,
  NR_reboot = 169,
  NR_gettid = 186,
  NR_time = 201,
  NR_set_tid_address = 218,
  NR_clock_settime = 227,
  NR_clock_gettime = 228,
  NR_clock_nanosleep = 230,
  NR_exit_group = 231,
  NR_pipe2 = 293,
};

static inline __attribute__((always_inline)) long raw_syscall(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d; /* the instruction itself destroys rcx, so the fourth argument travels in r10 */
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

/* raw(NR_write, 1, "hi", 2): missing arguments are 0. */
#define raw(...) RAW_SEVEN(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define RAW_SEVEN(n, a, b, c, d, e, f, ...) raw_syscall((long)(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

#endif
