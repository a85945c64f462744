/* Buffered output across fork, exec and the end of a process. What is printed depends on when the C library writes; it is the same
 * with any C library that buffers as POSIX says, on a terminal and off it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int finish(pid_t pid) {
  int status = -1;
  if (waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Forks; the child says so and ends with exit(), which flushes what it inherited. */
static void fork_and_flush(const char *name) {
  pid_t pid = fork();
  if (pid == 0) {
    printf("%s child\n", name);
    exit(0);
  }
  finish(pid);
  printf("%s parent\n", name);
  fflush(stdout);
}

static void full(void) {
  setvbuf(stdout, NULL, _IOFBF, 0);
  printf("full: twice, for it was not flushed\n");
  fork_and_flush("full");
  printf("full: once, for it was flushed\n");
  fflush(stdout);
  fork_and_flush("full");
  pid_t pid = fork();
  if (pid == 0) {
    printf("full: never, for _exit does not flush\n");
    _exit(0);
  }
  finish(pid);
}

static void by_line(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("line: a whole line, once\nline: a part of one, twice; ");
  fork_and_flush("line");
  printf("line: written at its newline\n");
  fflush(stdout);
  printf("line: another\n");
  _exit(5);
}

static void unbuffered(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  printf("none: once; ");
  fork_and_flush("none");
  fputs("none: seen before _exit\n", stdout);
  _exit(6);
}

/* More than any buffer holds. */
static void overflowing(void) {
  for (int i = 0; i < 3000; i++) printf("%d%c", i, i % 20 == 19 ? '\n' : ' ');
  char block[10000];
  memset(block, 'x', sizeof block);
  block[sizeof block - 1] = '\n';
  fwrite(block, 1, sizeof block, stdout);
  fputs("after the block\n", stdout);
}

static void before_exec(char *self) {
  setvbuf(stdout, NULL, _IOFBF, 0);
  printf("exec: lost with the old image\n");
  char *arguments[] = {self, "fresh", NULL};
  execv(self, arguments);
  _exit(126);
}

static void in_new_process(char *self, char *mode) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    char *arguments[] = {self, mode, NULL};
    execv(self, arguments);
    _exit(126);
  }
  printf("%s ended with %d\n", mode, finish(pid));
}

int main(int argc, char **argv) {
  if (argc < 2) {
    static char *const modes[] = {"full", "line", "none", "overflow", "exec"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) in_new_process(argv[0], modes[i]);
    return 0;
  }
  if (strcmp(argv[1], "full") == 0)
    full();
  else if (strcmp(argv[1], "line") == 0)
    by_line();
  else if (strcmp(argv[1], "none") == 0)
    unbuffered();
  else if (strcmp(argv[1], "overflow") == 0)
    overflowing();
  else if (strcmp(argv[1], "exec") == 0)
    before_exec(argv[0]);
  else
    puts("fresh: a new image starts with nothing to write");
  return 0;
}
