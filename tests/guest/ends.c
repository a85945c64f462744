/* Not a test but what tests execute: ends with the status in its first argument, by the way in its second; `argc` says that there must be
 * so many arguments, the last of which is "the last". */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
  int status = argc > 1 ? atoi(argv[1]) : 0;

  if (argc > 2 && strcmp(argv[2], "ud2") == 0) __builtin_trap();
  if (argc > 2 && strcmp(argv[2], "_exit") == 0) _exit(status);
  if (argc > 2 && strcmp(argv[2], "argc") == 0) return argc != status || strcmp(argv[argc - 1], "the last") != 0 || argv[argc] != NULL;
  return status;
}
