/* Does a text match a pattern of the shell? */
#ifndef _FNMATCH_H
#define _FNMATCH_H

#define FNM_PATHNAME 1 /* only a / matches a / */
#define FNM_FILE_NAME FNM_PATHNAME
#define FNM_NOESCAPE 2    /* a backslash is an ordinary character */
#define FNM_PERIOD 4      /* only a period matches a leading period */
#define FNM_LEADING_DIR 8 /* what follows a / may be missing in the pattern */
#define FNM_CASEFOLD 16
#define FNM_NOMATCH 1

#ifdef __cplusplus
extern "C" {
#endif

int fnmatch(const char *pattern, const char *text, int flags); /* 0 or FNM_NOMATCH */

#ifdef __cplusplus
}
#endif
#endif
