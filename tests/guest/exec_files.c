/* execve of files as a server has them: `#!` scripts, descriptors that close, /proc/self/exe, rights, files that change while they run. */
#include "bad.h"
#include "scratch.h"
#include "signals.h"

extern char **environ;

/* A copy of the companion program in this folder. */
static void copy_program(const char *name, const char *to, int mode) {
  static char block[65536];
  char path[300];
  long got;
  int from = open(companion(name, path), O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);

  REQUIRE(from >= 0 && out >= 0);
  while ((got = read(from, block, sizeof block)) > 0) REQUIRE(write(out, block, (size_t)got) == got);
  REQUIRE(got == 0 && fchmod(out, (mode_t)mode) == 0);
  close(from), close(out);
}

static void make_script(const char *name, const char *interpreter, const char *rest) {
  char text[400];

  snprintf(text, sizeof text, "#!%s%s\nthis is not read by anyone\n", interpreter, rest);
  make_file(name, text);
  REQUIRE(chmod(name, 0755) == 0);
}

/* How a program that is executed with one argument ends; 1000 + errno negative if it cannot be. */
static long run(const char *path, const char *first, const char *second, const char *third) {
  char *argv[] = {(char *)(first ? path : NULL), (char *)first, (char *)second, (char *)third, NULL};
  pid_t pid = fork();

  if (pid == 0) {
    long error = raw(NR_execve, path, argv, environ);
    _exit((int)-error);
  }
  return ending_of(pid);
}

TEST(written_and_run, "a program that was just written can be executed, and again after its name is gone") {
  enter_scratch();
  copy_program("ends", "prog", 0755);
  CHECK_EQ(run("prog", "7", NULL, NULL), 7);
  CHECK_EQ(run("./prog", "8", NULL, NULL), 8);
  CHECK_EQ(symlink("prog", "link"), 0);
  CHECK_EQ(run("link", "9", NULL, NULL), 9);
  unlink("link"), unlink("prog");
  CHECK_EQ(run("prog", "7", NULL, NULL), ENOENT);
  leave_scratch();
}

TEST(rights, "what is no ordinary file, or may not be executed, answers EACCES, for root too") {
  enter_scratch();
  copy_program("ends", "prog", 0644);
  CHECK_EQ(run("prog", "7", NULL, NULL), EACCES);
  CHECK_EQ(chmod("prog", 0711), 0);
  CHECK_EQ(run("prog", "7", NULL, NULL), 7);
  CHECK_EQ(run(".", "7", NULL, NULL), EACCES);
  CHECK_EQ(run("/dev/null", "7", NULL, NULL), EACCES);
  CHECK_EQ(run("prog/x", "7", NULL, NULL), ENOTDIR);
  make_file("text", "just text\n");
  chmod("text", 0755);
  CHECK_EQ(run("text", "7", NULL, NULL), ENOEXEC);
  make_file("empty", "");
  chmod("empty", 0755);
  CHECK_EQ(run("empty", "7", NULL, NULL), ENOEXEC);
  unlink("text"), unlink("empty"), unlink("prog");
  leave_scratch();
}

/* argv_is ends with 0 if its arguments are exactly those in its environment variable EXPECT, separated by bars. */
static long run_expecting(const char *expect, const char *path, const char *a, const char *b) {
  char *argv[] = {"own name", (char *)a, (char *)b, NULL}, variable[200];
  char *envp[] = {variable, NULL};
  pid_t pid = fork();

  snprintf(variable, sizeof variable, "EXPECT=%s", expect);
  if (pid == 0) _exit((int)-raw(NR_execve, path, argv, envp));
  return ending_of(pid);
}

