/* init: process 1, the ancestor of all others. When it ends, the machine ends, with its status.
 *
 * Without arguments it runs the examples one after another. With arguments, PROGRAM [ARG…], it runs that program as its child and
 * ends when the child does, with the child's status, or 128 + the signal that killed it. A PROGRAM without a slash lies in /bin.
 * Orphans become children of init, which waits for them, so that no zombie stays.
 * Must never: print anything to descriptor 1 when it runs one program; its output belongs to that program alone. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kCannotRun = 126, kNotFound = 127, kKilled = 128 }; /* the statuses that a shell gives, too */

static char *environment[] = {"PATH=/bin", NULL}; /* the kernel gives none */

/* In the child: become the program, or say why not. */
static void become(const char *name, char *argv[]) {
  static char path[4096]; /* as long as a path can be */

  snprintf(path, sizeof path, "%s%s", strchr(name, '/') != NULL ? "" : "/bin/", name);
  argv[0] = path; /* with its folder, where a program may look for its companions */
  execve(path, argv, environment);
  int error = errno;
  fprintf(stderr, "init: %s: %s\n", name, strerror(error));
  _exit(error == ENOENT ? kNotFound : kCannotRun);
}

/* Wait for `child` and for every orphan that ends before it. */
static int wait_for(pid_t child) {
  int status = 0;
  pid_t ended;

  do {
    ended = waitpid(-1, &status, 0);
  } while (ended != child && (ended > 0 || errno == EINTR));
  return WIFSIGNALED(status) ? kKilled + WTERMSIG(status) : WEXITSTATUS(status);
}

static int run(char *argv[]) {
  pid_t child = fork();

  if (child < 0) {
    fprintf(stderr, "init: %s: %s\n", argv[0], strerror(errno));
    return kCannotRun;
  }
  if (child == 0) become(argv[0], argv);
  return wait_for(child);
}

static int run_examples(void) {
  static const char *const examples[] = {"fork_example", "exec_example", "cow_example"};
  int worst = 0;

  for (unsigned i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    char *argv[] = {(char *)examples[i], NULL};

    printf("%s---- %s ----\n", i > 0 ? "\n" : "", examples[i]);
    fflush(stdout);
    int status = run(argv);
    if (status != 0) printf("(%s ended with status %d)\n", examples[i], status);
    if (status > worst) worst = status;
  }
  fflush(stdout);
  return worst;
}

int main(int argc, char *argv[]) { return argc > 1 ? run(argv + 1) : run_examples(); }
