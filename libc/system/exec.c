/* The six exec functions (and execvpe): all of them end in the one system call. A file that is no executable is ENOEXEC for
 * execlp and execvp too: it is not handed to a shell. */
#include "call.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_PATH "/bin:/usr/bin"

int execve(const char *path, char *const argv[], char *const envp[]) {
  return (int)__libc_result(call3(SYS_execve, (long)path, (long)argv, (long)envp));
}

int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }
int execvp(const char *file, char *const argv[]) { return execvpe(file, argv, environ); }

int execvpe(const char *file, char *const argv[], char *const envp[]) {
  size_t length = strlen(file);
  if (length == 0) {
    errno = ENOENT;
    return -1;
  }
  if (strchr(file, '/')) return execve(file, argv, envp);
  if (length > NAME_MAX) {
    errno = ENAMETOOLONG;
    return -1;
  }
  const char *directory = getenv("PATH");
  if (!directory) directory = DEFAULT_PATH;
  int forbidden = 0; /* a file that may not be executed is reported only if none is found that may */
  for (;;) {
    size_t size = strcspn(directory, ":");
    char path[PATH_MAX];
    if (size + 1 + length < sizeof path) {
      memcpy(path, directory, size);
      if (size) path[size++] = '/'; /* an empty entry is the working directory */
      memcpy(path + size, file, length + 1);
      execve(path, argv, envp);
      if (errno == EACCES)
        forbidden = 1;
      else if (errno != ENOENT && errno != ENOTDIR)
        return -1;
    }
    directory += strcspn(directory, ":");
    if (!*directory) break;
    directory++;
  }
  errno = forbidden ? EACCES : ENOENT;
  return -1;
}

/* Number of arguments in a list up to its NULL, `first` included. */
static int count(const char *first, va_list list) {
  int arguments = 0;
  for (const char *at = first; at; at = va_arg(list, const char *)) arguments++;
  return arguments;
}

/* The list as an array: argv[0 .. arguments], ended by NULL. Takes the NULL from the list, too. */
static void fill(char **argv, const char *first, va_list list) {
  for (const char *at = first; at; at = va_arg(list, const char *)) *argv++ = (char *)at;
  *argv = NULL;
}

int execl(const char *path, const char *argument, ...) {
  va_list list;
  va_start(list, argument);
  char *argv[count(argument, list) + 1];
  va_end(list);
  va_start(list, argument);
  fill(argv, argument, list);
  va_end(list);
  return execve(path, argv, environ);
}

int execlp(const char *file, const char *argument, ...) {
  va_list list;
  va_start(list, argument);
  char *argv[count(argument, list) + 1];
  va_end(list);
  va_start(list, argument);
  fill(argv, argument, list);
  va_end(list);
  return execvpe(file, argv, environ);
}

int execle(const char *path, const char *argument, ...) {
  va_list list;
  va_start(list, argument);
  char *argv[count(argument, list) + 1];
  va_end(list);
  va_start(list, argument);
  fill(argv, argument, list);
  char *const *envp = va_arg(list, char *const *);
  va_end(list);
  return execve(path, argv, envp);
}