TEST(scripts, "#! puts the interpreter, its one argument and the script's path before the arguments") {
  char absolute[200], line[300];

  enter_scratch();
  copy_program("argv_is", "show", 0755);
  snprintf(absolute, sizeof absolute, "%s/show", scratch);
  make_script("s", absolute, "");
  snprintf(line, sizeof line, "%s|./s|one|two words", absolute);
  CHECK_EQ(run_expecting(line, "./s", "one", "two words"), 0);
  make_script("s", absolute, " -x  y ");
  snprintf(line, sizeof line, "%s|-x  y|./s|one", absolute);
  CHECK_EQ(run_expecting(line, "./s", "one", NULL), 0);
  snprintf(line, sizeof line, " \t%s", absolute);
  make_script("s", line, "\t-f");
  snprintf(line, sizeof line, "%s|-f|s", absolute);
  CHECK_EQ(run_expecting(line, "s", NULL, NULL), 0);
  make_script("s", "./show", "");
  CHECK_EQ(run_expecting("./show|s", "s", NULL, NULL), 0); /* relative to the working directory */
  unlink("s"), unlink("show");
  leave_scratch();
}

TEST(scripts_of_scripts, "an interpreter may be a script, four times; then ELOOP") {
  char name[20], before[24], line[300];

  enter_scratch();
  copy_program("argv_is", "show", 0755);
  make_script("s1", "./show", " a");
  make_script("s2", "./s1", " b");
  CHECK_EQ(run_expecting("./show|a|./s1|b|./s2|arg", "./s2", "arg", NULL), 0);
  for (int i = 3; i <= 6; i++) {
    snprintf(name, sizeof name, "s%d", i);
    snprintf(before, sizeof before, "./s%d", i - 1);
    make_script(name, before, "");
  }
  snprintf(line, sizeof line, "./show|a|./s1|b|./s2|./s3|./s4|./s5");
  CHECK_EQ(run_expecting(line, "./s5", NULL, NULL), 0);
  CHECK_EQ(run_expecting("", "./s6", NULL, NULL), ELOOP);
  make_script("self", "./self", "");
  CHECK_EQ(run_expecting("", "./self", NULL, NULL), ELOOP);
  for (int i = 1; i <= 6; i++) {
    snprintf(name, sizeof name, "s%d", i);
    unlink(name);
  }
  unlink("self"), unlink("show");
  leave_scratch();
}

TEST(bad_scripts, "no interpreter, none that exists, none that may be executed, a first line without an end") {
  static char text[600];

  enter_scratch();
  make_script("s", "/no/such/interpreter", "");
  CHECK_EQ(run("s", "x", NULL, NULL), ENOENT);
  make_script("s", "", "");
  CHECK_EQ(run("s", "x", NULL, NULL), ENOEXEC);
  make_script("s", "   ", "");
  CHECK_EQ(run("s", "x", NULL, NULL), ENOEXEC);
  make_script("s", "/dev/null", "");
  CHECK_EQ(run("s", "x", NULL, NULL), EACCES);
  make_script("s", scratch, "");
  CHECK_EQ(run("s", "x", NULL, NULL), EACCES);
  make_file("s", "#! \n"), chmod("s", 0755);
  CHECK_EQ(run("s", "x", NULL, NULL), ENOEXEC);
  memset(text, 'i', sizeof text - 1);
  memcpy(text, "#!/", 3);
  make_file("s", text);
  CHECK_EQ(run("s", "x", NULL, NULL), ENOEXEC); /* the interpreter's name is cut off */
  copy_program("argv_is", "show", 0755);
  make_file("s", "#!./show");
  CHECK_EQ(run_expecting("./show|s", "s", NULL, NULL), 0); /* a line may end with the file */
  unlink("s"), unlink("show");
  leave_scratch();
}

