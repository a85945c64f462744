/* sleep SECONDS: the number may have a fraction. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kNanoseconds = 1000000000 };

int main(int argc, char *argv[]) {
  char *end = NULL;
  double seconds = argc == 2 ? strtod(argv[1], &end) : -1;

  if (argc != 2 || end == argv[1] || *end != '\0' || !(seconds >= 0)) {
    fprintf(stderr, "usage: sleep SECONDS\n");
    return 2;
  }
  if (seconds > 1e9) seconds = 1e9; /* thirty years are long enough */
  struct timespec left = {.tv_sec = (time_t)seconds};
  left.tv_nsec = (long)((seconds - (double)left.tv_sec) * kNanoseconds);
  while (nanosleep(&left, &left) < 0) {
    if (errno == EINTR) continue;
    perror("sleep");
    return 1;
  }
  return 0;
}
