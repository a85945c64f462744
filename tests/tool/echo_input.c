/* Copies descriptor 0 to descriptor 1, byte for byte, until its end. */
#include <unistd.h>

int main(void) {
  static char bytes[4096];
  ssize_t count;

  while ((count = read(0, bytes, sizeof bytes)) > 0)
    for (ssize_t at = 0; at < count;) {
      ssize_t written = write(1, bytes + at, (size_t)(count - at));
      if (written <= 0) return 1;
      at += written;
    }
  return count < 0;
}
