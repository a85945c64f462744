/* ls [-1aAdlR] [FILE …]: names, sorted byte by byte; in columns on a terminal, else one a line.
 *
 *   -a -A  also names that begin with a point; -A without . and ..      -l  type, rights, links, owner, group, size, time (UTC)
 *   -d     a directory itself, not what is in it                        -R  the directories in it, too           -1  one a line */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

struct entry {
  char *name, *path;
  struct stat status;
};

struct list {
  struct entry *entries;
  size_t count, room;
};

static bool all, almost_all, directories_themselves, detailed, recursive, columns;
static int status;
static bool printed; /* something: then an empty line separates directories */

static void complain(const char *name) {
  fprintf(stderr, "ls: %s: %s\n", name, strerror(errno));
  status = 1;
}

static void *checked(void *memory) {
  if (memory == NULL) {
    perror("ls");
    exit(1);
  }
  return memory;
}

/* `follow`: a link given as an argument counts as what it leads to, if it leads anywhere. */
static void add(struct list *list, const char *directory, const char *name, bool follow) {
  char *path = checked(malloc((directory != NULL ? strlen(directory) : 0) + strlen(name) + 2));
  struct entry entry = {.name = checked(strdup(name)), .path = path};

  if (directory != NULL) {
    path = stpcpy(path, directory);
    if (path[-1] != '/') *path++ = '/';
  }
  strcpy(path, name);
  if ((!follow || stat(entry.path, &entry.status) < 0) && lstat(entry.path, &entry.status) < 0) {
    complain(entry.path);
    free(entry.name);
    free(entry.path);
    return;
  }
  if (list->count == list->room) {
    list->room = list->room * 2 + 16;
    list->entries = checked(reallocarray(list->entries, list->room, sizeof *list->entries));
  }
  list->entries[list->count++] = entry;
}

static int compare(const void *a, const void *b) { return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name); }

static void sort(struct list *list) {
  if (list->count > 0) qsort(list->entries, list->count, sizeof *list->entries, compare);
}

static void free_list(struct list *list) {
  for (size_t i = 0; i < list->count; i++) {
    free(list->entries[i].name);
    free(list->entries[i].path);
  }
  free(list->entries);
}

/* A name could move the cursor, or worse: what is not printable shows as ? on a terminal. */
static void print_name(const char *name) {
  for (; *name != '\0'; name++) putchar(columns && ((unsigned char)*name < ' ' || *name == 0x7f) ? '?' : *name);
}

static char type_of(mode_t mode) {
  static const char types[16] = {[S_IFIFO >> 12] = 'p', [S_IFCHR >> 12] = 'c', [S_IFDIR >> 12] = 'd', [S_IFBLK >> 12] = 'b',
                                 [S_IFREG >> 12] = '-', [S_IFLNK >> 12] = 'l', [S_IFSOCK >> 12] = 's'};
  char type = types[(mode & S_IFMT) >> 12];

  return type != '\0' ? type : '?';
}

