/* Walks the tree: runs commands, pipelines, lists, conditions and loops.
 *
 * Owns: the state of the shell, and how its end comes about. Must never: leave a redirection, an assignment or a child behind that
 * belonged to one command only. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sh.h"

struct shell shell;

/* Whether what follows is to be left out: break, continue, or ^C. */
static bool leaving(void) { return shell.breaking > 0 || shell.interrupted; }

/* ---- programs ---- */

static void try_program(const char *path, char **argv, char **environment) {
  execve(path, argv, environment);
  if (errno != ENOEXEC) return;
  /* A text without #! is a script for sh. */
  size_t count = 0;
  while (argv[count] != NULL) count++;
  struct arena arena = {0};
  char **script = arena_allocate(&arena, (count + 2) * sizeof *script);
  script[0] = arena_copy(&arena, "sh", 2);
  script[1] = arena_copy(&arena, path, strlen(path));
  for (size_t i = 1; i < count; i++) script[i + 1] = argv[i];
  execve("/bin/sh", script, environment);
}

/* Tries each directory of PATH. Returns only if none can be run: 126 (found, but …) or 127. */
int become_program(char **argv) {
  struct arena arena = {0};
  char **environment = make_environment(&arena);
  const char *name = argv[0], *path = get_variable("PATH");
  int error = ENOENT;

  if (strchr(name, '/') != NULL) {
    try_program(name, argv, environment);
    error = errno;
  } else {
    while (path != NULL && *name != '\0') {
      size_t length = strcspn(path, ":");
      char *file = arena_allocate(&arena, length + strlen(name) + 2);
      memcpy(file, path, length);
      strcpy(file + length, length > 0 ? "/" : "");
      strcat(file, name);
      try_program(file, argv, environment);
      if (errno != ENOENT && errno != ENOTDIR) error = errno;
      path = path[length] == ':' ? path + length + 1 : NULL;
    }
  }
  bool missing = error == ENOENT || error == ENOTDIR;
  complain("%s: %s", name, missing ? "not found" : strerror(error));
  arena_free(&arena);
  return missing ? kNotFound : kCannotRun;
}

/* ---- simple commands ---- */

/* What an assignment before a builtin has hidden. */
struct hidden {
  const char *name, *value;
};

/* Carries the assignments out, in order. `hidden`: room for the values to come back to, or NULL. */
static bool assign(struct arena *arena, const struct word *words, bool exported, struct hidden *hidden) {
  for (; words != NULL; words = words->next) {
    size_t length = name_length(words->text);
    const char *name = arena_copy(arena, words->text, length), *old = get_variable(name);
    if (hidden != NULL) *hidden++ = (struct hidden){name, old != NULL ? arena_copy(arena, old, strlen(old)) : NULL};
    const char *value = expand_text(arena, words->text + length + 1);
    if (value == NULL || !set_variable(name, value, exported)) return false;
  }
  return true;
}

/* In the opposite order: a name may be there twice. Those that were not reached have no name. */
static void bring_back(const struct hidden *hidden, size_t count) {
  while (count-- > 0) {
    if (hidden[count].name == NULL) continue;
    if (hidden[count].value != NULL) {
      set_variable(hidden[count].name, hidden[count].value, false);
    } else {
      unset_variable(hidden[count].name);
    }
  }
}

/* What POSIX lets end a shell that nobody sits at. */
static int grave_error(void) {
  if (!shell.interactive) _exit(kError);
  return shell.status = kError;
}

static int run_builtin(const struct node *node, const struct builtin *builtin, char **argv, struct arena *arena) {
  struct saved_descriptors saved;
  struct hidden *hidden = NULL;
  size_t count = 0;
  bool stays = builtin->run == exec_builtin; /* its redirections are the shell's own from now on */

  for (const struct word *word = node->assignments; word != NULL; word = word->next) count++;
  if (!builtin->special) hidden = arena_allocate(arena, count * sizeof *hidden);
  bool ready = redirect(node->redirections, stays ? NULL : &saved) && assign(arena, node->assignments, stays, hidden);
  int status = ready ? builtin->run(argv) : kError;
  if (hidden != NULL) bring_back(hidden, count);
  if (!stays) restore_descriptors(&saved);
  return ready || !builtin->special ? status : grave_error();
}

