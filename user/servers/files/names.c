/* What paths can do: make, link, rename and remove names.
 *
 * Owns: nothing. Must never: change a name before everything that can fail has been done. */

#include "call.h"

enum { kHardLinksMax = 4096 };

int64_t serve_mkdirat(struct call *call) { return create(call, S_IFDIR | ((uint32_t)call->words[0] & 01777)); }

int64_t serve_mknodat(struct call *call) {
  const uint32_t mode = (uint32_t)call->words[0];

  if ((mode & S_IFMT) != 0 && !S_ISREG(mode)) return -EPERM;
  return create(call, S_IFREG | (mode & 07777));
}

int64_t serve_symlinkat(struct call *call) {
  static char target[kPathMax];
  const int64_t length = server_string(call->message->token, call->words[0], target, sizeof target);

  if (length <= 0) return length < 0 ? length : -ENOENT;
  char *copy = room_for((size_t)length + 1) ? strdup(target) : NULL;
  const int64_t error = copy != NULL ? create(call, S_IFLNK | 0777) : -ENOSPC;
  if (error == 0) call->place.node->target = copy;
  if (error != 0) free(copy);
  return error;
}

int64_t serve_readlinkat(struct call *call) {
  char target[kPathMax];
  const int32_t room = (int32_t)call->words[1];

  if (!S_ISLNK(call->node->mode) || room <= 0) return -EINVAL;
  int64_t length = node_text(call, call->node, target, sizeof target);
  if (length < 0) return length;
  if (length > room) length = room;
  return kine_write(call->message->token, call->words[0], target, (size_t)length) == 0 ? length : -errno;
}

int64_t serve_getcwd(struct call *call) {
  char path[kPathMax];
  const int64_t length = node_text(call, call->node, path, sizeof path);

  if (length < 0) return length;
  if ((uint64_t)length + 1 > call->words[1]) return -ERANGE;
  return kine_write(call->message->token, call->words[0], path, (size_t)length + 1) == 0 ? length + 1 : -errno;
}

/* Whether the sender may take the name out of its directory. */
static int64_t may_remove(struct call *call, const struct place *place) {
  const struct node *directory = place->directory;

  if (directory->proc != 0) return -EPERM;
  if (!allowed(call, directory, W_OK | X_OK)) return -EACCES;
  if ((directory->mode & S_ISVTX) && !owns(call, directory) && !owns(call, place->node)) return -EPERM;
  return place->node->mount != 0 || place->node == proc_root ? -EBUSY : 0;
}

int64_t serve_unlinkat(struct call *call) {
  const struct place *place = &call->place;
  const bool directory = call->words[0] == AT_REMOVEDIR;

  if (call->words[0] != 0 && !directory) return -EINVAL;
  if (place->directory == NULL) { /* `.`, `..`, or the root */
    if (!directory) return -EISDIR;
    return place->length == 0 ? -EBUSY : strcmp(place->name, ".") == 0 ? -EINVAL : -ENOTEMPTY;
  }
  if (place->node == NULL) return -ENOENT;
  if (!directory && place->slash) return S_ISDIR(place->node->mode) ? -EISDIR : -ENOTDIR;
  const int64_t error = may_remove(call, place);
  if (error != 0) return error;
  if (S_ISDIR(place->node->mode) != directory) return directory ? -ENOTDIR : -EISDIR;
  if (directory && place->node->first != NULL) return -ENOTEMPTY;
  entry_remove(entry_find(place->directory, place->name, place->length));
  return 0;
}

/* As on Linux with protected_hardlinks: to another's file a user may make a link only if he could change the file anyway. The name would
 * keep it, and charge it to its owner, after the owner has removed his. */
static bool may_link(struct call *call, const struct node *node) {
  const bool gives_rights = (node->mode & S_ISUID) || (node->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);

  return owns(call, node) || (S_ISREG(node->mode) && !gives_rights && allowed(call, node, R_OK | W_OK));
}

int64_t serve_linkat(struct call *call) {
  struct node *node = call->node;
  const struct place *to = &call->other;

  if ((call->words[2] & AT_EMPTY_PATH) && call->message->uid != 0) return -ENOENT;
  if (to->node != NULL) return -EEXIST;
  if (to->slash || !node_alive(to->directory)) return -ENOENT;
  if (!may_link(call, node)) return -EPERM;
  if (!allowed(call, to->directory, W_OK | X_OK)) return -EACCES;
  if (S_ISDIR(node->mode)) return -EPERM;
  if (node->names == NULL) return node->proc != 0 ? -EXDEV : -ENOENT;
  return node->links < kHardLinksMax ? entry_add(to->directory, to->name, to->length, node) : -EMLINK;
}

/* Whether `node` is `directory` or lies below it. */
static bool lies_in(const struct node *node, const struct node *directory) {
  while (node != directory && node->names != NULL) node = node->names->directory;
  return node == directory;
}

/* Whether what the call's path leads to may get the other name. */
static int64_t may_rename(struct call *call, const struct place *from, const struct place *to) {
  const struct node *moved = from->node, *old = to->node;
  const bool directory = S_ISDIR(moved->mode);

  if (directory && lies_in(to->directory, moved)) return -EINVAL;
  if (old != NULL && S_ISDIR(old->mode) && lies_in(from->directory, old)) return -ENOTEMPTY;
  int64_t error = may_remove(call, from);
  if (error == 0 && old != NULL) error = may_remove(call, to);
  if (error != 0) return error;
  if (old == NULL && !allowed(call, to->directory, W_OK | X_OK)) return -EACCES;
  if (old != NULL && directory != S_ISDIR(old->mode)) return directory ? -ENOTDIR : -EISDIR;
  if (directory && from->directory != to->directory && !allowed(call, moved, W_OK)) return -EACCES;
  return old != NULL && directory && old->first != NULL ? -ENOTEMPTY : 0;
}

int64_t serve_renameat2(struct call *call) {
  const struct place *from = &call->place, *to = &call->other;
  const bool replaces = call->words[2] == 0;

  if (!replaces && call->words[2] != RENAME_NOREPLACE) return -EINVAL;
  if (from->directory == NULL) return -EBUSY;
  if (to->directory == NULL) return replaces ? -EBUSY : -EEXIST;
  if (from->node == NULL || !node_alive(to->directory)) return -ENOENT;
  if (to->node != NULL && !replaces) return -EEXIST;
  if (!S_ISDIR(from->node->mode) && (from->slash || to->slash)) return -ENOTDIR;
  if (from->node == to->node) return 0;
  const int64_t refused = may_rename(call, from, to);
  if (refused != 0) return refused;
  struct entry *source = entry_find(from->directory, from->name, from->length);
  struct entry *old = to->node != NULL ? entry_find(to->directory, to->name, to->length) : NULL;
  const int error = entry_add(to->directory, to->name, to->length, from->node);
  if (error != 0) return error;
  if (old != NULL) entry_remove(old);
  entry_remove(source);
  return 0;
}