static void print_details(const struct entry *entry) {
  const struct stat *s = &entry->status;
  char rights[] = "rwxrwxrwx", date[32] = "?", target[4096];
  struct tm *time = gmtime(&s->st_mtime);

  for (int i = 0; i < 9; i++) {
    if ((s->st_mode & (0400U >> i)) == 0) rights[i] = '-';
  }
  if ((s->st_mode & S_ISUID) != 0) rights[2] = rights[2] == 'x' ? 's' : 'S';
  if ((s->st_mode & S_ISGID) != 0) rights[5] = rights[5] == 'x' ? 's' : 'S';
  if ((s->st_mode & S_ISVTX) != 0) rights[8] = rights[8] == 'x' ? 't' : 'T';
  if (time != NULL) strftime(date, sizeof date, "%Y-%m-%d %H:%M", time);
  printf("%c%s %2lu %4u %4u ", type_of(s->st_mode), rights, (unsigned long)s->st_nlink, (unsigned)s->st_uid, (unsigned)s->st_gid);
  if (S_ISCHR(s->st_mode) || S_ISBLK(s->st_mode)) {
    printf("%4u,%4u ", (unsigned)major(s->st_rdev), (unsigned)minor(s->st_rdev));
  } else {
    printf("%9lld ", (long long)s->st_size);
  }
  printf("%s ", date);
  print_name(entry->name);
  if (S_ISLNK(s->st_mode)) {
    ssize_t length = readlink(entry->path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    printf(" -> ");
    print_name(target);
  }
  putchar('\n');
}

/* Down the columns, as many as there is room for. */
static void print_columns(const struct list *list) {
  struct winsize window;
  size_t widest = 1, width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : 80;

  for (size_t i = 0; i < list->count; i++) {
    size_t length = strlen(list->entries[i].name);
    if (length > widest) widest = length;
  }
  size_t across = width / (widest + 2) > 0 ? width / (widest + 2) : 1, rows = (list->count + across - 1) / across;
  for (size_t row = 0; row < rows; row++) {
    for (size_t i = row; i < list->count; i += rows) {
      print_name(list->entries[i].name);
      if (i + rows < list->count) printf("%*s", (int)(widest + 2 - strlen(list->entries[i].name)), "");
    }
    putchar('\n');
  }
}

static void print(const struct list *list) {
  if (columns && !detailed) {
    print_columns(list);
  } else {
    for (size_t i = 0; i < list->count; i++) {
      if (detailed) {
        print_details(&list->entries[i]);
      } else {
        print_name(list->entries[i].name);
        putchar('\n');
      }
    }
  }
  printed = printed || list->count > 0;
}

static bool shown(const char *name) {
  if (name[0] != '.' || all) return true;
  return almost_all && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static void list_directory(const char *path, bool titled) {
  struct list list = {0};
  DIR *directory = opendir(path);
  struct dirent *entry;

  if (directory == NULL) {
    complain(path);
    return;
  }
  errno = 0;
  while ((entry = readdir(directory)) != NULL) {
    if (shown(entry->d_name)) add(&list, path, entry->d_name, false);
    errno = 0;
  }
  if (errno != 0) complain(path);
  closedir(directory);
  sort(&list);
  if (titled) printf("%s%s:\n", printed ? "\n" : "", path);
  printed = printed || titled;
  print(&list);
  for (size_t i = 0; recursive && i < list.count; i++) {
    const struct entry *e = &list.entries[i];
    if (S_ISDIR(e->status.st_mode) && strcmp(e->name, ".") != 0 && strcmp(e->name, "..") != 0) list_directory(e->path, true);
  }
  free_list(&list);
}

static bool parse_options(int argc, char *argv[]) {
  int option;

  while ((option = getopt(argc, argv, "1aAdlR")) != -1) {
    switch (option) {
      case '1': columns = false; break;
      case 'a': all = true; break;
      case 'A': almost_all = true; break;
      case 'd': directories_themselves = true; break;
      case 'l': detailed = true; break;
      case 'R': recursive = true; break;
      default: return false;
    }
  }
  return true;
}

int main(int argc, char *argv[]) {
  struct list files = {0}, directories = {0};

  columns = isatty(STDOUT_FILENO);
  if (!parse_options(argc, argv)) {
    fprintf(stderr, "usage: ls [-1aAdlR] [FILE ...]\n");
    return 2;
  }
  for (int i = optind; i < argc || (i == optind && argc == optind); i++) {
    const char *name = i < argc ? argv[i] : ".";
    struct stat found;
    bool follow = !directories_themselves && !detailed;
    bool directory = !directories_themselves && (follow ? stat(name, &found) : lstat(name, &found)) == 0 && S_ISDIR(found.st_mode);
    add(directory ? &directories : &files, NULL, name, follow);
  }
  sort(&files);
  sort(&directories);
  print(&files);
  bool titled = recursive || files.count + directories.count > 1 || argc - optind > 1;
  for (size_t i = 0; i < directories.count; i++) list_directory(directories.entries[i].path, titled);
  free_list(&files);
  free_list(&directories);
  if (fflush(stdout) == 0) return status;
  perror("ls");
  return 1;
}
