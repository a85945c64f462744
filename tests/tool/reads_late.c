/* Sleeps two seconds, then copies 9,000 bytes from descriptor 0 to descriptor 2. */
#include <time.h>
#include <unistd.h>

int main(void) {
  static char bytes[4096];
  const struct timespec late = {2, 0};
  long left = 9000;

  nanosleep(&late, 0);
  while (left > 0) {
    ssize_t count = read(0, bytes, sizeof bytes);
    if (count <= 0) return 1;
    if (write(2, bytes, (size_t)count) != count) return 2;
    left -= count;
  }
  return 0;
}
