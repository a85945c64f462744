/* glob: walks down the pattern, component by component, and reads a directory only where a component has a special character. */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct search {
  glob_t *found;
  int flags;
  int (*on_error)(const char *, int);
  char path[PATH_MAX]; /* as far as it is settled */
};

static int add(glob_t *found, const char *path, const char *mark) {
  size_t used = found->gl_offs + found->gl_pathc, length = strlen(path);
  char **larger = reallocarray(found->gl_pathv, used + 2, sizeof *larger);
  if (!larger) return GLOB_NOSPACE;
  found->gl_pathv = larger;
  larger[used] = malloc(length + strlen(mark) + 1);
  if (!larger[used]) return GLOB_NOSPACE;
  stpcpy(stpcpy(larger[used], path), mark);
  larger[used + 1] = NULL;
  found->gl_pathc++;
  return 0;
}

/* The path is complete: it counts if there is such a file, were it only a symbolic link that leads nowhere. */
static int add_if_there(struct search *search, size_t length) {
  struct stat status;
  if (lstat(search->path, &status) < 0) return 0;
  int mark = search->flags & GLOB_MARK && length && search->path[length - 1] != '/' &&
             (!S_ISLNK(status.st_mode) || stat(search->path, &status) == 0) && S_ISDIR(status.st_mode);
  return add(search->found, search->path, mark ? "/" : "");
}

/* Appends text[0 .. size), without the escaping backslashes if asked to. Returns the new length, 0 if it does not fit. */
static size_t append(struct search *search, size_t length, const char *text, size_t size, int unescape) {
  for (size_t i = 0; i < size; i++) {
    if (unescape && text[i] == '\\' && i + 1 < size) i++;
    if (length + 1 >= sizeof search->path) return 0;
    search->path[length++] = text[i];
  }
  search->path[length] = 0;
  return length;
}

static int expand(struct search *search, size_t length, const char *pattern);

/* Adds what the directory `path` has for the component pattern[0 .. size); `rest` is what comes behind it. */
static int scan(struct search *search, size_t length, const char *pattern, size_t size, const char *rest) {
  DIR *directory = opendir(length ? search->path : ".");
  if (!directory) {
    if (errno == ENOENT || errno == ENOTDIR) return 0; /* no match, but not an error */
    return (search->on_error && search->on_error(search->path, errno)) || search->flags & GLOB_ERR ? GLOB_ABORTED : 0;
  }
  char *component = strndup(pattern, size);
  int escape = search->flags & GLOB_NOESCAPE ? FNM_NOESCAPE : 0, result = component ? 0 : GLOB_NOSPACE;
  const struct dirent *entry;
  while (!result && (entry = readdir(directory))) {
    if (fnmatch(component, entry->d_name, FNM_PERIOD | escape) != 0) continue;
    size_t longer = append(search, length, entry->d_name, strlen(entry->d_name), 0);
    if (longer) result = expand(search, longer, rest);
    search->path[length] = 0;
  }
  free(component);
  closedir(directory);
  return result;
}

/* path[0 .. length) is settled; `pattern` is what comes behind it. */
static int expand(struct search *search, size_t length, const char *pattern) {
  int escapes = !(search->flags & GLOB_NOESCAPE);
  while (*pattern) {
    size_t slashes = strspn(pattern, "/"), size = 0, special = 0;
    if (slashes && !(length = append(search, length, pattern, slashes, 0))) return 0;
    pattern += slashes;
    for (; pattern[size] && pattern[size] != '/'; size++) {
      if (escapes && pattern[size] == '\\' && pattern[size + 1]) {
        if (pattern[size + 1] == '/') break; /* an escaped slash separates, too */
        size++;
      } else if (strchr("*?[", pattern[size])) {
        special = 1;
      }
    }
    const char *rest = pattern + size + (pattern[size] == '\\');
    if (special) return scan(search, length, pattern, size, rest);
    if (size && !(length = append(search, length, pattern, size, escapes))) return 0;
    pattern = rest;
  }
  return add_if_there(search, length);
}

static int compare(const void *a, const void *b) { return strcoll(*(char *const *)a, *(char *const *)b); }

int glob(const char *restrict pattern, int flags, int (*on_error)(const char *, int), glob_t *restrict found) {
  if (!(flags & GLOB_DOOFFS)) found->gl_offs = 0;
  if (!(flags & GLOB_APPEND)) {
    found->gl_pathc = 0;
    found->gl_pathv = calloc(found->gl_offs + 1, sizeof *found->gl_pathv);
    if (!found->gl_pathv) return GLOB_NOSPACE;
  }
  struct search *search = malloc(sizeof *search);
  if (!search) return GLOB_NOSPACE;
  *search = (struct search){.found = found, .flags = flags, .on_error = on_error};
  size_t before = found->gl_pathc;
  int result = *pattern ? expand(search, 0, pattern) : 0;
  free(search);
  if (result) return result;
  if (found->gl_pathc == before) return flags & GLOB_NOCHECK ? add(found, pattern, "") : GLOB_NOMATCH;
  if (!(flags & GLOB_NOSORT)) qsort(found->gl_pathv + found->gl_offs + before, found->gl_pathc - before, sizeof *found->gl_pathv, compare);
  return 0;
}

void globfree(glob_t *found) {
  for (size_t i = 0; i < found->gl_pathc; i++) free(found->gl_pathv[found->gl_offs + i]);
  free(found->gl_pathv);
  found->gl_pathv = NULL;
  found->gl_pathc = 0;
}
