/* echo [-n] [WORD …]: the words with a space between them, and a newline unless -n. A backslash is only a backslash. */
#include <stdio.h>
#include <string.h>

int main(int argc, char *argv[]) {
  int newline = argc < 2 || strcmp(argv[1], "-n") != 0, first = newline ? 1 : 2;

  for (int i = first; i < argc; i++) printf("%s%s", i > first ? " " : "", argv[i]);
  if (newline) putchar('\n');
  if (fflush(stdout) == 0) return 0;
  perror("echo");
  return 1;
}
