/* posix_spawn. The child borrows the parent's address space (CLONE_VM) while the parent waits (CLONE_VFORK), so no page table is
 * copied or shared, and the child reports why it could not become another program by writing into the parent's memory.
 *
 * The child runs on a stack of its own, inside the parent's frame: it must not touch anything else that the parent will miss,
 * and restores what it cannot avoid to touch (errno). */
#include "signal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int __libc_clone_vfork(int (*function)(void *), void *stack_top, void *argument);

enum action_kind { ACTION_DUP2, ACTION_CLOSE, ACTION_OPEN };

struct __spawn_action {
  struct __spawn_action *next;
  enum action_kind kind;
  int from, to; /* `to` is the descriptor that dup2 and open make, and that close closes */
  int flags;
  mode_t mode;
  char path[];
};

struct request {
  int (*execute)(const char *, char *const[], char *const[]);
  const char *path;
  char *const *argv;
  char *const *envp;
  const struct __spawn_action *actions;
  const posix_spawnattr_t *attributes; /* or NULL */
  sigset_t mask;                       /* the parent's */
  volatile int error;                  /* written by the child */
};

/* Returns 0, or -1 with errno set. */
static int perform(const struct __spawn_action *action) {
  switch (action->kind) {
    case ACTION_DUP2:
      if (dup2(action->from, action->to) < 0) return -1;
      /* dup2 of a descriptor to itself leaves it to be closed by exec, which is not what the caller asked for. */
      return action->from == action->to ? fcntl(action->to, F_SETFD, 0) : 0;
    case ACTION_CLOSE:
      close(action->to); /* that it was not open is no error */
      return 0;
    case ACTION_OPEN: {
      int fd = open(action->path, action->flags, action->mode);
      if (fd < 0) return -1;
      if (fd == action->to) return 0;
      int result = dup2(fd, action->to);
      close(fd);
      return result < 0 ? -1 : 0;
    }
  }
  return 0;
}

/* All signals are blocked. No handler may ever run in the child, since it would change the parent's memory: so each goes before
 * the mask does. Returns 0, or -1 with errno set. */
static int apply(const struct request *request) {
  const posix_spawnattr_t *attributes = request->attributes;
  int flags = attributes ? attributes->__flags : 0;
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    int wanted = flags & POSIX_SPAWN_SETSIGDEF && sigismember(&attributes->__default, number);
    if (!wanted && !sigismember(&__libc_handled, number)) continue;
    if (!wanted && sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN) continue;
    signal(number, SIG_DFL); /* SIGKILL and SIGSTOP have no other anyway */
  }
  if (flags & POSIX_SPAWN_SETSID && setsid() < 0) return -1;
  if (flags & POSIX_SPAWN_SETPGROUP && setpgid(0, attributes->__group) < 0) return -1;
  for (const struct __spawn_action *action = request->actions; action; action = action->next)
    if (perform(action) < 0) return -1;
  sigprocmask(SIG_SETMASK, flags & POSIX_SPAWN_SETSIGMASK ? &attributes->__mask : &request->mask, NULL);
  return 0;
}

static int child(void *argument) {
  struct request *request = argument;
  if (apply(request) == 0) request->execute(request->path, request->argv, request->envp);
  request->error = errno;
  return 127;
}

static int spawn(pid_t *pid, struct request *request, const posix_spawn_file_actions_t *actions) {
  /* execvpe puts a path of PATH_MAX bytes on it. */
  char stack[PATH_MAX + 4096] __attribute__((aligned(16)));
  int saved = errno;
  request->actions = actions ? actions->__first : NULL;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &request->mask);
  int made = __libc_clone_vfork(child, stack + sizeof stack, request);
  int error = made < 0 ? errno : request->error;
  if (made > 0 && error) waitpid(made, NULL, 0); /* it has ended already, and nobody else knows of it */
  sigprocmask(SIG_SETMASK, &request->mask, NULL);
  if (!error && pid) *pid = made;
  errno = saved;
  return error;
}

int posix_spawn(pid_t *restrict pid, const char *restrict path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *restrict attributes, char *const argv[], char *const envp[]) {
  struct request request = {.execute = execve, .path = path, .argv = argv, .envp = envp, .attributes = attributes};
  return spawn(pid, &request, actions);
}

int posix_spawnp(pid_t *restrict pid, const char *restrict file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *restrict attributes, char *const argv[], char *const envp[]) {
  struct request request = {.execute = execvpe, .path = file, .argv = argv, .envp = envp, .attributes = attributes};
  return spawn(pid, &request, actions);
}

static int add(posix_spawn_file_actions_t *actions, enum action_kind kind, int from, int to, const char *path, int flags, mode_t mode) {
  if (to < 0 || from < 0) return EBADF;
  size_t length = strlen(path) + 1;
  struct __spawn_action *copy = malloc(sizeof *copy + length);
  if (!copy) return ENOMEM;
  *copy = (struct __spawn_action){.kind = kind, .from = from, .to = to, .flags = flags, .mode = mode};
  memcpy(copy->path, path, length);
  if (actions->__last)
    actions->__last->next = copy;
  else
    actions->__first = copy;
  actions->__last = copy;
  return 0;
}

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions) {
  actions->__first = actions->__last = NULL;
  return 0;
}

int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions) {
  struct __spawn_action *next;
  for (struct __spawn_action *action = actions->__first; action; action = next) {
    next = action->next;
    free(action);
  }
  return posix_spawn_file_actions_init(actions);
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int to) {
  return add(actions, ACTION_DUP2, from, to, "", 0, 0);
}

int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int fd) { return add(actions, ACTION_CLOSE, 0, fd, "", 0, 0); }

int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *restrict actions, int fd, const char *restrict path, int flags,
                                     mode_t mode) {
  return add(actions, ACTION_OPEN, 0, fd, path, flags, mode);
}

int posix_spawnattr_init(posix_spawnattr_t *attributes) {
  memset(attributes, 0, sizeof *attributes);
  return 0;
}

int posix_spawnattr_destroy(posix_spawnattr_t *attributes) {
  (void)attributes;
  return 0;
}

int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags) {
  if (flags & ~(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_USEVFORK | POSIX_SPAWN_SETSID))
    return EINVAL;
  attributes->__flags = flags;
  return 0;
}

int posix_spawnattr_getflags(const posix_spawnattr_t *restrict attributes, short *restrict flags) {
  *flags = attributes->__flags;
  return 0;
}

int posix_spawnattr_setpgroup(posix_spawnattr_t *attributes, pid_t group) {
  attributes->__group = group;
  return 0;
}

int posix_spawnattr_getpgroup(const posix_spawnattr_t *restrict attributes, pid_t *restrict group) {
  *group = attributes->__group;
  return 0;
}

int posix_spawnattr_setsigdefault(posix_spawnattr_t *restrict attributes, const sigset_t *restrict set) {
  attributes->__default = *set;
  return 0;
}

int posix_spawnattr_getsigdefault(const posix_spawnattr_t *restrict attributes, sigset_t *restrict set) {
  *set = attributes->__default;
  return 0;
}

int posix_spawnattr_setsigmask(posix_spawnattr_t *restrict attributes, const sigset_t *restrict set) {
  attributes->__mask = *set;
  return 0;
}

int posix_spawnattr_getsigmask(const posix_spawnattr_t *restrict attributes, sigset_t *restrict set) {
  *set = attributes->__mask;
  return 0;
}
