/* Programs that use all the memory there is. Running out is an error, or, in a fault that cannot be answered, the end of that process
 * alone. On Linux nothing of this is tried: its memory is larger, and belongs to others. */
#include "test.h"

/* All free memory: in shared mappings, which are filled when they are mapped, so that this fails by ENOMEM and not by death; the last
 * frames, which a mapping would not get since it counts its page tables, by letting the kernel write to untouched pages. */
static void take_everything(void) {
  unsigned char *last = map_private(64 * kPage);

  last[0] = 1; /* has a page table from now on */
  for (size_t size = 64 * MiB; size >= kPage; size /= 2)
    while (raw(NR_mmap, 0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0) > 0)
      ;
  for (int i = 1; i < 64; i++)
    if (raw(NR_time, last + i * kPage) < 0) break;
}

/* Touch page after page of a private mapping larger than memory, until the kernel has no answer. */
static void eat(void) {
  volatile unsigned char *memory = map_private(16 * GiB);
  for (size_t i = 0; i < 16 * GiB; i += kPage) memory[i] = 1;
}

static int was_killed(long ending) { return ending >= 1000; }

TEST(an_eater_is_killed, "who touches more pages than there are is killed, and nobody else") {
  if (!on_kine()) return;
  volatile unsigned char *mine = map_private(100 * kPage);
  memset((void *)(uintptr_t)mine, 0x61, 100 * kPage);
  for (int i = 0; i < 3; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      eat();
      _exit(0);
    }
    CHECK(was_killed(ending_of(pid)));
    CHECK_BYTES(mine, 100 * kPage, 0x61);
    CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0);
  }
}

TEST(errors_when_full, "with no memory left, calls that need some answer ENOMEM and change nothing; giving some back cures it") {
  if (!on_kine()) return;
  unsigned char *spare = map_shared(512 * kPage), *copied = map_private(8 * kPage);
  memset(copied, 0x62, 8 * kPage);
  take_everything();
  long pid = raw(NR_fork);
  if (pid == 0) raw(NR_exit_group, 0);
  if (pid > 0) CHECK_EQ(ending_of(pid), 0); /* a small reserve may still do */
  CHECK_EQ(raw(NR_mmap, 0, 64 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), -ENOMEM);
  long last = 0;
  for (int i = 0; i < 50 && last >= 0; i++) {
    last = raw(NR_fork);
    if (last == 0) {
      const long request[2] = {0, 50000000};
      raw(NR_nanosleep, request, 0);
      raw(NR_exit_group, 0);
    }
  }
  CHECK(last == -ENOMEM || last == -EAGAIN);
  while (raw(NR_wait4, -1, 0, 0, 0) > 0)
    ;
  CHECK_BYTES(copied, 8 * kPage, 0x62);
  CHECK_EQ(munmap(spare, 512 * kPage), 0);
  CHECK_ENDS(5, _exit(5));
  memset(copied, 0x63, 8 * kPage);
  CHECK_BYTES(copied, 8 * kPage, 0x63);
}

/* The reserve is handed out page by page until a fork succeeds, so that one fails at each of its steps. */
TEST(fork_fails_at_every_step, "a fork that fails takes nothing: no frame, no process") {
  if (!on_kine()) return;
  enum { kSpare = 700 };
  unsigned char *spare = map_shared(kSpare * kPage), *own = map_private(20 * kPage);
  struct kine_statistics *seen = map_shared(3 * sizeof *seen); /* results that need no new page of the stack */
  memset(own, 0x64, 20 * kPage);
  memset(seen, 0, 3 * sizeof *seen);
  take_everything();
  long pid = -1;
  int given = 0, failures = 0;
  for (; given < kSpare && pid < 0; given++) {
    raw(NR_munmap, spare + given * kPage, kPage);
    raw(KINE_STATISTICS, KINE_MACHINE_FD, &seen[0]);
    pid = raw(NR_fork);
    if (pid == 0) raw(NR_exit_group, 0);
    if (pid > 0) break;
    raw(KINE_STATISTICS, KINE_MACHINE_FD, &seen[1]);
    failures++;
    if (pid != -ENOMEM || seen[0].frames_free != seen[1].frames_free || seen[0].processes != seen[1].processes) break;
  }
  if (pid > 0) raw(NR_wait4, pid, 0, 0, 0);
  raw(NR_munmap, spare, kSpare * kPage);
  CHECK(pid > 0);
  CHECK(failures > 0);
  CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0);
  CHECK_BYTES(own, 20 * kPage, 0x64);
}

