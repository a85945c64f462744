/* Fork bombs. They are meant to hit a limit: EAGAIN or ENOMEM, or death by lack of memory, for the offender and its children alone; and
 * when they are over, nothing is missing. On Linux, where the limit is the machine's, nothing of this is tried.
 *
 * While a bomb has all the memory, a process that shares its pages with it cannot write to them without being killed, too: that is the
 * price of copy-on-write. So whoever waits for the bomb's end here holds still meanwhile: raw system calls, no write to memory. */
#include "test.h"

/* Long pauses: there will be thousands who look up after each. */
static const long kPause[2] = {1, 0}, kTwoPauses[2] = {2, 0};

/* Ends when the bomber does. */
static void live_as_long_as(long bomber) {
  while (raw(NR_getppid) == bomber) raw(NR_nanosleep, kPause, 0);
  raw(NR_exit_group, 0);
}

static void hold_still_until_it_is_over(long bomber) {
  raw(NR_wait4, bomber, 0, 0, 0);
  raw(NR_nanosleep, kTwoPauses, 0); /* its children need a moment to see that it is gone */
}

TEST(fork_until_it_fails,
     "a process that forks for ever gets EAGAIN or ENOMEM again and again, or is killed; later all can fork as before") {
  volatile long *errors = map_shared(kPage);

  if (!on_kine()) return;
  long bomber = raw(NR_fork);
  if (bomber == 0) {
    long self = raw(NR_getpid), pid, other;
    while ((pid = raw(NR_fork)) > 0)
      ;
    if (pid == 0) live_as_long_as(self);
    for (int i = 0; i < 20; i++) {
      other = raw(NR_fork);
      if (other == 0) live_as_long_as(self);
      if (other < 0 && other != pid) break;
    }
    errors[0] = pid;
    errors[1] = other;
    raw(NR_exit_group, 0);
  }
  hold_still_until_it_is_over(bomber);
  CHECK(errors[0] == -EAGAIN || errors[0] == -ENOMEM || errors[0] == 0); /* 0: it was killed, trying to say so */
  CHECK(errors[1] == errors[0] || errors[1] > 0);                        /* a little memory may have come back */
  CHECK_ENDS(12, _exit(12));
}

TEST(every_child_forks_too, "a bomb in which every process forks, for two seconds, leaves nothing behind") {
  if (!on_kine()) return;
  long bomber = raw(NR_fork);
  if (bomber == 0) {
    long end = raw(NR_time, 0) + 2;
    while (raw(NR_time, 0) < end) raw(NR_fork);
    raw(NR_exit_group, 0);
  }
  hold_still_until_it_is_over(bomber);
  CHECK_ENDS(13, _exit(13));
}

/* Works on memory that is its own, and needs nothing more. */
static void work(volatile unsigned char *memory, volatile int *ready) {
  *ready = 1;
  while (*ready < 2)
    ;
  for (int round = 1; round <= 300; round++) {
    for (int i = 0; i < 100; i++) memory[i * kPage + round] = (unsigned char)round;
    for (int i = 0; i < 100; i++)
      if (memory[i * kPage + round] != (unsigned char)round || memory[i * kPage + round - 1] != (unsigned char)(round - 1)) _exit(1);
    raw(NR_sched_yield);
  }
  _exit(0);
}

TEST(work_beside_a_bomb, "a process that has the memory it needs works on beside a fork bomb, undisturbed") {
  volatile int *ready = map_shared(kPage);

  if (!on_kine()) return;
  pid_t worker = fork();
  if (worker == 0) {
    unsigned char *memory = map_private(100 * kPage);
    memset(memory, 0, 100 * kPage);
    work(memory, ready);
  }
  await(ready, 1);
  *ready = 2;
  long bomber = raw(NR_fork);
  if (bomber == 0) {
    long self = raw(NR_getpid), end = raw(NR_time, 0) + 2, pid;
    while (raw(NR_time, 0) < end) {
      if ((pid = raw(NR_fork)) == 0) live_as_long_as(self);
      if (pid < 0) raw(NR_sched_yield);
    }
    raw(NR_exit_group, 0);
  }
  hold_still_until_it_is_over(bomber);
  CHECK_EQ(ending_of(worker), 0);
}

TEST(a_chain_of_orphans, "a process that forks and ends, and so does its child, for five hundred generations, leaves nothing behind") {
  volatile int *generations = map_shared(kPage);

  CHECK_ENDS(0, {
    for (int i = 0; i < 500; i++) {
      long pid;
      while ((pid = raw(NR_fork)) < 0) raw(NR_nanosleep, kPause, 0); /* its forebears still have the memory: wait until they have ended */
      if (pid != 0) raw(NR_exit_group, 0);
      ++*generations;
    }
    generations[1] = 1;
    raw(NR_exit_group, 0);
  });
  await(generations + 1, 1);
  CHECK_EQ(*generations, 500);
}