TEST(close_on_exec, "descriptors with FD_CLOEXEC are closed by a successful exec, not by one that fails; the others stay") {
  int ends[2], other[2];
  char number[8], byte;

  enter_scratch();
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0 && pipe(other) == 0);
  int file = open("f", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  CHECK(raw(NR_execve, "nothing", NULL, NULL) == -ENOENT);
  CHECK_EQ(raw(SYS_fcntl, ends[0], F_GETFD), FD_CLOEXEC);
  CHECK_EQ(write(ends[1], "x", 1), 1);
  /* fd_open ends with 1 if its argument is an open descriptor, else 0. */
  copy_program("fd_open", "fd_open", 0755);
  snprintf(number, sizeof number, "%d", ends[0]);
  CHECK_EQ(run("fd_open", number, NULL, NULL), 0);
  snprintf(number, sizeof number, "%d", file);
  CHECK_EQ(run("fd_open", number, NULL, NULL), 0);
  snprintf(number, sizeof number, "%d", other[1]);
  CHECK_EQ(run("fd_open", number, NULL, NULL), 1);
  CHECK_EQ(read(ends[0], &byte, 1), 1); /* they are open here */
  /* The last writer's exec is the end of the file. */
  pid_t child = fork();
  if (child == 0) {
    fcntl(other[1], F_SETFD, FD_CLOEXEC);
    execl("fd_open", "fd_open", "0", NULL);
    _exit(99);
  }
  close(other[1]);
  CHECK_EQ(read(other[0], &byte, 1), 0);
  ending_of(child);
  close(ends[0]), close(ends[1]), close(other[0]), close(file);
  unlink("f"), unlink("fd_open");
  leave_scratch();
}

TEST(own_image, "/proc/self/exe names the caller's own image: it can be read, opened and executed") {
  char name[300], path[300], magic[4];

  enter_scratch();
  long size = raw(SYS_readlink, "/proc/self/exe", name, sizeof name - 1);
  REQUIRE(size > 0);
  name[size] = 0;
  const char *slash = strrchr(test_argv[0], '/');
  CHECK_EQ(strcmp(strrchr(name, '/') + 1, slash ? slash + 1 : test_argv[0]), 0);
  int fd = open("/proc/self/exe", O_RDONLY);
  REQUIRE(fd >= 0);
  CHECK_EQ(read(fd, magic, 4), 4);
  CHECK_EQ(memcmp(magic, "\177ELF", 4), 0);
  close(fd);
  /* exe_again executes /proc/self/exe until its argument is 0. */
  companion("exe_again", path);
  CHECK_EQ(run(path, "5", NULL, NULL), 42);
  copy_program("exe_again", "copy", 0755);
  CHECK_EQ(run("./copy", "3", NULL, NULL), 42);
  pid_t child = fork();
  if (child == 0) {
    execl("./copy", "./copy", "2", "unlink", NULL); /* it removes its own name first */
    _exit(99);
  }
  CHECK_EQ(ending_of(child), 42);
  CHECK_EQ(unlink("copy") < 0 ? errno : 0, ENOENT);
  leave_scratch();
}

TEST(busy_image, "a file that is being executed cannot be opened for writing, or what is written does not reach the program") {
  char byte = 'R';
  int ends[2], back[2];

  enter_scratch();
  REQUIRE(pipe(ends) == 0 && pipe(back) == 0);
  copy_program("cat_once", "prog", 0755);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[0], 0), dup2(back[1], 1);
    execl("prog", "prog", NULL);
    _exit(99);
  }
  CHECK_EQ(read(back[0], &byte, 1), 1); /* it runs */
  long fd = raw(SYS_openat, AT_FDCWD, "prog", O_WRONLY);
  CHECK(fd == -ETXTBSY || fd >= 0);
  if (fd >= 0) {
    static char junk[4096];
    for (int i = 0; i < 8; i++) CHECK_EQ(raw(SYS_write, fd, junk, sizeof junk), (long)sizeof junk);
    raw(SYS_close, fd);
  }
  CHECK_EQ(write(ends[1], "z", 1), 1);
  CHECK_EQ(read(back[0], &byte, 1), 1);
  CHECK_EQ(byte, 'z');
  CHECK_EQ(ending_of(child), 0);
  close(ends[0]), close(ends[1]), close(back[0]), close(back[1]);
  unlink("prog");
  leave_scratch();
}
