/* One program runs another in every way that POSIX knows: the six exec calls after fork, exec after vfork, and posix_spawn.
 *
 *   l  the arguments are listed in the call         v  they come as a vector
 *   p  the program is looked for in PATH            e  the environment is given, not inherited
 *
 * The program that is run is show_args, from the folder in which this one lies. It prints what it was given. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ; /* NOLINT(readability-redundant-declaration): not every libc declares it */

static char program[4096];       /* the path of show_args */
static char path_variable[4096]; /* PATH=the folder */
static char *inherited[] = {path_variable, "GREETING=inherited", NULL};
static char *given[] = {"GREETING=given", NULL};
static char *vector[] = {"show_args", "from", "a", "vector", NULL};

/* Each of these runs in a child and returns only if the call failed: a successful exec has nowhere to return to. */
static void by_execl(void) { execl(program, "show_args", "from", "a", "list", (char *)NULL); }
static void by_execlp(void) { execlp("show_args", "show_args", "found", "in", "PATH", (char *)NULL); }
static void by_execle(void) { execle(program, "show_args", "with", "an", "environment", (char *)NULL, given); }
static void by_execv(void) { execv(program, vector); }
static void by_execvp(void) { execvp("show_args", vector); }
static void by_execve(void) { execve(program, vector, given); } /* the system call; the other five are made of it */

static void report(pid_t pid) {
  int status;

  waitpid(pid, &status, 0);
  printf("  ended with status %d\n", WEXITSTATUS(status));
}

static void fork_and(const char *name, void (*call)(void)) {
  printf("fork and %s:\n", name);
  fflush(stdout); /* else the child inherits these bytes, unwritten, and loses them in exec */
  pid_t pid = fork();
  if (pid < 0) {
    perror("fork");
    exit(1);
  }
  if (pid == 0) {
    call();
    perror(name);
    _exit(127); /* and not exit: the parent's stdio buffers are the parent's to flush */
  }
  report(pid);
}

/* The child of vfork borrows the parent's memory, and the parent stands still until the child has called exec or _exit. */
static void vfork_and_execve(void) {
  printf("vfork and execve:\n");
  fflush(stdout);
  pid_t pid = vfork();
  if (pid == 0) {
    execve(program, vector, given);
    _exit(127);
  }
  report(pid);
}

/* Fork and exec in one call. */
static void spawn(void) {
  pid_t pid;

  printf("posix_spawn:\n");
  fflush(stdout);
  int error = posix_spawn(&pid, program, NULL, NULL, vector, given);
  if (error != 0) {
    fprintf(stderr, "posix_spawn: %s\n", strerror(error));
    exit(1);
  }
  report(pid);
}

int main(int argc, char *argv[]) {
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  const char *folder = slash != NULL ? argv[0] : "/bin";
  int length = slash != NULL ? (int)(slash - argv[0]) : 4;

  snprintf(program, sizeof program, "%.*s/show_args", length, folder);
  snprintf(path_variable, sizeof path_variable, "PATH=%.*s", length, folder);
  environ = inherited;

  fork_and("execl", by_execl);
  fork_and("execlp", by_execlp);
  fork_and("execle", by_execle);
  fork_and("execv", by_execv);
  fork_and("execvp", by_execvp);
  fork_and("execve", by_execve);
  vfork_and_execve();
  spawn();
  return 0;
}
