/* sh [-i] [-c COMMANDS [NAME [ARG …]] | FILE [ARG …]]: commands from a text, from a file, or from standard input; with prompts if that is
 * a terminal. It ends with the status of the last command. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

static void take_environment(void) {
  for (char **entry = environ; *entry != NULL; entry++) {
    size_t length = name_length(*entry);
    struct arena arena = {0};
    if (length > 0 && (*entry)[length] == '=') set_variable(arena_copy(&arena, *entry, length), *entry + length + 1, true);
    arena_free(&arena);
  }
  if (get_variable("PATH") == NULL) set_variable("PATH", "/bin:/usr/bin", false);
  set_variable("IFS", " \t\n", false); /* whatever the environment says: a known trap */
  set_variable("PS2", "> ", false);
}

/* Standard input, interactively: the end of the input ends the shell, but not at once if jobs are stopped. */
static int run_prompt(void) {
  struct source source = {.fd = STDIN_FILENO, .prompts = true};

  shell.interactive = true;
  if (get_variable("PS1") == NULL) set_variable("PS1", geteuid() == 0 ? "# " : "$ ", false);
  start_job_control();
  int status;
  do {
    status = run_source(&source);
    write_all(STDERR_FILENO, "\n", 1);
  } while (warn_of_stopped_jobs());
  return status;
}

static int run_file(const char *path) {
  struct source source = {.fd = open(path, O_RDONLY | O_CLOEXEC)};

  if (source.fd < 0) {
    int error = errno;
    complain("%s: %s", path, strerror(error));
    return error == ENOENT ? kNotFound : kCannotRun;
  }
  source.fd = move_up(source.fd);
  return source.fd < 0 ? kCannotRun : run_source(&source);
}

int main(int argc, char *argv[]) {
  struct source input = {.fd = STDIN_FILENO};
  const char *commands = NULL;
  bool prompts = false;
  int next = 1;

  shell.pid = getpid();
  shell.name = argc > 0 ? argv[0] : "sh";
  for (; next < argc && argv[next][0] == '-' && argv[next][1] != '\0'; next++) {
    if (strcmp(argv[next], "-i") == 0) {
      prompts = true;
    } else if (strcmp(argv[next], "-c") == 0 && next + 1 < argc) {
      commands = argv[++next];
      next++;
      break;
    } else {
      complain("usage: sh [-i] [-c COMMANDS [NAME [ARG ...]] | FILE [ARG ...]]");
      return kError;
    }
  }
  bool from_input = commands == NULL && next >= argc;
  if (next < argc) shell.name = argv[next++];
  set_parameters(next < argc ? argc - next : 0, argv + (next < argc ? next : argc));
  signal(SIGCHLD, SIG_DFL); /* if its parent ignored that, no child could be waited for */
  take_environment();
  if (from_input && (prompts || (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)))) return run_prompt();
  return commands != NULL ? run_text(commands) : from_input ? run_source(&input) : run_file(shell.name);
}
