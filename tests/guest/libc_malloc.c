/* malloc and its kin: checks itself, and prints the same with any correct C library. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "self_check.h"

/* clang takes malloc and its kin for functions that never touch errno, and would answer from what it saw before the call. */
__attribute__((noinline)) static int last_error(void) { return errno; }

static uint64_t state = 88172645463325252;

static size_t random_below(size_t limit) { /* xorshift */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state % limit;
}

#define SLOTS 200

static struct {
  unsigned char *memory;
  size_t size;
  unsigned char fill;
} slot[SLOTS];

static size_t random_size(void) {
  switch (random_below(10)) {
    case 0: return random_below(400000);
    case 1: return random_below(20000);
    case 2: return 0;
    default: return random_below(300);
  }
}

static int intact(size_t i, size_t size) {
  for (size_t k = 0; k < size; k++)
    if (slot[i].memory[k] != slot[i].fill) return 0;
  return 1;
}

/* Many blocks that live side by side: none may overlap another, or change when it moves. */
static void storm(void) {
  int overlaps = 0, misaligned = 0, missing = 0;
  for (int step = 0; step < 8000; step++) {
    size_t i = random_below(SLOTS), size = random_size();
    if (slot[i].memory && !intact(i, slot[i].size)) overlaps++;
    if (random_below(3) == 0 && slot[i].memory && size) {
      slot[i].memory = realloc(slot[i].memory, size);
      if (!intact(i, size < slot[i].size ? size : slot[i].size)) overlaps++;
    } else {
      free(slot[i].memory);
      slot[i].memory = random_below(2) ? malloc(size) : aligned_alloc(64, (size + 63) / 64 * 64);
    }
    if (!slot[i].memory) {
      missing++;
      slot[i].size = 0;
      continue;
    }
    if ((uintptr_t)slot[i].memory % 16) misaligned++;
    slot[i].size = size;
    slot[i].fill = (unsigned char)random_below(256);
    memset(slot[i].memory, slot[i].fill, size);
  }
  for (size_t i = 0; i < SLOTS; i++) free(slot[i].memory);
  CHECK(overlaps == 0);
  CHECK(misaligned == 0);
  CHECK(missing == 0);
}

static void edges(void) {
  volatile size_t huge = SIZE_MAX; /* volatile: the compiler must not know that these cannot succeed */
  void *a = malloc(0), *b = malloc(0);
  CHECK(a && b && a != b);
  free(a);
  free(b);
  free(NULL);
  void *volatile got; /* volatile: without a use of the result the compiler may leave the call out, and take it as successful */
  errno = 0;
  got = malloc(huge);
  CHECK(got == NULL && last_error() == ENOMEM);
  errno = 0;
  got = malloc(huge / 2);
  CHECK(got == NULL && last_error() == ENOMEM);
  errno = 0;
  got = calloc(huge / 2, 4);
  CHECK(got == NULL && last_error() == ENOMEM);
  errno = 0;
  got = calloc((size_t)1 << 32, huge >> 31);
  CHECK(got == NULL && last_error() == ENOMEM);
  char *kept = malloc(10);
  strcpy(kept, "kept");
  errno = 0;
  char *volatile larger = realloc(kept, huge - 100);
  CHECK(larger == NULL && last_error() == ENOMEM);
  if (larger) kept = larger;
  CHECK(strcmp(kept, "kept") == 0);
  kept = realloc(kept, 1000000);
  CHECK(kept && strcmp(kept, "kept") == 0);
  kept = realloc(kept, 3000000);
  CHECK(kept && strcmp(kept, "kept") == 0);
  kept = realloc(kept, 20);
  CHECK(kept && strcmp(kept, "kept") == 0);
  free(kept);
  char *fresh = realloc(NULL, 5);
  CHECK(fresh != NULL);
  errno = 77;
  free(fresh);
  CHECK(last_error() == 77);
}

static void zeroed(void) {
  for (size_t size = 1; size < 1000000; size *= 3) {
    unsigned char *dirty = malloc(size);
    memset(dirty, 0xff, size);
    free(dirty);
    unsigned char *clean = calloc(size, 1);
    size_t ones = 0;
    for (size_t i = 0; i < size; i++) ones += clean[i] != 0;
    CHECK(ones == 0);
    free(clean);
  }
}

static void alignment(void) {
  for (size_t align = 8; align <= 65536; align *= 2) {
    void *memory = NULL;
    CHECK(posix_memalign(&memory, align, 100) == 0 && (uintptr_t)memory % align == 0);
    memset(memory, 1, 100);
    memory = realloc(memory, 500);
    CHECK(memory && ((char *)memory)[99] == 1);
    free(memory);
  }
  void *untouched = &checks;
  CHECK(posix_memalign(&untouched, 3, 100) == EINVAL && untouched == &checks);
}

/* The heap after fork belongs to each of the two alone. */
static void across_fork(void) {
  char *small = malloc(100), *large = malloc(1000000);
  strcpy(small, "parent");
  strcpy(large + 900000, "parent");
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    int wrong = strcmp(small, "parent") || strcmp(large + 900000, "parent");
    strcpy(small, "child");
    strcpy(large + 900000, "child");
    free(small);
    free(large);
    for (int i = 0; i < 100; i++) memset(malloc(5000), 0xee, 5000);
    _exit(wrong);
  }
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid && status == 0);
  CHECK(strcmp(small, "parent") == 0 && strcmp(large + 900000, "parent") == 0);
  free(small);
  free(large);
}

int main(void) {
  storm();
  edges();
  zeroed();
  alignment();
  across_fork();
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
