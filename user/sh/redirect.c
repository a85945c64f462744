/* Descriptors for one command: < > >> <> <& >& << before it runs, and back again if the shell itself goes on.
 *
 * Owns: which descriptors of the shell stand aside while a builtin or a compound command is redirected.
 * Must never: let a command see the shell's own descriptors; those are close-on-exec. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

enum { kAsBefore = -1, kWasClosed = -2 };

int move_up(int fd) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, kOwnDescriptors);

  if (copy < 0) complain("descriptor %d: %s", fd, strerror(errno));
  close(fd);
  return copy;
}

bool open_pipe(int ends[2]) {
  if (pipe(ends) == 0) {
    ends[0] = move_up(ends[0]);
    ends[1] = move_up(ends[1]);
    if (ends[0] >= 0 && ends[1] >= 0) return true;
    for (int i = 0; i < 2; i++) {
      if (ends[i] >= 0) close(ends[i]);
    }
    return false;
  }
  complain("pipe: %s", strerror(errno));
  return false;
}

/* A pipe holds PIPE_BUF bytes at once; what is longer needs a process that writes while the command reads. */
static int open_here_document(const char *text) {
  size_t length = strlen(text);
  int ends[2];

  if (!open_pipe(ends)) return -1;
  pid_t pid = 0;
  if (length <= PIPE_BUF) {
    write_all(ends[1], text, length);
  } else if ((pid = fork_process(NULL, false)) == 0) {
    close(ends[0]);
    signal(SIGPIPE, SIG_DFL); /* a command that does not read it all is in order */
    _exit(write_all(ends[1], text, length) ? 0 : kError);
  }
  close(ends[1]);
  if (pid >= 0) return ends[0];
  close(ends[0]);
  return -1;
}

static int open_file(enum redirection_kind kind, const char *path) {
  static const int flags[] = {[kInput] = O_RDONLY,
                              [kOutput] = O_WRONLY | O_CREAT | O_TRUNC,
                              [kAppend] = O_WRONLY | O_CREAT | O_APPEND,
                              [kReadWrite] = O_RDWR | O_CREAT};
  int fd;

  do fd = open(path, flags[kind], 0666);
  while (fd < 0 && errno == EINTR && !shell.interrupted);
  if (fd < 0) complain("cannot %s %s: %s", kind == kInput ? "open" : "create", path, strerror(errno));
  return fd;
}

/* n>&m and n>&-. */
static bool duplicate(int fd, const char *target) {
  bool digit = isdigit((unsigned char)target[0]) && target[1] == '\0';

  if (strcmp(target, "-") == 0) {
    close(fd);
  } else if (!digit || dup2(target[0] - '0', fd) < 0) {
    complain("%s: %s", target, digit ? strerror(errno) : "not a descriptor (one digit, or -)");
    return false;
  }
  return true;
}

static bool redirect_one(const struct redirection *redirection, struct arena *arena) {
  enum redirection_kind kind = redirection->kind;
  int fd = -1;

  if (kind == kHereDocument || kind == kHereDocumentTabs) {
    const char *text = redirection->literal ? redirection->body : expand_here_document(arena, redirection->body);
    if (text != NULL) fd = open_here_document(text);
  } else {
    const char *target = expand_text(arena, redirection->target);
    if (target != NULL && kind == kDuplicate) return duplicate(redirection->fd, target);
    if (target != NULL) fd = open_file(kind, target);
  }
  if (fd < 0 || fd == redirection->fd) return fd >= 0;
  bool done = dup2(fd, redirection->fd) >= 0;
  if (!done) complain("descriptor %d: %s", redirection->fd, strerror(errno));
  close(fd);
  return done;
}

/* Puts a copy of the descriptor aside, once. */
static bool save(int fd, struct saved_descriptors *saved) {
  if (saved->copies[fd] != kAsBefore) return true;
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, kOwnDescriptors);
  if (copy < 0 && errno != EBADF) {
    complain("descriptor %d: %s", fd, strerror(errno));
    return false;
  }
  saved->copies[fd] = copy >= 0 ? copy : kWasClosed;
  return true;
}

bool redirect(const struct redirection *list, struct saved_descriptors *saved) {
  struct arena arena = {0};
  bool done = true;

  for (int fd = 0; saved != NULL && fd < kOwnDescriptors; fd++) saved->copies[fd] = kAsBefore;
  for (; list != NULL && done; list = list->next) done = (saved == NULL || save(list->fd, saved)) && redirect_one(list, &arena);
  arena_free(&arena);
  return done;
}

void restore_descriptors(struct saved_descriptors *saved) {
  for (int fd = 0; fd < kOwnDescriptors; fd++) {
    if (saved->copies[fd] == kWasClosed) close(fd);
    if (saved->copies[fd] < 0) continue;
    dup2(saved->copies[fd], fd);
    close(saved->copies[fd]);
  }
}
