/* Reading directories. */
#ifndef _DIRENT_H
#define _DIRENT_H

#include <sys/types.h>

#define DT_UNKNOWN 0
#define DT_FIFO 1
#define DT_CHR 2
#define DT_DIR 4
#define DT_BLK 6
#define DT_REG 8
#define DT_LNK 10
#define DT_SOCK 12
#define DTTOIF(type) ((type) << 12)
#define IFTODT(mode) (((mode)&0170000) >> 12)

#ifdef __cplusplus
extern "C" {
#endif

typedef struct __directory DIR;

struct dirent { /* the kernel's linux_dirent64, which is as long as the name needs */
  ino_t d_ino;
  off_t d_off; /* position of the next entry, for seekdir */
  unsigned short d_reclen;
  unsigned char d_type;
  char d_name[256];
};

DIR *opendir(const char *path);
DIR *fdopendir(int fd); /* the descriptor is the DIR's from then on */
struct dirent *readdir(DIR *directory);
int closedir(DIR *directory);
void rewinddir(DIR *directory);
long telldir(DIR *directory);
void seekdir(DIR *directory, long position);
int dirfd(DIR *directory);

#ifdef __cplusplus
}
#endif
#endif
