/* fill DESCRIPTOR SIZE: writes SIZE bytes in which byte i is (7 i + i / 251) mod 256, so that a lost or doubled byte shows. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
  static unsigned char bytes[8192];

  if (argc != 3) return 2;
  int descriptor = atoi(argv[1]);
  long size = atol(argv[2]);
  for (long done = 0; done < size;) {
    long count = size - done < (long)sizeof bytes ? size - done : (long)sizeof bytes;
    for (long i = 0; i < count; i++) bytes[i] = (unsigned char)((done + i) * 7 + (done + i) / 251);
    for (long at = 0; at < count;) {
      ssize_t written = write(descriptor, bytes + at, (size_t)(count - at));
      if (written <= 0) return 1;
      at += written;
    }
    done += count;
  }
  return 0;
}
