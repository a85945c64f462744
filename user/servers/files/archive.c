/* The boot archive (cpio, "newc") becomes a tree, and what it does not bring is added.
 *
 * Owns: nothing that lasts. Must never: read a byte that the archive does not have. It is as big as init says, and may hold anything. */
#include "call.h"
#include "cpio.h"

/* The node of that name, which is made if there is none. NULL: it cannot be. Not pinned. */
static struct node *child(struct node *directory, const char *name, size_t length, uint32_t mode, uint32_t owner) {
  if (!S_ISDIR(directory->mode) || length > kNameMax) return NULL;
  if (length == 1 && *name == '.') return directory;
  const struct entry *entry = entry_find(directory, name, length);
  if (entry != NULL) return entry->node;
  struct node *node = node_make(mode, owner, owner);
  const int error = node != NULL ? entry_add(directory, name, length, node) : -ENOSPC;
  node_drop(node);
  return error == 0 ? node : NULL;
}

/* Makes the node and the directories on the path to it, and fills it unless it has contents already. ENOSPC, also for paths that cannot be.
 */
static int64_t put(const char *path, uint32_t mode, uint32_t owner, char *bytes, uint64_t size, bool adopt) {
  struct node *node = root;

  for (path += strspn(path, "/"); node != NULL && *path != '\0';) {
    const size_t length = strcspn(path, "/"), next = length + strspn(path + length, "/");
    const bool last = path[next] == '\0';
    node = child(node, path, length, last ? mode : S_IFDIR | 0755, last ? owner : 0);
    path += next;
  }
  if (node == NULL) return -ENOSPC;
  if (S_ISREG(mode) && S_ISREG(node->mode) && node->data.size == 0 && size > 0) return data_put(&node->data, bytes, size, adopt);
  if (S_ISCHR(mode) && S_ISCHR(node->mode)) node->device = size;
  if (!S_ISLNK(mode) || !S_ISLNK(node->mode) || node->target != NULL) return 0;
  node->target = size < kPathMax ? strndup(bytes, size) : NULL;
  if (node->target != NULL) return 0;
  entry_remove(node->names); /* a link without a text must not stay */
  return -ENOSPC;
}

/* Whether the pages belong to this file alone. */
static bool whole_pages(const char *bytes, uint64_t size) {
  if ((uintptr_t)bytes % kPage != 0) return false;
  for (const char *at = bytes + size; (uintptr_t)at % kPage != 0; at++)
    if (*at != '\0') return false;
  return true;
}

int64_t archive_unpack(char *archive, size_t bytes) {
  struct cpio_entry entry;

  for (size_t at = 0; cpio_read(archive, bytes, at, &entry); at = entry.next) {
    const size_t from = (size_t)(entry.contents - archive);
    const bool whole = whole_pages(archive + from, entry.bytes);
    if (cpio_is_last(&entry)) return 0;
    if (!S_ISREG(entry.mode) && !S_ISDIR(entry.mode) && !S_ISLNK(entry.mode)) continue;
    if (whole) entry.next = from + pages_of(entry.bytes) * kPage; /* the pages may move away */
    const int64_t error = put(entry.name, entry.mode, entry.uid, archive + from, entry.bytes, whole);
    if (error != 0) return error;
  }
  return -EINVAL;
}

static const struct {
  const char *path;
  uint32_t mode, owner;
  const char *text; /* of a file or link */
  enum device device;
} basics[] = {
    {"dev/console", S_IFCHR | 0620, 0, NULL, kConsole},
    {"dev/fd", S_IFLNK | 0777, 0, "/proc/self/fd", 0},
    {"dev/full", S_IFCHR | 0666, 0, NULL, kFull},
    {"dev/null", S_IFCHR | 0666, 0, NULL, kNull},
    {"dev/random", S_IFCHR | 0666, 0, NULL, kRandom},
    {"dev/stderr", S_IFLNK | 0777, 0, "/proc/self/fd/2", 0},
    {"dev/stdin", S_IFLNK | 0777, 0, "/proc/self/fd/0", 0},
    {"dev/stdout", S_IFLNK | 0777, 0, "/proc/self/fd/1", 0},
    {"dev/tty", S_IFCHR | 0666, 0, NULL, kTty},
    {"dev/urandom", S_IFCHR | 0666, 0, NULL, kUrandom},
    {"dev/zero", S_IFCHR | 0666, 0, NULL, kZero},
    {"etc/group", S_IFREG | 0644, 0, "root:x:0:\ntty:x:5:\nstudent:x:1000:\n", 0},
    {"etc/passwd", S_IFREG | 0644, 0, "root:x:0:0:root:/root:/bin/sh\nstudent:x:1000:1000:student:/home/student:/bin/sh\n", 0},
    {"home/student", S_IFDIR | 0755, 1000, NULL, 0},
};

int64_t archive_complete(void) {
  int64_t error = 0;

  for (unsigned i = 0; error == 0 && i < sizeof basics / sizeof basics[0]; i++) {
    const uint64_t size = basics[i].text != NULL ? strlen(basics[i].text) : basics[i].device;
    error = put(basics[i].path, basics[i].mode, basics[i].owner, (char *)basics[i].text, size, false);
  }
  if (error == 0 && !proc_start()) error = -ENOSPC;
  return error;
}
