/* basename and dirname, as POSIX has them. */
#include <libgen.h>
#include <string.h>

/* Ends the path before the slashes at its end, but leaves "/". */
static size_t trim(char *path, size_t length) {
  while (length > 1 && path[length - 1] == '/') length--;
  path[length] = 0;
  return length;
}

char *basename(char *path) {
  if (!path || !*path) return (char *)".";
  size_t length = trim(path, strlen(path));
  if (length == 1) return path;
  char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

char *dirname(char *path) {
  if (!path || !*path) return (char *)".";
  trim(path, strlen(path));
  char *slash = strrchr(path, '/');
  if (!slash) return (char *)".";
  trim(path, slash == path ? 1 : (size_t)(slash - path));
  return path;
}
