/* What /proc says about processes and memory, for ps and free.
 *
 * Its files are lines of a name, a colon (not in /proc/PID/cow) and a value. /proc/PID/cow is Kine's own: elsewhere its numbers are absent.
 */
#ifndef PROC_H
#define PROC_H

#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kPath = 64, kAbsent = -1 };

/* Numbers of /proc/PID/cow: pages by who else maps them, page tables likewise, pages that have no frame yet, and faults by answer. */
enum { kPrivate, kCow, kShared, kOwnTables, kSharedTables, kPromised, kFaults, kCopied, kZeroed, kReused, kNumbers };

static const char *const proc_number_names[kNumbers] = {
    "frames_private", "frames_cow", "frames_shared", "tables_private", "tables_shared",
    "promised",       "faults",     "pages_copied",  "pages_zeroed",   "faults_reuse",
};

struct proc {
  int pid, parent, uid;
  char state, name[16];
  long numbers[kNumbers]; /* kAbsent: not known */
};

/* The value of the line that begins with `name`, copied to `value`. */
static inline bool proc_line(const char *path, const char *name, char *value, size_t size) {
  char line[256];
  size_t length = strlen(name);
  bool found = false;
  FILE *file = fopen(path, "r");

  while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, name, length) != 0 || (line[length] != ':' && line[length] != ' ')) continue;
    found = true;
    char *begin = line + length + 1;
    begin += strspn(begin, " \t");
    begin[strcspn(begin, "\n")] = '\0';
    snprintf(value, size, "%s", begin);
  }
  if (file != NULL) fclose(file);
  return found;
}

static inline long proc_value(const char *path, const char *name) {
  char text[64];

  return proc_line(path, name, text, sizeof text) ? strtol(text, NULL, 10) : kAbsent;
}

/* /proc/PID/cow, read at once, so that the numbers belong together. */
static inline void proc_read_numbers(int pid, long numbers[kNumbers]) {
  char line[256];

  for (int i = 0; i < kNumbers; i++) numbers[i] = kAbsent;
  snprintf(line, sizeof line, "/proc/%d/cow", pid);
  FILE *file = fopen(line, "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    size_t length = strcspn(line, ": ");
    for (int i = 0; i < kNumbers; i++) {
      bool same = strlen(proc_number_names[i]) == length && memcmp(proc_number_names[i], line, length) == 0;
      if (same && line[length] != '\0') numbers[i] = strtol(line + length + 1, NULL, 10);
    }
  }
  if (file != NULL) fclose(file);
}

/* False: the process is gone. */
static inline bool proc_read(int pid, struct proc *out) {
  char path[kPath], state[64];

  snprintf(path, sizeof path, "/proc/%d/status", pid);
  *out = (struct proc){.pid = pid, .parent = (int)proc_value(path, "PPid"), .uid = (int)proc_value(path, "Uid")};
  if (!proc_line(path, "Name", out->name, sizeof out->name) || !proc_line(path, "State", state, sizeof state)) return false;
  out->state = state[0];
  proc_read_numbers(pid, out->numbers);
  return true;
}

static inline int proc_compare(const void *a, const void *b) { return ((const struct proc *)a)->pid - ((const struct proc *)b)->pid; }

/* All processes, by number, in malloc's memory. NULL, with errno, if /proc cannot be read. */
static inline struct proc *proc_all(size_t *count) {
  struct proc *list = malloc(sizeof *list);
  DIR *directory = list != NULL ? opendir("/proc") : NULL;
  struct dirent *entry;

  *count = 0;
  while (directory != NULL && (entry = readdir(directory)) != NULL) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    struct proc *longer = reallocarray(list, *count + 1, sizeof *list);
    if (longer == NULL) {
      closedir(directory);
      free(list);
      return NULL;
    }
    list = longer;
    *count += proc_read((int)strtol(entry->d_name, NULL, 10), &list[*count]);
  }
  if (directory == NULL) {
    free(list);
    return NULL;
  }
  closedir(directory);
  qsort(list, *count, sizeof *list, proc_compare);
  return list;
}

#endif
