/* clock_gettime, clock_settime, gettimeofday, time, nanosleep: what they do, and every bad argument. */
#include <sys/time.h>
#include <time.h>

#include "bad.h"
#include "test.h"

static const long kSecond = 1000000000;

static long now(int clock) {
  struct timespec time = {-1, -1};

  CHECK_EQ(raw(NR_clock_gettime, clock, &time), 0);
  CHECK(time.tv_nsec >= 0 && time.tv_nsec < kSecond);
  return time.tv_sec * kSecond + time.tv_nsec;
}

TEST(monotonic_never_goes_back, "CLOCK_MONOTONIC never goes back, and goes on") {
  long first = now(CLOCK_MONOTONIC), last = first;

  for (int i = 0; i < 2000; i++) {
    long next = now(CLOCK_MONOTONIC);
    REQUIRE(next >= last);
    last = next;
  }
  for (int i = 0; i < 1000000 && last == first; i++) last = now(CLOCK_MONOTONIC);
  CHECK(last > first);
}

TEST(clocks_agree, "the three ways to ask for the time of day agree") {
  struct timeval of_day = {-1, -1};

  long before = now(CLOCK_REALTIME) / kSecond;
  CHECK_EQ(raw(NR_gettimeofday, &of_day, NULL), 0);
  long seconds = raw(NR_time, NULL);
  long after = now(CLOCK_REALTIME) / kSecond;
  CHECK(before <= of_day.tv_sec && of_day.tv_sec <= after);
  CHECK(before - 1 <= seconds && seconds <= after); /* time() may lag by a tick */
  CHECK(of_day.tv_usec >= 0 && of_day.tv_usec < 1000000);
  CHECK(before > 1577836800); /* the year 2020 */
}

TEST(root_sets_the_time, "root sets the time of day, which goes on from there; what has passed since the start does not change") {
  static const long then[2] = {1234567890, 500000000};

  if (!on_kine()) return; /* not this machine's */
  long wall = now(CLOCK_REALTIME), steady = now(CLOCK_MONOTONIC);
  CHECK_EQ(raw(NR_clock_settime, CLOCK_REALTIME, then), 0);
  long set = now(CLOCK_REALTIME) - (then[0] * kSecond + then[1]);
  CHECK(set >= 0 && set <= now(CLOCK_MONOTONIC) - steady);
  CHECK_EQ(raw(NR_time, NULL), now(CLOCK_REALTIME) / kSecond);
  CHECK(now(CLOCK_MONOTONIC) - steady < 100 * kSecond);
  long until[2] = {then[0], then[1] + 3 * kSecond / 10};
  CHECK_EQ(raw(NR_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, until, NULL), 0); /* by the clock as it is set */
  CHECK(now(CLOCK_REALTIME) - until[0] * kSecond >= until[1] && now(CLOCK_MONOTONIC) - steady < 100 * kSecond);
  wall += now(CLOCK_MONOTONIC) - steady;
  const long back[2] = {wall / kSecond, wall % kSecond};
  CHECK_EQ(raw(NR_clock_settime, CLOCK_REALTIME, back), 0);
}

TEST(nobody_else_sets_the_time, "the time of day is root's to set: EPERM") {
  const long wall = now(CLOCK_REALTIME), time[2] = {wall / kSecond + 100000, 0};

  CHECK_ENDS(0, if (geteuid() == 0 && setuid(1000) != 0) _exit(1);
             _exit(raw(NR_clock_settime, CLOCK_REALTIME, time) == -EPERM && now(CLOCK_REALTIME) < wall + 50000 * kSecond ? 0 : 2));
}

TEST(bad_settings, "only CLOCK_REALTIME is set, and to a time of day: EINVAL, whoever asks") {
  static const long good[2] = {1234567890, 0},
                    bad[][2] = {{-1, 0}, {1, -1}, {1, 1000000000}, {INT64_MAX, 0}, {INT64_MIN, 0}, {9223372036, 0}};
  const long wall = now(CLOCK_REALTIME);

  for (int clock = 1; clock <= CLOCK_BOOTTIME; clock++) CHECK_EQ(raw(NR_clock_settime, clock, good), -EINVAL);
  CHECK_EQ(raw(NR_clock_settime, 99, good), -EINVAL);
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) CHECK_EQ(raw(NR_clock_settime, CLOCK_REALTIME, bad[i]), -EINVAL);
  if (on_kine()) {
    static const long before_start[2] = {0, 1}; /* 1970 began later than this machine */
    CHECK_EQ(raw(NR_clock_settime, CLOCK_REALTIME, before_start), -EINVAL);
  }
  CHECK_EFAULT(16, kForReading, raw(NR_clock_settime, CLOCK_REALTIME, p));
  CHECK(now(CLOCK_REALTIME) >= wall && now(CLOCK_REALTIME) < wall + 1000 * kSecond);
}

