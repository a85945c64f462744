/* Ends with 0 if its arguments are those in the environment variable EXPECT, separated by bars; else prints them and ends with 1. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char *argv[]) {
  const char *expect = getenv("EXPECT");
  char seen[1000] = "";

  for (int i = 0; i < argc; i++) {
    if (strlen(seen) + strlen(argv[i]) + 2 > sizeof seen) return 2;
    if (i > 0) strcat(seen, "|");
    strcat(seen, argv[i]);
  }
  if (expect != NULL && strcmp(seen, expect) == 0) return 0;
  fprintf(stderr, "argv_is: expected %s, seen %s\n", expect == NULL ? "nothing" : expect, seen);
  return 1;
}
