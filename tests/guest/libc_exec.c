/* The exec functions, vfork and posix_spawn: checks itself, and prints the same with any correct C library. The program executes
 * itself; as the child it prints what it was given. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "self_check.h"

extern char **environ;

static const char *self;      /* path of this program */
static const char *self_name; /* without the directory, which PATH names */

static int as_child(int argc, char **argv) {
  if (strcmp(argv[1], "silent") == 0) return write(1, "x", 1) == 1 ? 0 : errno == EBADF ? 21 : 22;
  if (strcmp(argv[1], "error") == 0) return write(2, "to descriptor 2\n", 16) == 16 ? 0 : 23;
  printf("child:");
  for (int i = 1; i < argc; i++) printf(" %s", argv[i]);
  const char *colour = getenv("COLOUR");
  printf(", COLOUR=%s\n", colour ? colour : "(none)");
  return argc;
}

static int wait_for(pid_t pid) {
  int status = -1;
  CHECK(waitpid(pid, &status, 0) == pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum way { EXECVE, EXECV, EXECVP, EXECL, EXECLP, EXECLE };

static void execute(enum way way) {
  static char *const names[] = {"execve", "execv", "execvp", "execl", "execlp", "execle"};
  char *argv[] = {(char *)self_name, names[way], "two words", "", NULL};
  char *environment[] = {"COLOUR=green", NULL};
  switch (way) {
    case EXECVE: execve(self, argv, environment); break;
    case EXECV: execv(self, argv); break;
    case EXECVP: execvp(self_name, argv); break;
    case EXECL: execl(self, self_name, names[way], "two words", "", (char *)NULL); break;
    case EXECLP: execlp(self_name, self_name, names[way], "two words", "", (char *)NULL); break;
    case EXECLE: execle(self, self_name, names[way], "two words", "", (char *)NULL, environment); break;
  }
}

static void six_ways(void) {
  for (enum way way = EXECVE; way <= EXECLE; way++) {
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
      execute(way);
      _exit(126);
    }
    CHECK(wait_for(pid) == 4);
  }
}

static void failing(void) {
  char *argv[] = {"x", NULL};
  errno = 0;
  CHECK(execv("/no/such/program", argv) == -1 && errno == ENOENT);
  errno = 0;
  CHECK(execv("", argv) == -1 && errno == ENOENT);
  errno = 0;
  CHECK(execvp("", argv) == -1 && errno == ENOENT);
  errno = 0;
  CHECK(execvp("no-such-program-in-path", argv) == -1 && errno == ENOENT);
  static char longest[300];
  memset(longest, 'a', sizeof longest - 1);
  errno = 0;
  CHECK(execvp(longest, argv) == -1 && errno == ENAMETOOLONG);
}

static void through_vfork(void) {
  volatile int shared = 1;
  fflush(stdout);
  pid_t pid = vfork();
  if (pid == 0) {
    shared = 2; /* the address space is the parent's */
    execl(self, self_name, "vfork", (char *)NULL);
    _exit(126);
  }
  CHECK(wait_for(pid) == 2);
  CHECK(shared == 2);
  pid = vfork();
  if (pid == 0) {
    shared = 3;
    _exit(33);
  }
  CHECK(shared == 3);
  CHECK(wait_for(pid) == 33);
}

static int spawn(char *mode, const posix_spawn_file_actions_t *actions, char *const envp[]) {
  char *argv[] = {(char *)self_name, mode, NULL};
  pid_t pid = -1;
  fflush(stdout);
  CHECK(posix_spawn(&pid, self, actions, NULL, argv, envp) == 0 && pid > 0);
  return wait_for(pid);
}

static void through_spawn(void) {
  char *environment[] = {"COLOUR=blue", NULL};
  CHECK(spawn("spawn", NULL, environ) == 2);
  CHECK(spawn("spawn", NULL, environment) == 2);
  char *argv[] = {(char *)self_name, "spawnp", NULL};
  posix_spawnattr_t attributes;
  CHECK(posix_spawnattr_init(&attributes) == 0);
  pid_t pid = -1;
  fflush(stdout);
  CHECK(posix_spawnp(&pid, self_name, NULL, &attributes, argv, environ) == 0 && wait_for(pid) == 2);
  CHECK(posix_spawnattr_destroy(&attributes) == 0);

  /* An exec that fails is the caller's error, and no child is left to wait for. */
  CHECK(posix_spawn(&pid, "/no/such/program", NULL, NULL, argv, environ) == ENOENT);
  CHECK(posix_spawnp(&pid, "no-such-program-in-path", NULL, NULL, argv, environ) == ENOENT);
  CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);

  posix_spawn_file_actions_t actions;
  CHECK(posix_spawn_file_actions_init(&actions) == 0);
  CHECK(posix_spawn_file_actions_adddup2(&actions, 1, 2) == 0);
  CHECK(spawn("error", &actions, environ) == 0); /* appears on standard output */
  CHECK(posix_spawn_file_actions_addclose(&actions, 1) == 0);
  CHECK(spawn("silent", &actions, environ) == 21);
  CHECK(posix_spawn_file_actions_addclose(&actions, -1) == EBADF);
  CHECK(posix_spawn_file_actions_destroy(&actions) == 0);
  CHECK(write(1, "still open here\n", 16) == 16);

  CHECK(posix_spawn_file_actions_init(&actions) == 0);
  CHECK(posix_spawn_file_actions_adddup2(&actions, 55, 56) == 0);
  CHECK(posix_spawn(&pid, self, &actions, NULL, argv, environ) == EBADF);
  CHECK(posix_spawn_file_actions_destroy(&actions) == 0);
  CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
}

int main(int argc, char **argv) {
  if (argc > 1) return as_child(argc, argv);
  static char directory[4096];
  char *slash = strrchr(argv[0], '/');
  if (!slash) return 2; /* it must be run by its path */
  self = argv[0];
  self_name = slash + 1;
  snprintf(directory, sizeof directory, "/nowhere:%.*s:/bin", (int)(slash - argv[0]), argv[0]);
  setenv("PATH", directory, 1);
  setenv("COLOUR", "red", 1);
  six_ways();
  failing();
  through_vfork();
  through_spawn();
  printf("%d checks, %d failed\n", checks, failures);
  return failures != 0;
}
