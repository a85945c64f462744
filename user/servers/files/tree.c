/* Nodes and names. One hash table holds the names of all directories, so that a large directory is no slower than a small one; the names of
 * each directory also form a list, in the order of their making, for those who read it.
 *
 * Owns: nodes, entries, limits.things_used. Must never: free what is pinned. Permissions are not its affair. */

#include "node.h"

enum { kBuckets = 16384 };

struct limits limits;
struct node *root;

static struct entry *buckets[kBuckets];

struct node *node_make(uint32_t mode, uint32_t uid, uint32_t gid) {
  static uint64_t last_number;

  if (limits.things_used >= limits.things || !room_for(sizeof(struct node))) return NULL;
  struct node *node = calloc(1, sizeof *node);
  if (node == NULL) return NULL;
  limits.things_used++;
  *node = (struct node){.number = ++last_number, .mode = mode, .uid = uid, .gid = gid, .pins = 1};
  if (S_ISDIR(mode)) node->links = node->position = 2; /* `.` and `..` are the first links, and have the first positions */
  node_touch(node, kAccessed | kModified | kChanged);
  return node;
}

struct node *node_pin(struct node *node) {
  node->pins++;
  return node;
}

void node_drop(struct node *node) {
  while (node != NULL && --node->pins == 0) {
    struct node *next = S_ISDIR(node->mode) ? node->parent : NULL; /* perhaps only this one pinned it, and so on: no recursion */
    if (S_ISREG(node->mode)) data_free(&node->data);
    if (S_ISLNK(node->mode)) free(node->target);
    limits.things_used--;
    free(node);
    node = next;
  }
}

void node_touch(struct node *node, unsigned which) {
  struct timespec now;

  clock_gettime(CLOCK_REALTIME, &now);
  if (which & kAccessed) node->accessed = now;
  if (which & kModified) node->modified = now;
  if (which & kChanged) node->changed = now;
}

bool node_alive(const struct node *directory) { return (directory == root || directory->names != NULL) && directory->proc == 0; }

int64_t node_path(const struct node *node, char *to, size_t room) {
  char *at = to + room; /* from the end to the beginning */
  const char *const end = at;

  if (room < 2) return -ERANGE;
  *--at = '\0';
  for (; node != root; node = node->names->directory) {
    if (node->names == NULL) return -ENOENT;
    const size_t length = node->names->length;
    if ((size_t)(at - to) < length + 1) return -ERANGE;
    at -= length;
    memcpy(at, node->names->name, length);
    *--at = '/';
  }
  if (*at == '\0') *--at = '/';
  memmove(to, at, (size_t)(end - at));
  return end - at - 1;
}

/* The list that the name is in, if it is anywhere: by FNV-1a, begun with the directory. */
static struct entry **bucket_of(const struct node *directory, const char *name, size_t length) {
  uint64_t hash = 0xcbf29ce484222325 ^ directory->number;

  for (size_t i = 0; i < length; i++) hash = (hash ^ (uint8_t)name[i]) * 0x100000001b3;
  return &buckets[(hash ^ hash >> 32) % kBuckets];
}

struct entry *entry_find(const struct node *directory, const char *name, size_t length) {
  struct entry *entry = *bucket_of(directory, name, length);

  while (entry != NULL && (entry->directory != directory || entry->length != length || memcmp(entry->name, name, length) != 0))
    entry = entry->next;
  return entry;
}

int entry_add(struct node *directory, const char *name, size_t length, struct node *node) {
  const size_t bytes = sizeof(struct entry) + length + 1;
  struct entry **bucket = bucket_of(directory, name, length);

  if (limits.things_used >= limits.things || !room_for(bytes)) return -ENOSPC;
  struct entry *entry = malloc(bytes);
  if (entry == NULL) return -ENOSPC;
  limits.things_used++;
  *entry = (struct entry){.directory = directory, .node = node_pin(node), .before = directory->last, .other = node->names};
  entry->position = ++directory->position;
  entry->length = (uint8_t)length;
  memcpy(entry->name, name, length);
  entry->name[length] = '\0';
  entry->next = *bucket;
  *bucket = entry;
  *(directory->last != NULL ? &directory->last->after : &directory->first) = entry;
  directory->last = entry;
  node->names = entry;
  (S_ISDIR(node->mode) ? directory : node)->links++;
  if (S_ISDIR(node->mode)) node->parent = directory;
  node_touch(directory, kModified | kChanged);
  node_touch(node, kChanged);
  return 0;
}

void entry_remove(struct entry *entry) {
  struct node *directory = entry->directory, *node = entry->node;
  struct entry **at = bucket_of(directory, entry->name, entry->length);

  while (*at != entry) at = &(*at)->next;
  *at = entry->next;
  for (at = &node->names; *at != entry;) at = &(*at)->other;
  *at = entry->other;
  *(entry->before != NULL ? &entry->before->after : &directory->first) = entry->after;
  *(entry->after != NULL ? &entry->after->before : &directory->last) = entry->before;
  (S_ISDIR(node->mode) ? directory : node)->links--;
  if (S_ISDIR(node->mode) && node->names == NULL) {
    node->links = 0;
    node_pin(node->parent);
  }
  node_touch(directory, kModified | kChanged);
  node_touch(node, kChanged);
  limits.things_used--;
  free(entry);
  node_drop(node);
}
