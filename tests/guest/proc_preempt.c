/* The processor is shared by time: nobody who spins keeps it, and nobody who sleeps is forgotten. */
#include <time.h>

#include "test.h"

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

TEST(both_spinners_progress, "of two processes that never call the kernel, each runs again and again") {
  volatile long *count = map_shared(kPage);
  pid_t pid[2];

  for (int i = 0; i < 2; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      /* Each ends only when it has seen the other move forty times. */
      long seen = -1;
      for (int moves = 0; moves < 40;) {
        count[8 * i]++;
        if (count[8 * (1 - i)] != seen) moves++, seen = count[8 * (1 - i)];
        for (volatile int spin = 0; spin < 1000; spin++)
          ;
      }
      count[8 * i + 1] = 1;
      while (!count[8 * (1 - i) + 1]) count[8 * i]++; /* let the other one see its last moves */
      _exit(0);
    }
  }
  for (int i = 0; i < 2; i++) CHECK_EQ(ending_of(pid[i]), 0);
}

TEST(a_spinner_does_not_starve_sleepers, "a process that sleeps wakes while others spin") {
  volatile int *stop = map_shared(kPage);
  pid_t pid[3];

  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      while (!*stop)
        ;
      _exit(0);
    }
  }
  for (int i = 0; i < 5; i++) {
    const long request[2] = {0, 10000000};
    long before = now();
    CHECK_EQ(raw(NR_nanosleep, request, 0), 0);
    long slept = now() - before;
    CHECK(slept >= 10000000);
    CHECK(slept < 5000000000);
  }
  *stop = 1;
  for (int i = 0; i < 3; i++) CHECK_EQ(ending_of(pid[i]), 0);
}

TEST(many_spinners_share, "ten spinning processes get about the same") {
  enum { kSpinners = 10 };
  volatile long *count = map_shared(kPage);
  volatile int *stop = map_shared(kPage);
  pid_t pid[kSpinners];

  for (int i = 0; i < kSpinners; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      await(stop, 1);
      while (*stop < 2) count[8 * i]++;
      _exit(0);
    }
  }
  const long request[2] = {1, 0};
  *stop = 1;
  raw(NR_nanosleep, request, 0);
  *stop = 2;
  long least = count[0], most = count[0];
  for (int i = 0; i < kSpinners; i++) {
    CHECK_EQ(ending_of(pid[i]), 0);
    if (count[8 * i] < least) least = count[8 * i];
    if (count[8 * i] > most) most = count[8 * i];
  }
  CHECK(least > 0);
  if (on_kine()) CHECK(most < 20 * least); /* no more than that is asked: the host has other things to do, too */
}

TEST(yield_lets_others_run, "sched_yield gives the processor to whoever is ready") {
  volatile int *turn = map_shared(kPage);

  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 1000; i++) {
      await(turn, 2 * i + 1);
      *turn = 2 * i + 2;
    }
    _exit(0);
  }
  long before = now();
  for (int i = 0; i < 1000; i++) {
    *turn = 2 * i + 1;
    await(turn, 2 * i + 2);
  }
  CHECK_EQ(ending_of(pid), 0);
  CHECK(now() - before < 10 * 1000000000L); /* if every turn took a time slice it would be longer */
}