TEST(time_pointer, "time stores what it answers; gettimeofday takes null pointers") {
  time_t stored = 0;
  struct timezone {
    int west, daylight;
  } zone = {-1, -1};

  long answered = raw(NR_time, &stored);
  CHECK_EQ(answered, stored);
  CHECK_EQ(raw(NR_gettimeofday, NULL, NULL), 0);
  CHECK_EQ(raw(NR_gettimeofday, NULL, &zone), 0);
  CHECK_EQ(zone.west, 0);
  CHECK_EQ(zone.daylight, 0);
}

TEST(bad_clocks, "an unknown clock answers EINVAL, before the pointer is looked at") {
  struct timespec time;

  CHECK_EQ(raw(NR_clock_gettime, 100, &time), -EINVAL);
  CHECK_EQ(raw(NR_clock_gettime, 16, &time), -EINVAL);
  CHECK_EQ(raw(NR_clock_gettime, INT32_MAX, &time), -EINVAL);
  CHECK_EQ(raw(NR_clock_gettime, 100, NULL), -EINVAL);
}

TEST(bad_pointers, "a result that cannot be stored answers EFAULT") {
  struct timeval of_day;

  CHECK_EFAULT(16, kForWriting, raw(NR_clock_gettime, CLOCK_MONOTONIC, p));
  CHECK_EFAULT(16, kForWriting, raw(NR_clock_gettime, CLOCK_REALTIME, p));
  CHECK_EFAULT(16, kForWriting | kOrNull, raw(NR_gettimeofday, p, NULL));
  CHECK_EFAULT(8, kForWriting | kOrNull, raw(NR_gettimeofday, &of_day, p));
  CHECK_EFAULT(8, kForWriting | kOrNull, raw(NR_time, p));
  CHECK_EFAULT(16, kForReading, raw(NR_nanosleep, p, NULL));
}

TEST(bad_sleeps, "a sleep with a negative part, or a second's worth of nanoseconds, answers EINVAL at once") {
  static const long bad[][2] = {{-1, 0}, {0, -1}, {0, 1000000000}, {INT64_MIN, 0}, {0, INT64_MAX}, {0, INT64_MIN}, {-1, 999999999}};
  static const long zero[2] = {0, 0};

  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) CHECK_EQ(raw(NR_nanosleep, bad[i], NULL), -EINVAL);
  CHECK_EQ(raw(NR_nanosleep, zero, NULL), 0);
  CHECK_EQ(raw(NR_nanosleep, zero, 1), 0); /* the rest is stored only after a signal */
}

TEST(sleeps_long_enough, "a sleep takes no less time than was asked for") {
  static const long milliseconds[] = {1, 7, 20, 50};

  for (unsigned i = 0; i < sizeof milliseconds / sizeof milliseconds[0]; i++) {
    long request[2] = {0, milliseconds[i] * 1000000};
    long before = now(CLOCK_MONOTONIC);
    CHECK_EQ(raw(NR_nanosleep, request, NULL), 0);
    CHECK(now(CLOCK_MONOTONIC) - before >= request[1]);
  }
}

TEST(sleeps_by_any_clock, "clock_nanosleep sleeps for a time or until one, by the clocks that can be slept by") {
  static const long short_time[2] = {0, 20000000}, past[2] = {1, 0}, bad[2] = {0, -1};
  enum { kAbsolute = 1 };
  long until[2];

  for (int clock = CLOCK_REALTIME; clock <= CLOCK_MONOTONIC; clock++) {
    long before = now(clock);
    CHECK_EQ(raw(NR_clock_nanosleep, clock, 0, short_time, NULL), 0);
    CHECK(now(clock) - before >= short_time[1]);
    before = now(clock) + 30000000;
    until[0] = before / 1000000000, until[1] = before % 1000000000;
    CHECK_EQ(raw(NR_clock_nanosleep, clock, kAbsolute, until, NULL), 0);
    CHECK(now(clock) >= before);
    CHECK_EQ(raw(NR_clock_nanosleep, clock, kAbsolute, past, NULL), 0);
    CHECK_EQ(raw(NR_clock_nanosleep, clock, 0, bad, NULL), -EINVAL);
  }
  CHECK_EQ(raw(NR_clock_nanosleep, 99, 0, short_time, NULL), -EINVAL);
}

TEST(sleepers_wake_in_order, "who asked for less time wakes first, and nobody waits for a sleeper") {
  volatile int *order = map_shared(kPage);
  static const long milliseconds[] = {240, 80, 160};
  long pid[3];

  for (int i = 0; i < 3; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      long request[2] = {0, milliseconds[i] * 1000000};
      raw(NR_nanosleep, request, NULL);
      order[__sync_add_and_fetch(&order[0], 1)] = i;
      _exit(0);
    }
  }
  long before = now(CLOCK_MONOTONIC);
  CHECK_EQ(order[0], 0);
  for (int i = 0; i < 3; i++) CHECK_EQ(ending_of(pid[i]), 0);
  CHECK(now(CLOCK_MONOTONIC) - before < 20 * kSecond);
  CHECK_EQ(order[1], 1);
  CHECK_EQ(order[2], 2);
  CHECK_EQ(order[3], 0);
}