/* Assignments for the shell itself. The redirections are tried, and are over. */
static int run_assignments(const struct node *node, struct arena *arena) {
  struct saved_descriptors saved;
  bool redirected = redirect(node->redirections, &saved);

  restore_descriptors(&saved);
  if (!redirected) return kError;
  return assign(arena, node->assignments, false, NULL) ? shell.substitution_status : grave_error();
}

static int run_program(const struct node *node, char **argv, bool last, struct arena *arena) {
  if (!last) {
    struct job *job = new_job(node->text);
    if (fork_process(job, false) != 0) return wait_for_job(job);
  }
  if (!redirect(node->redirections, NULL) || !assign(arena, node->assignments, true, NULL)) _exit(kError);
  _exit(become_program(argv));
}

static int run_simple(const struct node *node, bool last) {
  struct arena arena = {0};
  int count, status;

  shell.substitution_status = 0;
  char **argv = expand_words(&arena, node->words, &count);
  if (argv == NULL) {
    status = grave_error();
  } else if (shell.interrupted) {
    status = kSignalled + SIGINT;
  } else if (count == 0) {
    status = run_assignments(node, &arena);
  } else {
    const struct builtin *builtin = find_builtin(argv[0]);
    status = builtin != NULL ? run_builtin(node, builtin, argv, &arena) : run_program(node, argv, last, &arena);
  }
  arena_free(&arena);
  return status;
}

/* ---- processes of the shell's own kind ---- */

bool capture(const struct node *list, struct buffer *output) {
  int ends[2], status;

  shell.substitution_status = 0;
  if (list == NULL) return true;
  if (!open_pipe(ends)) return false;
  pid_t pid = fork_process(NULL, false);
  if (pid == 0) {
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[1]);
    _exit(run(list, true));
  }
  close(ends[1]);
  while (pid > 0) {
    char block[4096];
    ssize_t got = read(ends[0], block, sizeof block);
    if (got > 0) buffer_add(output, block, (size_t)got);
    if (got == 0 || (got < 0 && errno != EINTR)) break;
  }
  close(ends[0]);
  if (pid < 0) return false;
  shell.substitution_status = kNotFound;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return true;
  }
  shell.substitution_status = status_of(status);
  return true;
}

/* Forks a process for each command of a pipeline, or for one command of any kind. False if not all could be made. */
static bool start(const struct node *node, struct job *job, bool background) {
  bool pipeline = node->kind == kPipeline, no_input = background && !shell.job_control;
  int input = no_input ? open("/dev/null", O_RDONLY | O_CLOEXEC) : -1;
  pid_t pid = 0;

  if (no_input) input = input < 0 ? -1 : move_up(input);
  for (node = pipeline ? node->first : node; node != NULL && pid >= 0; node = pipeline ? node->next : NULL) {
    int ends[2] = {-1, -1};
    pid = pipeline && node->next != NULL && !open_pipe(ends) ? -1 : fork_process(job, background);
    if (pid == 0) {
      if (input >= 0) dup2(input, STDIN_FILENO);
      if (ends[1] >= 0) dup2(ends[1], STDOUT_FILENO);
      if (input >= 0) close(input);
      if (ends[0] >= 0) close(ends[0]);
      if (ends[1] >= 0) close(ends[1]);
      _exit(run(node, true));
    }
    if (input >= 0) close(input);
    if (ends[1] >= 0) close(ends[1]);
    input = ends[0];
  }
  if (input >= 0) close(input);
  return pid >= 0;
}

static int run_apart(const struct node *node) {
  struct job *job = new_job(node->text);
  bool complete = start(node, job, false);
  int status = wait_for_job(job);

  return complete ? status : kError;
}

static int run_background(const struct node *node) {
  struct job *job = new_job(node->text);
  bool complete = start(node->first, job, true);

  leave_in_background(job);
  return complete ? 0 : kError;
}

/* ---- lists, conditions, loops ---- */

