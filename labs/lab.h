/* What every program of a lab's tests begins with. Such a program is process 1: there is nobody else, no server, no file.
 *
 *   LAB_PROGRAM { … checkpoint(1); … }
 *
 * checkpoint(N) stops the machine, and the grader reads from its memory what the kernel did. What a program reports or prints is no
 * evidence; it only says what it was answered (lab_report), and the grader checks that against what it sees. Pages are filled from the nonce
 * of the run, so that nothing in them can be known before. Under GDB nobody stops at a checkpoint: break at `checkpoint`.
 *
 * The clock may hand the processor to another process after any instruction. So whose turn it is not waits, by lab_await() or in lab_wait(), and
 * between two checkpoints no process but one does anything.
 *
 * Must never: touch memory between two checkpoints that the test does not speak of, as far as it can be helped. */
#ifndef LAB_H
#define LAB_H

#include <errno.h>
#include <kine.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

enum { kPage = 4096, kWords = kPage / 8, kReports = 64, kCheckpointPort = 0x505 };

/* Where a test's own memory lies: far from everything else, at the beginning of a level-1 entry. */
#define LAB_REGION ((unsigned char *)0x600000000000)

/* What a process was answered, for the grader; each process has its own. */
uint64_t lab_report[kReports];
uint64_t lab_nonce;
static char **lab_arguments; /* behind the program's name */
static int lab_port;         /* the right to the port below */

/* Memory of all processes: [0] whose turn it is, the others as a program likes, but for the last 8 bytes. These the grader writes while the machine
 * stands, anew at each checkpoint. */
static volatile int *lab_step;

/* Word `i` of the page with this tag, as the grader computes it too (lab/trial.py). */
static inline uint64_t lab_word(uint64_t tag, uint64_t i) { return ((lab_nonce ^ tag * 0x9e3779b97f4a7c15) + i) * 0xd1342543de82ef95; }

/* Stops the machine. Each process must call lab_child() once before. What was freed before is free by then: the kernel is given the time, by calls
 * that ask for nothing. How many these are and which, and what the grader finds in rcx, depends on what it wrote at the last checkpoint: so no kernel
 * knows before when the next one comes. (The nop says where in the code this is.) */
static __attribute__((noinline)) void checkpoint(long number) {
  static const int calls[] = {NR_getpid, NR_getppid, NR_gettid, NR_time};
  const uint64_t word = lab_word(((volatile uint64_t *)lab_step)[kWords - 1], (uint64_t)number);
  for (uint64_t i = 0; i < 3 + (word >> 61); i++) raw(calls[word >> 2 * i & 3], 0);
  __asm__ volatile("outb %%al, %%dx\n\t.byte 0x0f, 0x1f, 0x80, 'l', 'a', 'b', 0" : : "a"(1), "d"(kCheckpointPort), "b"(number), "c"(word) : "memory");
}

/* Lets each of the others get to where it waits. */
static inline void lab_settle(void) {
  for (int i = 0; i < 4; i++) raw(NR_sched_yield);
}

/* In a child: a fork's child has no ports open. */
static inline void lab_child(void) {
  if (raw(KINE_IO, lab_port) != 0) raw(NR_exit_group, 120);
  lab_settle();
}

static inline void lab_fill(void *page, uint64_t tag) {
  volatile uint64_t *words = page;
  for (uint64_t i = 0; i < kWords; i++) words[i] = lab_word(tag, i);
}

/* `pages` of private memory at an address; all of it a promise. */
static inline unsigned char *lab_map(void *at, size_t pages, int rights, int flags) {
  if (mmap(at, pages * kPage, rights, MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0) != at) raw(NR_exit_group, 121);
  return at;
}

/* Lets the others run until it is step `value`, or a later one. */
static inline void lab_await(int value) {
  while (*lab_step < value) raw(NR_sched_yield);
}

/* fork without libc, which would write to its own memory. */
static inline long lab_fork(void) { return raw(NR_fork); }
static inline void lab_exit(int status) {
  raw(NR_exit_group, status);
  __builtin_unreachable();
}

/* Waits for a child; how it ended: its status, or 1000 + the signal that killed it, or -errno. */
static inline long lab_wait(long pid) {
  int status = 0;
  const long result = raw(NR_wait4, pid, &status, 0, 0);
  if (result < 0) return result;
  return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* How a child ends that does the statement; 0 if it comes to its end. */
#define LAB_ENDING(...)              \
  ({                                 \
    const long lab_pid = lab_fork(); \
    if (lab_pid == 0) {              \
      __VA_ARGS__;                   \
      lab_exit(0);                   \
    }                                \
    lab_wait(lab_pid);               \
  })

#define LAB_PROGRAM                                                                                                      \
  static void lab_program(void);                                                                                         \
  int main(int argc, char *argv[]) {                                                                                     \
    lab_arguments = argv + 1;                                                                                            \
    lab_nonce = strtoull(argv[argc - 1], NULL, 16);                                                                      \
    lab_port = kine_cut(0, KINE_RIGHT_IO, kCheckpointPort, 1);                                                           \
    lab_step = mmap(NULL, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);                             \
    if (lab_port < 0 || lab_step == MAP_FAILED) return 122;                                                              \
    lab_child();                                                                                                         \
    lab_program();                                                                                                       \
    return 0;                                                                                                            \
  }                                                                                                                      \
  static void lab_program(void)

#endif
