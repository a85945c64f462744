/* What stat tells of a node, and the calls that change it: chmod, chown, utimensat, truncate.
 *
 * Owns: nothing. Must never: change anything for a sender that is neither the owner nor root, but the size and the times of what it may
 * write. */
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "call.h"

enum { kDevice = 0x1e, kProcDevice = 0x1f, kBlock = 512, kTmpfsMagic = 0x01021994, kBillion = 1000000000 };

int64_t serve_stat(struct call *call) {
  struct node *node = call->node;
  struct stat out = {.st_ino = node->number, .st_nlink = node->links, .st_mode = node->mode, .st_uid = node->uid, .st_gid = node->gid};

  out.st_dev = node->proc != 0 ? kProcDevice : kDevice;
  out.st_blksize = kPage;
  out.st_atim = node->accessed;
  out.st_mtim = node->modified;
  out.st_ctim = node->changed;
  if (S_ISREG(node->mode) && node->proc == 0) {
    out.st_size = (off_t)node->data.size;
    out.st_blocks = (blkcnt_t)(node->data.pages * (kPage / kBlock));
  }
  if (S_ISLNK(node->mode) && node->proc == 0) out.st_size = (off_t)strlen(node->target);
  if (S_ISCHR(node->mode)) out.st_rdev = makedev(node->device >> 8, node->device & 0xff);
  return server_write_stat(call->message, &out);
}

int64_t serve_statfs(struct call *call) {
  struct statfs out = {.f_type = kTmpfsMagic, .f_bsize = kPage, .f_frsize = kPage, .f_namelen = kNameMax};

  out.f_blocks = limits.pages;
  out.f_bfree = out.f_bavail = limits.pages - limits.pages_used;
  out.f_files = limits.things;
  out.f_ffree = limits.things - limits.things_used;
  return kine_write(call->message->token, call->words[0], &out, sizeof out) == 0 ? 0 : -errno;
}

int64_t serve_access(struct call *call) {
  if (call->words[0] & ~(uint64_t)(R_OK | W_OK | X_OK)) return -EINVAL;
  return allowed(call, call->node, (unsigned)call->words[0]) ? 0 : -EACCES;
}

int64_t serve_chmod(struct call *call) {
  uint32_t mode = (uint32_t)call->words[0] & 07777;

  if (call->node->proc != 0 || !owns(call, call->node)) return -EPERM;
  if (call->message->uid != 0 && !in_group(call, call->node->gid)) mode &= ~(uint32_t)S_ISGID;
  call->node->mode = (call->node->mode & S_IFMT) | mode;
  node_touch(call->node, kChanged);
  return 0;
}

/* Nobody but the owner may leave a program behind that runs with the owner's rights. */
static void drop_set_ids(struct call *call, struct node *node) {
  const bool keeps_group = !(node->mode & S_IXGRP) && (call->message->uid == 0 || in_group(call, node->gid));

  if (S_ISREG(node->mode)) node->mode &= ~(uint32_t)(S_ISUID | (keeps_group ? 0 : S_ISGID));
}

void node_wrote(struct call *call) {
  if (call->message->uid != 0) drop_set_ids(call, call->node);
  node_touch(call->node, kModified | kChanged);
}

int64_t resize_node(struct call *call, uint64_t size) {
  const int64_t error = data_resize(&call->node->data, size);

  if (error == 0) node_wrote(call);
  return error;
}

int64_t serve_chown(struct call *call) {
  struct node *node = call->node;
  const uint32_t uid = (uint32_t)call->words[0] == UINT32_MAX ? node->uid : (uint32_t)call->words[0];
  const uint32_t gid = (uint32_t)call->words[1] == UINT32_MAX ? node->gid : (uint32_t)call->words[1];

  if (node->proc != 0 || !owns(call, node)) return ((uint32_t)call->words[0] & (uint32_t)call->words[1]) == UINT32_MAX ? 0 : -EPERM;
  if (call->message->uid != 0 && (uid != node->uid || (gid != node->gid && !in_group(call, gid)))) return -EPERM;
  node->uid = uid;
  node->gid = gid;
  drop_set_ids(call, node);
  node_touch(node, kChanged);
  return 0;
}

int64_t serve_utimens(struct call *call) {
  struct node *node = call->node;
  struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}}, now;
  unsigned special = 0;

  if (call->words[0] != 0 && kine_read(call->message->token, times, call->words[0], sizeof times) != 0) return -errno;
  for (int i = 0; i < 2; i++) {
    const long part = times[i].tv_nsec;
    special += part == UTIME_NOW;
    if (part != UTIME_NOW && part != UTIME_OMIT && (unsigned long)part >= kBillion) return -EINVAL;
  }
  if (times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT) return 0;
  if (!owns(call, node) && special < 2) return -EPERM;
  if (!owns(call, node) && !allowed(call, node, W_OK)) return -EACCES;
  clock_gettime(CLOCK_REALTIME, &now);
  if (times[0].tv_nsec != UTIME_OMIT) node->accessed = times[0].tv_nsec == UTIME_NOW ? now : times[0];
  if (times[1].tv_nsec != UTIME_OMIT) node->modified = times[1].tv_nsec == UTIME_NOW ? now : times[1];
  node->changed = now;
  return 0;
}

int64_t serve_truncate(struct call *call) {
  const bool by_path = call->message->number == SYS_truncate;

  if ((int64_t)call->words[0] < 0 || (!by_path && (call->open->flags & O_ACCMODE) == O_RDONLY)) return -EINVAL;
  if (!S_ISREG(call->node->mode)) return S_ISDIR(call->node->mode) ? -EISDIR : -EINVAL;
  if (by_path && !allowed(call, call->node, W_OK)) return -EACCES;
  return resize_node(call, call->words[0]);
}