static int run_list(const struct node *list, bool last) {
  int status = 0;

  for (const struct node *node = list->first; node != NULL && !leaving(); node = node->next) {
    if ((node->join == kAnd && status != 0) || (node->join == kOr && status == 0)) continue;
    status = run(node, last && node->next == NULL);
  }
  return status;
}

static int run_if(const struct node *node, bool last) {
  bool holds = run(node->first, false) == 0;
  const struct node *chosen = holds ? node->second : node->third;

  return leaving() || chosen == NULL ? 0 : run(chosen, last);
}

/* After a turn of a loop: whether it was the last because of break, continue to a loop further out, or ^C. */
static bool loop_ends(void) {
  if (shell.interrupted) return true;
  if (shell.breaking == 0) return false;
  if (--shell.breaking > 0) return true;
  bool next_turn = shell.continuing;
  shell.continuing = false;
  return !next_turn;
}

static int run_while(const struct node *node) {
  int status = 0;

  shell.loops++;
  for (bool end = false; !end; end = loop_ends()) {
    bool holds = run(node->first, false) == 0;
    if (leaving()) continue;
    if (holds == (node->kind == kUntil)) break;
    status = run(node->second, false);
  }
  shell.loops--;
  return status;
}

static int run_for(const struct node *node) {
  struct arena arena = {0};
  struct word parameters = {.text = "\"$@\""};
  int count, status = 0;
  char **values = expand_words(&arena, node->each_parameter ? &parameters : node->words->next, &count);

  if (values == NULL) status = grave_error();
  shell.loops++;
  for (bool end = values == NULL || *values == NULL; !end; end = loop_ends() || *values == NULL) {
    set_variable(node->words->text, *values++, false);
    status = run(node->second, false);
  }
  shell.loops--;
  arena_free(&arena);
  return status;
}

/* More levels than the stack is sure to hold. */
static bool too_deep(void) {
  if (shell.depth < kDeepest) return false;
  complain("commands within commands, deeper than %d levels", kDeepest);
  grave_error();
  shell.interrupted = 1; /* nothing else but to leave them all */
  return true;
}

static int run_compound(const struct node *node, bool last) {
  struct saved_descriptors saved;
  int status = kError;

  if (too_deep()) return kError;
  shell.depth++;
  if (redirect(node->redirections, last ? NULL : &saved)) {
    switch (node->kind) {
      case kIf: status = run_if(node, last); break;
      case kWhile:
      case kUntil: status = run_while(node); break;
      case kFor: status = run_for(node); break;
      default: status = run(node->first, last); break; /* { } and, in its own process already, ( ) */
    }
  }
  if (!last) restore_descriptors(&saved);
  shell.depth--;
  return status;
}

int run(const struct node *node, bool last) {
  int status = 0;

  if (node == NULL) return 0;
  switch (node->kind) {
    case kSimple: status = run_simple(node, last); break;
    case kList: status = run_list(node, last); break;
    case kNot: status = run(node->first, false) == 0; break;
    case kPipeline: status = run_apart(node); break;
    case kBackground: status = run_background(node); break;
    case kSubshell: status = last ? run_compound(node, true) : run_apart(node); break;
    default: status = run_compound(node, last); break;
  }
  return shell.status = status;
}

int run_source(struct source *source) {
  enum parsed parsed = kParsed;
  int status = 0;

  if (too_deep()) return kError;
  shell.depth++;
  while (parsed != kNoMore && (source->prompts || !leaving())) {
    struct arena arena = {0};
    struct node *list;
    if (source->prompts) report_jobs();
    parsed = parse_command(source, &arena, &list);
    if (parsed == kParsed && list != NULL) status = run(list, false);
    arena_free(&arena);
    if (parsed == kFailed) {
      status = shell.status = shell.interrupted ? kSignalled + SIGINT : kError;
      if (!shell.interactive) _exit(status);
      if (!source->prompts) break;
    }
    if (!source->prompts) continue;
    if (shell.interrupted) write_all(STDERR_FILENO, "\n", 1);
    shell.interrupted = 0;
    shell.breaking = 0;
  }
  shell.depth--;
  return status;
}

int run_text(const char *text) {
  struct source source = {.fd = -1, .text = text};

  return run_source(&source);
}
