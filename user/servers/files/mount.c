/* Other servers' trees below directories of this one, and the servers that files sends senders on to.
 *
 * Whoever owns a directory may mount what he can reach at it, without any right. So that nobody is led to a server that he has not chosen,
 * a path crosses into such a mount only for the user who made it; what root mounted is there for all. Owns: the number of mounts. Must
 * never: call a mounted server; the kernel asks it, and the sender waits for it. */
#include "call.h"

enum { kMountsMax = 100, kForRoot = 50 /* of them */ };

static int mounts;

int64_t ask_mounted(struct call *call, const struct node *node, int64_t consumed) {
  if (node->mounter != 0 && node->mounter != call->message->uid) return -EACCES;
  return answer_copy(call, KINE_ANSWER_ASK, node->mount - 1, consumed);
}

int64_t serve_pipe2(struct call *call) { return answer_copy(call, KINE_ANSWER_ASK, kFilesPipes, 0); }

int64_t serve_mount(struct call *call) {
  struct node *node = call->node;
  char type[8];
  uint64_t cookie;
  const int64_t length = server_string(call->message->token, call->words[2], type, sizeof type);

  if (length < 0 && length != -ENAMETOOLONG) return length;
  if (length < 0 || strcmp(type, "kine") != 0) return -ENODEV;
  if (!S_ISDIR(node->mode)) return -ENOTDIR;
  if (!owns(call, node)) return -EPERM;
  if (node == root || node->proc != 0 || node->mount != 0) return -EBUSY;
  if (mounts >= kMountsMax - (call->message->uid == 0 ? 0 : kForRoot)) return -ENOSPC;
  const int fd = kine_take(call->message->token, (int)call->words[4]);
  if (fd < 0) return -errno;
  /* A receiving end leads nowhere; and held here, it would keep a port from dying with the user's processes. */
  const bool port = kine_identify(call->message->token, fd, KINE_FD_IMAGE, &cookie) == 0 || errno != EINVAL;
  if (port) close(fd);
  if (port) return -EINVAL;
  node_pin(node);
  node->mount = fd + 1;
  node->mounter = call->message->uid;
  mounts++;
  return 0;
}

int64_t serve_umount2(struct call *call) {
  struct node *node = call->node;

  if (node->mount == 0) return -EINVAL;
  if (call->message->uid != 0 && call->message->uid != node->mounter) return -EPERM;
  close(node->mount - 1);
  node->mount = 0;
  mounts--;
  node_drop(node);
  return 0;
}
