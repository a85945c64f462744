/* The C library's string functions: checks itself, and prints the same with any correct C library. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "self_check.h"

#define SPAN 64

/* Every offset, length and overlap that can matter to copying by words, against a loop over bytes. */
static void copies(void) {
  for (int to = 0; to < 20; to++)
    for (int from = 0; from < 20; from++)
      for (int size = 0; size <= 40; size++) {
        unsigned char memory[SPAN], expected[SPAN], source[SPAN];
        for (int i = 0; i < SPAN; i++) memory[i] = expected[i] = source[i] = (unsigned char)(i * 7 + 1);
        for (int i = 0; i < size; i++) expected[to + i] = source[from + i];
        memmove(memory + to, memory + from, (size_t)size);
        if (memcmp(memory, expected, SPAN) != 0) CHECK(!"memmove as byte by byte");
        for (int i = 0; i < SPAN; i++) memory[i] = expected[i] = 0xaa;
        for (int i = 0; i < size; i++) expected[to + i] = source[from + i];
        memcpy(memory + to, source + from, (size_t)size);
        if (memcmp(memory, expected, SPAN) != 0) CHECK(!"memcpy as byte by byte");
        for (int i = 0; i < size; i++) expected[to + i] = (unsigned char)from;
        memset(memory + to, from + 256, (size_t)size);
        if (memcmp(memory, expected, SPAN) != 0) CHECK(!"memset as byte by byte");
      }
  CHECK(1);
}

/* Texts are cut off on purpose below. */
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wstringop-truncation"
#endif

static void memory(void) {
  CHECK(memcmp("abc", "abd", 3) < 0);
  CHECK(memcmp("\xff", "\x01", 1) > 0);
  CHECK(memcmp("abc", "xyz", 0) == 0);
  const char text[] = "hello";
  CHECK(memchr(text, 'l', 5) == text + 2);
  CHECK(memchr(text, 'l', 2) == NULL);
  CHECK(memchr(text, 0, 6) == text + 5);
  char zero[4] = "xyz";
  bzero(zero, 3);
  CHECK(zero[0] == 0 && zero[2] == 0);
}

static void copying(void) {
  char to[16];
  memset(to, '#', sizeof to);
  CHECK(strcpy(to, "abc") == to && strcmp(to, "abc") == 0 && to[4] == '#');
  CHECK(stpcpy(to, "abcd") == to + 4);
  CHECK(strcat(to, "ef") == to && strcmp(to, "abcdef") == 0);
  CHECK(strncat(to, "ghijk", 2) == to && strcmp(to, "abcdefgh") == 0);
  memset(to, '#', sizeof to);
  strncpy(to, "ab", 5);
  CHECK(memcmp(to, "ab\0\0\0#", 6) == 0);
  memset(to, '#', sizeof to);
  memcpy(to, "abc", 3);
  CHECK(strnlen(to, 3) == 3 && strnlen("ab", 9) == 2 && strlen("") == 0);
  char *copy = strdup("copied");
  CHECK(copy && strcmp(copy, "copied") == 0);
  free(copy);
  copy = strndup("copied", 3);
  CHECK(copy && strcmp(copy, "cop") == 0);
  free(copy);
}

static void comparing(void) {
  CHECK(strcmp("abc", "abc") == 0);
  CHECK(strcmp("abc", "abcd") < 0);
  CHECK(strcmp("\xe6", "a") > 0);
  CHECK(strncmp("abcx", "abcy", 3) == 0);
  CHECK(strncmp("abcx", "abcy", 4) < 0);
  CHECK(strncmp("a", "b", 0) == 0);
  CHECK(strcasecmp("HeLLo", "hEllO") == 0);
  CHECK(strncasecmp("HELLx", "helly", 4) == 0);
}

static void searching(void) {
  const char text[] = "a,b;c,,d";
  CHECK(strchr(text, ',') == text + 1);
  CHECK(strchr(text, 0) == text + 8);
  CHECK(strchr(text, 'x') == NULL);
  CHECK(strrchr(text, ',') == text + 6);
  CHECK(strstr(text, "c,") == text + 4);
  CHECK(strstr(text, "") == text);
  CHECK(strstr(text, "dd") == NULL);
  CHECK(strspn(text, "a,") == 2);
  CHECK(strcspn(text, ";") == 3);
  CHECK(strcspn(text, "") == 8);
  CHECK(strpbrk(text, ";,") == text + 1);
  CHECK(strpbrk(text, "xyz") == NULL);
  char work[16], *state;
  strcpy(work, text);
  for (char *token = strtok_r(work, ",;", &state); token; token = strtok_r(NULL, ",;", &state)) printf("token %s\n", token);
  strcpy(work, ",,x y,,");
  printf("token %s\n", strtok(work, ","));
  CHECK(strtok(NULL, ",") == NULL);
}

static void classes(void) {
  uint64_t sum = 0;
  for (int c = -1; c < 256; c++) {
    int (*const classes[])(int) = {isalnum, isalpha, isblank, iscntrl, isdigit, isgraph,
                                   islower, isprint, ispunct, isspace, isupper, isxdigit};
    int bits = 0;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) bits = bits * 2 + (classes[i](c) != 0);
    sum = sum * 31 + (uint64_t)(bits + tolower(c) + toupper(c));
  }
  printf("character classes: %016lx\n", (unsigned long)sum);
}

static void messages(void) {
  const int errors[] = {0, EPERM, ENOENT, EIO, E2BIG, ENOEXEC, EBADF, ECHILD, EAGAIN, ENOMEM, EACCES, EFAULT, EINVAL, ENOSYS, 9999};
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) printf("%d %s\n", errors[i], strerror(errors[i]));
  printf("%s, %s, %s\n", strsignal(SIGSEGV), strsignal(SIGKILL), strsignal(SIGILL));
}

int main(void) {
  copies();
  memory();
  copying();
  comparing();
  searching();
  classes();
  messages();
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
