/* time_of_day: the seconds since 1970, in decimal. */
#include <stdio.h>
#include <time.h>

int main(void) {
  struct timespec now;

  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return 1;
  printf("%ld\n", (long)now.tv_sec);
  return 0;
}
