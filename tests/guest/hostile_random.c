/* System calls with random numbers and random arguments, tens of thousands of them, always the same ones. Whatever they do to the
 * process that makes them, an ordinary user's without a descriptor, the kernel and all other processes are well afterwards.
 * (hostile_messages.c has descriptors.)
 *
 * The calls are made by children, a few hundred each, since one may well unmap its own code. On Linux, where more calls exist than a
 * test should try at random, only the children's births and deaths are played. */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "test.h"

enum { kChildren = 300, kCalls = 300 };

static uint64_t dice_state;
static uint64_t dice(void) { /* xorshift64* */
  dice_state ^= dice_state >> 12;
  dice_state ^= dice_state << 25;
  dice_state ^= dice_state >> 27;
  return dice_state * 0x2545f4914f6cdd1d;
}

static const int known[] = {NR_read,       NR_write,           NR_close,         NR_mmap,      NR_mprotect, NR_munmap,
                            NR_brk,        NR_ioctl,           NR_writev,        NR_mremap,    NR_dup,      NR_dup2,
                            NR_getpid,     NR_clone,           NR_fork,          NR_vfork,     NR_execve,   NR_wait4,
                            NR_uname,      NR_gettimeofday,    NR_getppid,       NR_gettid,    NR_time,     NR_sched_yield,
                            NR_arch_prctl, NR_set_tid_address, NR_clock_gettime, NR_nanosleep, KINE_PAGE,   KINE_STATISTICS};

static unsigned char *playground; /* 64 pages: zeros, read-only, none, shared */
static volatile uint64_t *calls;  /* of all children, in memory that they share */

static uint64_t argument(void) {
  static const uint64_t edges[] = {0,
                                   1,
                                   2,
                                   3,
                                   7,
                                   8,
                                   0xfff,
                                   0x1000,
                                   0x200000,
                                   0x7fffffff,
                                   0x80000000,
                                   0xffffffff,
                                   1UL << 32,
                                   1UL << 46,
                                   0x7ffffffff000,
                                   0x7fffffffffff,
                                   1UL << 47,
                                   0xffff7fffffffffff,
                                   0xffff800000000000,
                                   0xffffffff80000000,
                                   1UL << 62,
                                   1UL << 63,
                                   ~0UL,
                                   ~0UL - 4095};
  uint64_t roll = dice();
  switch (roll % 8) {
    case 0: return edges[(roll >> 8) % (sizeof edges / sizeof edges[0])];
    case 1: return dice();
    case 2: return (roll >> 8) % 64;
    case 3: return (uint64_t)playground + (roll >> 8) % (64 * kPage);
    case 4: return (uint64_t)playground + ((roll >> 8) % 64) * kPage;
    case 5: return ((roll >> 8) % 40) * kPage;
    case 6: return (uint64_t)&roll - (roll >> 8) % 100000;
    default: return (uint64_t)dice_state >> (roll >> 8) % 64;
  }
}

/* What waits for somebody who will not come, what stops the caller, and what takes the timer away that would end it. */
static int stands_still(long number) {
  static const int numbers[] = {SYS_pause,          SYS_rt_sigsuspend,   SYS_poll,      SYS_ppoll,         SYS_select, SYS_pselect6,
                                SYS_rt_sigprocmask, SYS_rt_sigaction,    SYS_setitimer, SYS_alarm,         SYS_kill,   SYS_tkill,
                                SYS_tgkill,         SYS_clock_nanosleep, KINE_RECEIVE,  KINE_REPLY_RECEIVE};
  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    if (number == numbers[i]) return 1;
  return 0;
}

static void one_call(void) {
  uint64_t roll = dice();
  long number = roll % 10 == 0 ? (long)(dice() % 1100) : known[(roll >> 8) % (sizeof known / sizeof known[0])];
  uint64_t a = argument(), b = argument(), c = argument(), d = argument(), e = argument(), f = argument();
  static const long no_time[2] = {0, 1000};

  if (number == NR_exit || number == NR_exit_group || number == NR_vfork) number = NR_fork; /* the caller of vfork is not to be hurt */
  if (number == NR_clone) a &= ~0x4100UL; /* … nor that of its equal; other flags as they come */
  if (number == NR_nanosleep) a = roll >> 40 & 63 ? a | 1UL << 63 : (uint64_t)no_time; /* few, and none that lasts */
  if (number == NR_wait4) c |= WNOHANG;
  if (stands_still(number)) number = NR_getppid;
  long result = raw(number, a, b, c, d, e, f);
  if ((number == NR_fork || number == NR_clone) && result == 0) raw(NR_exit_group, 0);
}

static void play(int child) {
  const struct itimerval patience = {{0, 0}, {0, 100000}}; /* calls that wait for ever exist; SIGALRM ends those */

  dice_state = 0x9e3779b97f4a7c15 * (uint64_t)(child + 1);
  for (int fd = 0; fd < 3; fd++) raw(NR_close, fd); /* nothing that is written shall be seen */
  if (!on_kine()) return;
  raw(NR_close, KINE_MACHINE_FD);
  if (raw(SYS_setgid, 1000) != 0 || raw(SYS_setuid, 5000 + child) != 0 || raw(SYS_setsid) < 0)
    raw(NR_exit_group, 1); /* root may well harm others */
  raw(SYS_setitimer, ITIMER_REAL, &patience, NULL);
  for (int i = 0; i < kCalls; i++) {
    ++*calls;
    one_call();
  }
}

/* How the child ended. One that waits for what never comes is ended. */
static int ending_at_last(pid_t pid) {
  enum { kLooks = 20000 };
  int status = 0;

  for (int look = 0; look < kLooks; look++) {
    if (waitpid(pid, &status, WNOHANG) == pid) return status;
    sched_yield();
  }
  kill(pid, SIGKILL);
  return waitpid(pid, &status, 0) == pid ? status : -1;
}

TEST(random_calls, "no sequence of system calls, however senseless, harms another process or the kernel") {
  unsigned char *witness = map_private(20 * kPage);

  memset(witness, 0x3c, 20 * kPage);
  /* Where no overlong read or write into the playground gets to. */
  calls = mmap((void *)0x123456789000, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  REQUIRE((void *)calls != MAP_FAILED);
  *calls = 0;
  playground = map_private(64 * kPage);
  mprotect(playground + 8 * kPage, 8 * kPage, PROT_READ);
  mprotect(playground + 16 * kPage, 4 * kPage, PROT_NONE);
  munmap(playground + 20 * kPage, 4 * kPage);
  if (mmap(playground + 40 * kPage, 10 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
    _exit(1);
  for (int child = 0; child < kChildren; child++) {
    pid_t pid = fork();
    if (pid == 0) {
      play(child);
      raw(NR_exit_group, 0);
    }
    REQUIRE(ending_at_last(pid) >= 0);
    if (child % 50 == 0) {
      REQUIRE(CHECK_BYTES(witness, 20 * kPage, 0x3c));
      if (on_kine()) REQUIRE(CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0));
    }
  }
  CHECK_BYTES(witness, 20 * kPage, 0x3c);
  if (on_kine()) CHECK(*calls >= kChildren * kCalls / 2);
}
