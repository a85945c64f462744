/* The environment. environ is the array that the kernel left on the stack until the first change; then it is ours, on the heap. A
 * string that setenv made belongs to this file and is freed when it is replaced; all others are never freed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char **table;    /* environ, if it is ours */
static size_t capacity; /* entries of table, its NULL included */
static char **owned;    /* strings that setenv made */
static size_t owned_count;

static size_t count(void) {
  size_t entries = 0;
  while (environ && environ[entries]) entries++;
  return entries;
}

/* Index of the variable in environ, or the number of entries. */
static size_t find(const char *name, size_t length) {
  size_t i = 0;
  for (; environ && environ[i]; i++)
    if (strncmp(environ[i], name, length) == 0 && environ[i][length] == '=') break;
  return i;
}

static int is_name(const char *name, size_t length) { return length > 0 && name[length] == 0; }

/* Frees a string that has left the environment, if setenv had made it. */
static void release(char *text) {
  for (size_t i = 0; i < owned_count; i++)
    if (owned[i] == text) {
      free(text);
      owned[i] = owned[--owned_count];
      return;
    }
}

/* Puts the string into the environment, in place of the variable's old one. Returns 0, or -1 with errno set. */
static int put(char *text, size_t name_length) {
  size_t at = find(text, name_length), entries = count();
  if (at == entries && (environ != table || entries + 2 > capacity)) {
    size_t wanted = entries * 2 + 8;
    char **larger = malloc(wanted * sizeof *larger);
    if (!larger) return -1;
    if (entries) memcpy(larger, environ, entries * sizeof *larger);
    free(table);
    environ = table = larger;
    capacity = wanted;
  }
  if (at == entries)
    environ[at + 1] = NULL;
  else if (environ[at] != text)
    release(environ[at]);
  environ[at] = text;
  return 0;
}

char *getenv(const char *name) {
  size_t length = strcspn(name, "=");
  if (!is_name(name, length)) return NULL;
  size_t at = find(name, length);
  return environ && environ[at] ? environ[at] + length + 1 : NULL;
}

int setenv(const char *name, const char *value, int overwrite) {
  size_t length = strcspn(name, "=");
  if (!is_name(name, length)) {
    errno = EINVAL;
    return -1;
  }
  if (!overwrite && getenv(name)) return 0;
  size_t size = strlen(value) + 1;
  char *text = malloc(length + 1 + size);
  char **more = realloc(owned, (owned_count + 1) * sizeof *owned);
  if (more) owned = more;
  if (!text || !more) {
    free(text);
    return -1;
  }
  memcpy(text, name, length);
  text[length] = '=';
  memcpy(text + length + 1, value, size);
  if (put(text, length) < 0) {
    free(text);
    return -1;
  }
  owned[owned_count++] = text;
  return 0;
}

int putenv(char *assignment) {
  size_t length = strcspn(assignment, "=");
  return assignment[length] == '=' ? put(assignment, length) : unsetenv(assignment);
}

int unsetenv(const char *name) {
  size_t length = strcspn(name, "=");
  if (!is_name(name, length)) {
    errno = EINVAL;
    return -1;
  }
  for (size_t at; at = find(name, length), environ && environ[at];) {
    char *gone = environ[at];
    for (; environ[at]; at++) environ[at] = environ[at + 1];
    release(gone);
  }
  return 0;
}

int clearenv(void) {
  while (owned_count) free(owned[--owned_count]);
  free(table);
  table = environ = NULL;
  capacity = 0;
  return 0;
}
