/* Numbers of a file system. */
#ifndef _SYS_STATFS_H
#define _SYS_STATFS_H

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  int __val[2];
} fsid_t;

struct statfs {
  long f_type, f_bsize;
  unsigned long f_blocks, f_bfree, f_bavail; /* of f_bsize bytes; available to users */
  unsigned long f_files, f_ffree;
  fsid_t f_fsid;
  long f_namelen, f_frsize, f_flags;
  long f_spare[4];
};

int statfs(const char *path, struct statfs *out);
int fstatfs(int fd, struct statfs *out);

#ifdef __cplusplus
}
#endif
#endif
