/* Input by lines and by characters: numbers the lines of standard input, whatever it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  char start[4];
  size_t got = fread(start, 1, sizeof start, stdin);
  printf("%zu bytes first:", got);
  for (size_t i = 0; i < got; i++) printf(" %02x", (unsigned char)start[i]);
  printf("\n");
  for (size_t i = got; i-- > 0;)
    if (ungetc((unsigned char)start[i], stdin) == EOF) return 1;

  char piece[16];
  if (fgets(piece, sizeof piece, stdin)) printf("piece: %s%s", piece, strchr(piece, '\n') ? "" : "…\n");
  char *line = NULL;
  size_t size = 0, count = 0;
  for (ssize_t length; (length = getline(&line, &size, stdin)) >= 0; count++) {
    printf("%4zu %zd %s", count, length, line);
    if (line[length - 1] != '\n') printf(" (no newline)\n");
  }
  free(line);
  printf("%zu lines, end %d, error %d, then %d\n", count, feof(stdin), ferror(stdin), getchar());
  return 0;
}
