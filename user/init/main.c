/* init: process 1, the ancestor of all others. When it ends, the machine ends, with its status.
 *
 *     init [--tty=DIGITS] [--stdin=PATH] [--die=SERVER:K] [--map] [PROGRAM ARG…]
 *
 * It starts the servers, and then one child: PROGRAM, or the examples and a shell. init ends when that child does, with the child's status,
 * or 128 + the signal that killed it. A PROGRAM without a slash lies in /bin. Orphans become children of init, which waits for them, so
 * that no zombie stays.
 * --tty: which of the descriptors 0, 1 and 2 are the terminal. --stdin: what descriptor 0 reads when it is not. --die: that server's first
 * incarnation kills itself at its K-th call of Kine's own; for tests. --map: there is a display, and livemap draws on it. In all of them
 * %XX stands for the byte with that hexadecimal number: a word of the kernel's command line holds no space. An empty one is "%00".
 *
 * Must never: call a server itself. It would wait for one that only init can start again. Its children may. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <kine.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init.h"
#include "servers/server.h"

enum { kTries = 3 }; /* a call whose server dies fails with EIO; the next one finds the server that took its place */

struct options {
  bool terminal[3]; /* which descriptors are one */
  const char *input;
  const char *dies;
  bool map;
  char **program; /* and its arguments; NULL: none */
};

void init_log(const char *format, ...) {
  char line[200];
  va_list arguments;

  if (!init_log_is_open) return;
  va_start(arguments, format);
  const int prefix = snprintf(line, sizeof line, "init: ");
  vsnprintf(line + prefix, sizeof line - (size_t)prefix, format, arguments);
  va_end(arguments);
  for (const char *at = line; *at != '\0'; at++) out8(kLogPort, (uint8_t)*at);
  out8(kLogPort, '\n');
}

/* --- What a child begins with --- */

/* The last words of a child that cannot go on. */
static void fail(const char *what, int error) {
  fprintf(stderr, "init: %s: %s\n", what, strerror(error));
  fflush(stdout);
  _exit(error == ENOENT ? kNotFound : kCannotRun);
}

static bool has_terminal(const struct options *options) { return options->terminal[0] || options->terminal[1]; }

/* A session of its own, root and working directory, and the descriptors 0 to 2. */
static void prepare_child(const struct options *options) {
  const bool *terminal = options->terminal;
  const unsigned error = !terminal[2] ? kConsoleError : has_terminal(options) ? kConsoleTerminal : kConsoleErrorTerminal;

  setsid();
  dup2(console_connections[error], 2);
  dup2(console_connections[terminal[1] ? kConsoleTerminal : kConsoleOutput], 1);
  if (has_terminal(options)) ioctl(console_connections[kConsoleTerminal], TIOCSCTTY, 0);
  if (kine_root(root_connection) != 0) fail("/", errno);
  if (terminal[0]) {
    dup2(console_connections[kConsoleTerminal], 0);
    return;
  }
  const char *path = options->input != NULL ? options->input : "/dev/null";
  int fd = -1;
  for (unsigned tries = 0; fd < 0 && tries < kTries; tries++) {
    fd = open(path, O_RDONLY);
    if (fd < 0 && errno != EIO) break;
  }
  if (fd < 0) fail(path, errno);
  if (fd == 0) return;
  dup2(fd, 0);
  close(fd);
}

/* Become the program, or say why not. */
static void become(char *argv[], char *environment[]) {
  static char path[4096]; /* as long as a path can be */
  const char *name = argv[0];

  snprintf(path, sizeof path, "%s%s", strchr(name, '/') != NULL ? "" : "/bin/", name);
  argv[0] = path; /* with its folder, where a program may look for its companions */
  for (unsigned tries = 0; tries < kTries; tries++) {
    execve(path, argv, environment);
    if (errno != EIO) break;
  }
  fail(name, errno);
}

/* --- What runs --- */

static char *environment[] = {"PATH=/bin", NULL}; /* the kernel gives none */

static void run_examples(void) {
  static const char *const examples[] = {"fork_example", "exec_example", "cow_example"};
  int status = 0;

  for (unsigned i = 0; i < sizeof examples / sizeof examples[0]; i++) {
    char *argv[] = {(char *)examples[i], NULL};

    printf("%s---- %s ----\n", i > 0 ? "\n" : "", examples[i]);
    fflush(stdout);
    const pid_t child = fork();
    if (child < 0) fail(examples[i], errno);
    if (child == 0) {
      dup2(machine_right, KINE_MACHINE_FD); /* to look at counters; the shell gets no right */
      become(argv, environment);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0)
      printf("(%s ended with status %d)\n", examples[i], WIFSIGNALED(status) ? kKilled + WTERMSIG(status) : WEXITSTATUS(status));
  }
  printf("\n");
  fflush(stdout);
}

