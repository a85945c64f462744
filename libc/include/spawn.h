/* posix_spawn: fork and exec in one, without copying the parent's address space. */
#ifndef _SPAWN_H
#define _SPAWN_H

#include <sys/types.h>

#define POSIX_SPAWN_SETPGROUP 0x02
#define POSIX_SPAWN_SETSIGDEF 0x04
#define POSIX_SPAWN_SETSIGMASK 0x08
/* posix_spawn never copies the address space here: accepted for the sake of old programs. */
#define POSIX_SPAWN_USEVFORK 0x40
#define POSIX_SPAWN_SETSID 0x80

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  short __flags;
  pid_t __group;
  sigset_t __default, __mask;
} posix_spawnattr_t;

typedef struct {
  struct __spawn_action *__first;
  struct __spawn_action *__last;
} posix_spawn_file_actions_t;

/* Return 0 or an error number (errno is left alone). A program that cannot be executed is an error of posix_spawn, not of a child. */
int posix_spawn(pid_t *__restrict pid, const char *__restrict path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *__restrict attributes, char *const argv[], char *const envp[]);
int posix_spawnp(pid_t *__restrict pid, const char *__restrict file, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *__restrict attributes, char *const argv[], char *const envp[]);

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *actions);
int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *actions);
int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *actions, int from, int to);
int posix_spawn_file_actions_addclose(posix_spawn_file_actions_t *actions, int fd);
int posix_spawn_file_actions_addopen(posix_spawn_file_actions_t *__restrict actions, int fd, const char *__restrict path, int flags,
                                     mode_t mode);

int posix_spawnattr_init(posix_spawnattr_t *attributes);
int posix_spawnattr_destroy(posix_spawnattr_t *attributes);
int posix_spawnattr_setflags(posix_spawnattr_t *attributes, short flags);
int posix_spawnattr_getflags(const posix_spawnattr_t *__restrict attributes, short *__restrict flags);
int posix_spawnattr_setpgroup(posix_spawnattr_t *attributes, pid_t group);
int posix_spawnattr_getpgroup(const posix_spawnattr_t *__restrict attributes, pid_t *__restrict group);
int posix_spawnattr_setsigdefault(posix_spawnattr_t *__restrict attributes, const sigset_t *__restrict set);
int posix_spawnattr_getsigdefault(const posix_spawnattr_t *__restrict attributes, sigset_t *__restrict set);
int posix_spawnattr_setsigmask(posix_spawnattr_t *__restrict attributes, const sigset_t *__restrict set);
int posix_spawnattr_getsigmask(const posix_spawnattr_t *__restrict attributes, sigset_t *__restrict set);

#ifdef __cplusplus
}
#endif
#endif
