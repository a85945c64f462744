/* execve: what the new program is given, and every bad argument; a failed exec leaves the caller as it was. */
#include "bad.h"
#include "test.h"

extern char **environ;

static char program[300]; /* what is executed: prints its arguments and ends with 0 if all is in order */
static char *empty[] = {NULL};

static void find(const char *name) { companion(name, program); }

TEST(arguments, "a new program finds its arguments, its environment and its auxiliary vector on the stack, as Linux lays them out") {
  char *argv[] = {"show_start", "one", "two words", "", "\xc3\xbc", NULL}, *envp[] = {"A=1", "EMPTY=", "no equals sign", NULL};

  find("show_start");
  CHECK_ENDS(0, raw(NR_execve, program, argv, envp));
  CHECK_ENDS(0, raw(NR_execve, program, argv, empty));
}

TEST(no_arguments, "without arguments a program gets one empty one, as on Linux") {
  find("show_start");
  CHECK_ENDS(0, raw(NR_execve, program, empty, empty));
  CHECK_ENDS(0, raw(NR_execve, program, NULL, NULL));
}

TEST(many_arguments, "hundreds of arguments arrive") {
  static char *argv[501];

  for (int i = 0; i < 500; i++) argv[i] = "";
  argv[0] = "ends", argv[1] = "500", argv[2] = "argc", argv[499] = "the last";
  find("ends");
  CHECK_ENDS(0, raw(NR_execve, program, argv, empty));
}

TEST(long_arguments, "an argument of many pages arrives whole, wherever it lies") {
  char *memory = (char *)map_private(40000);
  char *argv[] = {"show_start", memory + 77, "after it", NULL};

  memset(memory + 77, 'x', 30001);
  find("show_start");
  CHECK_ENDS(0, raw(NR_execve, program, argv, empty));
}

/* Nothing of this process changes by an exec that fails. */
static unsigned char witness[2 * kPage] __attribute__((aligned(kPage)));
static void check_intact(void) {
  CHECK_BYTES(witness, sizeof witness, 0x5c);
  CHECK_EQ(raw(NR_write, 1, "", 0), 0);
}
#define CHECK_FAILS(error, ...)                   \
  do {                                            \
    memset(witness, 0x5c, sizeof witness);        \
    CHECK_EQ(raw(NR_execve, __VA_ARGS__), error); \
    check_intact();                               \
  } while (0)

TEST(no_such_file, "a file that does not exist answers ENOENT") {
  char *argv[] = {"x", NULL};

  find("ends");
  CHECK_FAILS(-ENOENT, "", argv, empty);
  CHECK_FAILS(-ENOENT, "/no/such/program", argv, empty);
  strcat(program, "x"); /* one byte more than a file that exists */
  CHECK_FAILS(-ENOENT, program, argv, empty);
  program[strlen(program) - 2] = 0; /* one less */
  CHECK_FAILS(-ENOENT, program, argv, empty);
}

TEST(long_paths, "a path of 4,096 bytes and more answers ENAMETOOLONG") {
  static char path[100000];
  char *argv[] = {"x", NULL};

  for (unsigned i = 0; i < sizeof path - 1; i += 2) path[i] = '/', path[i + 1] = 'x';
  CHECK_FAILS(-ENAMETOOLONG, path, argv, empty);
  path[4096] = 0;
  CHECK_FAILS(-ENAMETOOLONG, path, argv, empty);
  path[4095] = 0;
  CHECK_FAILS(-ENOENT, path, argv, empty);
}

TEST(bad_pointers, "pointers that cannot be read answer EFAULT, at every level") {
  char *argv[] = {"x", "y", NULL, NULL};

  find("ends");
  memset(witness, 0x5c, sizeof witness);
  CHECK_EFAULT(1, kForReading, raw(NR_execve, p, argv, empty));
  CHECK_EFAULT(8, kForReading | kOrNull, raw(NR_execve, program, p, empty));
  CHECK_EFAULT(8, kForReading | kOrNull, raw(NR_execve, program, argv, p));
  CHECK_EFAULT(1, kForReading | kOrNull, (argv[1] = p, raw(NR_execve, program, argv, empty)));
  CHECK_EFAULT(1, kForReading | kOrNull, (argv[1] = p, raw(NR_execve, program, empty, argv)));
  check_intact();
}

TEST(unterminated, "a path, a vector or a string that runs into an unmapped page answers EFAULT") {
  char *memory = (char *)map_private(2 * kPage);
  char *argv[] = {"x", memory + kPage - 10, NULL}, **vector = (char **)(memory + kPage) - 3;

  munmap(memory + kPage, kPage);
  find("ends");
  memset(memory, 'z', kPage);
  CHECK_FAILS(-EFAULT, memory + kPage - 10, argv, empty);
  CHECK_FAILS(-EFAULT, program, argv, empty);
  CHECK_FAILS(-EFAULT, program, empty, argv);
  for (int i = 0; i < 3; i++) vector[i] = "x";
  CHECK_FAILS(-EFAULT, program, vector, empty);
  CHECK_FAILS(-EFAULT, program, empty, vector);
  /* But one that ends on the last byte is good. */
  memory[kPage - 1] = 0;
  argv[1] = memory + kPage - 3;
  memory[kPage - 3] = '4', memory[kPage - 2] = '2';
  CHECK_ENDS(42, raw(NR_execve, program, argv, empty));
  vector[1] = "41", vector[2] = NULL;
  CHECK_ENDS(41, raw(NR_execve, program, vector, empty));
}

TEST(too_much, "more arguments than fit answer E2BIG") {
  size_t size = 12 * MiB;
  char *large = (char *)map_private(size);
  char **vector = (char **)map_private(size + 8);
  char *argv[] = {"x", large, NULL};

  find("ends");
  memset(large, 'y', size - 1);
  CHECK_FAILS(-E2BIG, program, argv, empty); /* one string of 12 MiB */
  CHECK_FAILS(-E2BIG, program, empty, argv);
  for (size_t i = 0; i < size / 8; i++) vector[i] = "";
  CHECK_FAILS(-E2BIG, program, vector, empty); /* a million and a half of empty strings */
  CHECK_FAILS(-E2BIG, program, empty, vector);
  large[100000] = 0;
  for (int i = 0; i < 200; i++) vector[i] = large;
  vector[200] = NULL;
  CHECK_FAILS(-E2BIG, program, vector, empty); /* two hundred of 100,000 bytes */
  CHECK_FAILS(-E2BIG, program, empty, vector);
  CHECK_EQ(large[99999], 'y');
}

TEST(not_a_program, "a file that is no program answers ENOEXEC") {
  char *argv[] = {"x", NULL};
  static const char *const files[] = {"empty", "short", "text"};

  for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
    char name[40];
    snprintf(name, sizeof name, "elf/%s", files[i]);
    find(name);
    CHECK_FAILS(-ENOEXEC, program, argv, empty);
  }
}
