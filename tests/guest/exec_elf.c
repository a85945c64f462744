/* execve of damaged ELF files (see make_bad_elfs.py): an error, the caller as it was, and nothing left behind. */
#include "test.h"

enum verdict { REFUSE, RUN, EITHER };

static const struct {
  const char *name;
  enum verdict verdict;
} files[] = {
#define BAD_ELF(name, verdict) {name, verdict},
#include "bad_elfs.h"
};
enum { kFiles = sizeof files / sizeof files[0], kRuns = 42, kRefused = 200, kOddError = 201 };

static unsigned char witness[2 * kPage] __attribute__((aligned(kPage)));

/* In the child. An exec that fails leaves it as it was. */
static void try(const char *name) {
  char path[300], file[100], *argv[] = {(char *)name, NULL}, *envp[] = {NULL};

  snprintf(file, sizeof file, "elf/%s", name);
  memset(witness, 0x5c, sizeof witness);
  long error = raw(NR_execve, companion(file, path), argv, envp);
  CHECK_BYTES(witness, sizeof witness, 0x5c);
  _exit(error == -ENOEXEC || error == -EINVAL || error == -ENOMEM ? kRefused : kOddError);
}

static void try_all(enum verdict verdict) {
  for (int i = 0; i < kFiles; i++) {
    if (files[i].verdict != verdict) continue;
    pid_t pid = fork();
    if (pid == 0) try(files[i].name);
    long ending = ending_of(pid);
    const char *expected = NULL;
    if (verdict == RUN && ending != kRuns) expected = "that it runs and ends with 42";
    if (verdict == REFUSE && ending != kRefused && on_kine()) expected = "ENOEXEC, EINVAL or ENOMEM"; /* Linux lets some of them begin */
    if (verdict == EITHER && ending == kOddError && on_kine()) expected = "ENOEXEC, EINVAL or ENOMEM, or that it runs";
    if (expected != NULL)
      test_fail(__FILE__, __LINE__,
                "execve of %s: expected %s, seen %ld (42: ran, 200: refused, 201: refused with another error, 1000 + signal)",
                files[i].name, expected, ending);
  }
}

TEST(sound_files_run, "damage in what the loader does not need does not matter") { try_all(RUN); }

TEST(damaged_files_are_refused, "counts and offsets that wrap, segments that overlap or lie outside, files that end too early: an error") {
  try_all(REFUSE);
}

TEST(odd_files_do_no_harm, "any header at all, and any flipped bit, harms nobody but the program itself") { try_all(EITHER); }

/* Errors must be found before anything is given up; so a process that is refused hundreds of times must not grow. */
TEST(refusals_leave_nothing_behind, "an exec that fails takes no frame") {
  long before = (long)statistics().frames_free;

  for (int i = 0; i < kFiles; i++) {
    char path[300], file[100], *argv[] = {"x", NULL};
    if (files[i].verdict != REFUSE || !on_kine()) continue;
    snprintf(file, sizeof file, "elf/%s", files[i].name);
    raw(NR_execve, companion(file, path), argv, argv + 1);
  }
  long after = (long)statistics().frames_free;
  CHECK(before - after < 4); /* a page or two of this process's own stack */
}
