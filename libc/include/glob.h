/* The paths that match a pattern of the shell. */
#ifndef _GLOB_H
#define _GLOB_H

#include <stddef.h>

#define GLOB_ERR 0x01  /* a directory that cannot be read ends it */
#define GLOB_MARK 0x02 /* a / behind directories */
#define GLOB_NOSORT 0x04
#define GLOB_DOOFFS 0x08   /* gl_offs NULLs come first */
#define GLOB_NOCHECK 0x10  /* no match: the pattern itself */
#define GLOB_APPEND 0x20   /* behind what is there from the last time */
#define GLOB_NOESCAPE 0x40 /* a backslash is an ordinary character */

#define GLOB_NOSPACE 1
#define GLOB_ABORTED 2
#define GLOB_NOMATCH 3

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  size_t gl_pathc;
  char **gl_pathv;
  size_t gl_offs;
} glob_t;

int glob(const char *__restrict pattern, int flags, int (*on_error)(const char *path, int error), glob_t *__restrict found);
void globfree(glob_t *found);

#ifdef __cplusplus
}
#endif
#endif
