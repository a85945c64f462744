/* Commands of the shell: system, popen. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL "/bin/sh"

/* The status of a child that is certainly ours. */
static int await(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

int system(const char *command) {
  if (!command) return access(SHELL, X_OK) == 0;
  const struct sigaction ignore = {.sa_handler = SIG_IGN};
  struct sigaction interrupt, quit;
  sigset_t set, mask;
  posix_spawnattr_t attributes;
  pid_t pid;
  sigaction(SIGINT, &ignore, &interrupt); /* the terminal's signals are the command's, and SIGCHLD is nobody's, until it is over */
  sigaction(SIGQUIT, &ignore, &quit);
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_BLOCK, &set, &mask);
  sigemptyset(&set);
  if (interrupt.sa_handler != SIG_IGN) sigaddset(&set, SIGINT);
  if (quit.sa_handler != SIG_IGN) sigaddset(&set, SIGQUIT);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigdefault(&attributes, &set);
  posix_spawnattr_setsigmask(&attributes, &mask);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
  int error = posix_spawn(&pid, SHELL, NULL, &attributes, argv, environ);
  int status = error ? W_EXITCODE(127, 0) : await(pid); /* no shell is as if the shell had ended so */
  sigaction(SIGINT, &interrupt, NULL);
  sigaction(SIGQUIT, &quit, NULL);
  sigprocmask(SIG_SETMASK, &mask, NULL);
  return status;
}

/* Starts the command with `fd` as its descriptor 0 or 1. Returns 0 or an error number. */
static int start(const char *command, int fd, int as, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  char *argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
  posix_spawn_file_actions_init(&actions);
  int error = posix_spawn_file_actions_adddup2(&actions, fd, as);
  if (!error) error = posix_spawn(pid, SHELL, &actions, NULL, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

FILE *popen(const char *command, const char *mode) {
  int ends[2], reads = *mode == 'r';
  if ((!reads && *mode != 'w') || (mode[1] && mode[1] != 'e')) {
    errno = EINVAL;
    return NULL;
  }
  if (pipe2(ends, O_CLOEXEC) < 0) return NULL; /* so that no command has the pipes of another */
  int ours = ends[!reads], theirs = ends[reads];
  FILE *file = fdopen(ours, mode);
  int error = file ? start(command, theirs, reads, &file->child) : errno;
  close(theirs);
  if (!error) {
    if (!mode[1]) fcntl(ours, F_SETFD, 0);
    return file;
  }
  if (file)
    fclose(file);
  else
    close(ours);
  errno = error;
  return NULL;
}

int pclose(FILE *file) {
  pid_t child = file->child;
  fclose(file);
  return await(child);
}
