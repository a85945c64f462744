/* Who has servers work for it pays with its own time: a tick that finds a server running ends the slice of the process that it works for. */
#include <fcntl.h>
#include <time.h>

#include "test.h"

static void spin(void) {
  for (;;)
    ;
}

static void read_on(void) {
  enum { kBytes = 1 << 20 };
  int fd = open("/dev/urandom", O_RDONLY);
  char *memory = mmap(NULL, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  while (read(fd, memory, kBytes) > 0)
    ;
  _exit(1);
}

/* How far another process counts in 0.3 s beside one that does this. */
static long steps_beside(void (*work)(void)) {
  const struct timespec time = {0, 300000000};
  volatile long *steps = map_shared(kPage);
  pid_t worker = fork();

  if (worker == 0) work();
  pid_t counter = fork();
  if (counter == 0)
    for (;;) ++*steps;
  nanosleep(&time, NULL);
  kill(counter, SIGKILL);
  kill(worker, SIGKILL);
  CHECK_EQ(ending_of(counter), KILLED_BY(SIGKILL));
  CHECK_EQ(ending_of(worker), KILLED_BY(SIGKILL));
  return *steps;
}

TEST(a_servers_work_is_its_clients_time, "beside a process that keeps a server busy another gets at least half of what it gets beside one that spins") {
  long beside_spinner = steps_beside(spin), beside_reader = steps_beside(read_on);

  if (beside_reader < beside_spinner / 2) CHECK_EQ(beside_reader, beside_spinner);
}
