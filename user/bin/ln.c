/* ln [-s] FROM … TO: another name for a file, or with -s a symbolic link. */
#include <unistd.h>

#include "target.h"

static bool hard(const char *from, const char *to) { return link(from, to) == 0; }
static bool symbolic(const char *from, const char *to) { return symlink(from, to) == 0; }

int main(int argc, char *argv[]) {
  bool s = argc > 1 && strcmp(argv[1], "-s") == 0;

  return for_each_target("ln", argc - 1 - s, argv + 1 + s, s ? symbolic : hard);
}