static void run_child(const struct options *options) {
  static char *shell[] = {"/bin/sh", NULL};
  static char *shell_environment[] = {"PATH=/bin", "HOME=/root", "TERM=linux", NULL};

  prepare_child(options);
  if (options->program != NULL) {
    dup2(machine_right, KINE_MACHINE_FD);
    become(options->program, environment);
  }
  run_examples();
  become(shell, shell_environment);
}

/* In a child: become livemap, with what it looks at and draws on. */
static void run_map(void) {
  static char *map[] = {"livemap", NULL};
  const struct {
    int wanted, fd;
  } held[] = {
      {kMapStatistics, kine_cut(machine_right, KINE_RIGHT_STATISTICS, 0, 0)},
      {kMapMemory, kine_cut(machine_right, KINE_RIGHT_MEMORY, 0xa0000, 0x10000)},
      {kMapPorts, kine_cut(machine_right, KINE_RIGHT_IO, kVgaPorts, kVgaPortCount)},
      {kMapVbe, kine_cut(machine_right, KINE_RIGHT_IO, kVbePorts, kVbePortCount)},
      {kMapCells, console_connections[kConsoleCells]},
  };
  bool ready = true;

  for (unsigned i = 0; i < sizeof held / sizeof held[0] && ready; i++) ready = dup2(held[i].fd, held[i].wanted) >= 0;
  setsid();
  dup2(console_connections[kConsoleError], 2);
  if (!ready || kine_root(root_connection) != 0) fail("livemap", errno);
  become(map, environment);
}

/* Waits for `child`, and for every orphan and server that ends before it, and keeps the servers running. */
static int wait_for(pid_t child) {
  for (;;) {
    int status;
    const bool all_run = servers_run();
    const pid_t ended = waitpid(-1, &status, all_run ? 0 : WNOHANG);
    if (ended == child) {
      servers_drain();
      return WIFSIGNALED(status) ? kKilled + WTERMSIG(status) : WEXITSTATUS(status);
    }
    if (ended > 0) servers_child_ended(ended, status);
    if (!all_run) servers_pause();
  }
}

/* --- The words --- */

/* If the word begins with the key, what stands behind it. */
static const char *value_of(const char *word, const char *key) {
  const size_t length = strlen(key);

  return strncmp(word, key, length) == 0 ? word + length : NULL;
}

static bool set_terminals(struct options *options, const char *digits) {
  for (; *digits != '\0'; digits++) {
    if (*digits < '0' || *digits > '2') return false;
    options->terminal[*digits - '0'] = true;
  }
  return true;
}

/* Puts the bytes that a word's %XX stand for in their place. */
static void decode(char *word) {
  char *to = word;

  for (const char *from = word; *from != '\0'; to++) {
    char digits[3] = {0};

    if (from[0] == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
      memcpy(digits, from + 1, 2);
      *to = (char)strtol(digits, NULL, 16);
      from += 3;
    } else {
      *to = *from++;
    }
  }
  *to = '\0';
}

/* False: there is a word that means nothing. */
static bool read_words(struct options *options, char *argv[]) {
  for (; *argv != NULL && strncmp(*argv, "--", 2) == 0; argv++) {
    const char *const terminals = value_of(*argv, "--tty="), *const input = value_of(*argv, "--stdin="),
                      *const dies = value_of(*argv, "--die=");
    if (input != NULL)
      options->input = input;
    else if (dies != NULL)
      options->dies = dies;
    else if (strcmp(*argv, "--map") == 0)
      options->map = true;
    else if (terminals == NULL || !set_terminals(options, terminals))
      return false;
  }
  if (*argv != NULL) options->program = argv;
  return true;
}

int main(int argc, char *argv[]) {
  struct options options = {0};

  for (char **word = argv; *word != NULL; word++) decode(*word);
  const bool understood = read_words(&options, argv + (argc > 0));

  if (servers_prepare(options.dies) != 0) return kCannotRun;
  if (!understood) {
    init_log("init [--tty=DIGITS] [--stdin=PATH] [--die=SERVER:K] [--map] [PROGRAM ARG...]");
    return kCannotRun;
  }
  set_clock();
  servers_run();
  const pid_t map = options.map ? fork() : -1;
  if (map == 0) run_map();
  if (options.map && map < 0) init_log("livemap: cannot fork: %s", strerror(errno));
  const pid_t child = fork();
  if (child == 0) run_child(&options);
  if (has_terminal(&options)) terminal_session = child;
  if (child > 0) return wait_for(child);
  init_log("cannot fork: %s", strerror(errno));
  return kCannotRun;
}