TEST(copies_when_full, "a process that cannot have its copy of a page is killed, and the other's page is untouched") {
  if (!on_kine()) return;
  unsigned char *memory = map_private(400 * kPage);
  volatile int *step = map_shared(kPage);
  memset(memory, 0x71, 400 * kPage);
  pid_t pid = fork();
  if (pid == 0) {
    *step = 0; /* so that the tables on the way to it are this process's own */
    take_everything();
    *step = 1;
    memset(memory, 0x72, 400 * kPage);
    *step = 2;
    _exit(0);
  }
  CHECK(was_killed(ending_of(pid)) || strcmp(test_fork, "eager") == 0);
  CHECK_EQ(*step, strcmp(test_fork, "eager") == 0 ? 2 : 1);
  CHECK_BYTES(memory, 400 * kPage, 0x71);
}

TEST(exec_when_full, "exec without memory answers ENOMEM, or does the little that it needs; the caller is whole") {
  if (!on_kine()) return;
  CHECK_ENDS(0, {
    char path[300], *argv[] = {"ends", "0", NULL}, *envp[] = {NULL};
    unsigned char *witness = map_private(4 * kPage);
    memset(witness, 0x73, 4 * kPage);
    companion("ends", path);
    take_everything();
    long error = raw(NR_execve, path, argv, envp);
    CHECK(error == -ENOMEM || error == -E2BIG);
    CHECK_BYTES(witness, 4 * kPage, 0x73);
  });
}

TEST(kernel_writes_when_full, "a result that needs a page which is not there answers EFAULT or ENOMEM, or kills; nothing worse") {
  if (!on_kine()) return;
  pid_t pid = fork();
  if (pid == 0) {
    unsigned char *promise = map_private(300 * MiB);
    take_everything();
    for (size_t i = 0; i < 300 * MiB; i += 2 * MiB) {
      long seen = raw(NR_uname, promise + i + 4000);
      CHECK(seen == 0 || seen == -EFAULT || seen == -ENOMEM);
    }
    _exit(0);
  }
  long ending = ending_of(pid);
  CHECK(ending == 0 || was_killed(ending));
}

TEST(vector_changed_meanwhile, "a vector that somebody else spoils during a long writev ends that call, and the next one starts afresh") {
  enum { kLong = 8 * kPage };
  struct part {
    char *volatile base;
    volatile size_t length;
  } *vector = map_shared(kPage);
  char *newlines = memset(map_private(kLong), '\n', kLong);

  if (!on_kine()) return;
  vector[0] = (struct part){newlines, kLong};
  vector[1] = (struct part){newlines, 1};
  pid_t pid = fork();
  if (pid == 0) { /* runs first, and then again while the parent's call lasts */
    raw(NR_sched_yield);
    vector[1].length = (size_t)-1;
    _exit(0);
  }
  long written = raw(NR_writev, 1, vector, 2);
  CHECK(written == -EINVAL || (written > 0 && written <= kLong + 1)); /* the server may be done before the child runs */
  CHECK_EQ(raw(NR_write, 1, newlines, 1), 1);
  CHECK_EQ(ending_of(pid), 0);
}

TEST(two_eaters, "two eaters at once are both ended, and their parent is not") {
  if (!on_kine()) return;
  pid_t pid[2];
  for (int i = 0; i < 2; i++) {
    pid[i] = fork();
    if (pid[i] == 0) {
      eat();
      _exit(0);
    }
  }
  for (int i = 0; i < 2; i++) CHECK(was_killed(ending_of(pid[i])));
  CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0);
}

TEST(changes_when_full, "unmapping, protecting and moving without memory succeed or answer ENOMEM, and never lose a byte") {
  if (!on_kine()) return;
  size_t size = statistics().frames_free > 12000 ? 8 * MiB : 2 * MiB; /* an eager fork copies it, too */
  unsigned char *memory = map_private(size);
  memset(memory, 0x74, size);
  pid_t pid = fork(); /* shares the tables, so that each change below needs new ones */
  if (pid == 0) {
    take_everything();
    for (size_t i = kPage; i + 9 * kPage < size; i += 640 * 1024) {
      long seen = raw(NR_mprotect, memory + i, 5 * kPage, PROT_READ);
      CHECK(seen == 0 || seen == -ENOMEM);
      seen = raw(NR_munmap, memory + i + 8 * kPage, kPage);
      CHECK(seen == 0 || seen == -ENOMEM);
      if (seen == -ENOMEM) CHECK_PAGE(memory + i + 8 * kPage, 0x74);
      CHECK_BYTES(memory + i, 5 * kPage, 0x74);
    }
    CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), 0);
    _exit(0);
  }
  CHECK_EQ(ending_of(pid), 0);
  CHECK_BYTES(memory, size, 0x74);
}
