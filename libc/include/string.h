#ifndef _STRING_H
#define _STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory */
void *memcpy(void *__restrict to, const void *__restrict from, size_t size);
void *mempcpy(void *__restrict to, const void *__restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
void *memchr(const void *memory, int byte, size_t size);
void *memrchr(const void *memory, int byte, size_t size);
void *memmem(const void *memory, size_t size, const void *needle, size_t needle_size);

/* Copying and joining */
char *strcpy(char *__restrict to, const char *__restrict from);
char *strncpy(char *__restrict to, const char *__restrict from, size_t size);
char *stpcpy(char *__restrict to, const char *__restrict from);
char *stpncpy(char *__restrict to, const char *__restrict from, size_t size);
char *strcat(char *__restrict to, const char *__restrict from);
char *strncat(char *__restrict to, const char *__restrict from, size_t size);
char *strdup(const char *text);
char *strndup(const char *text, size_t size);

/* Measuring and comparing */
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t size);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);
int strcoll(const char *a, const char *b);

/* Searching and splitting */
char *strchr(const char *text, int c);
char *strchrnul(const char *text, int c);
char *strrchr(const char *text, int c);
char *strstr(const char *text, const char *needle);
char *strcasestr(const char *text, const char *needle);
size_t strspn(const char *text, const char *accept);
size_t strcspn(const char *text, const char *reject);
char *strpbrk(const char *text, const char *accept);
char *strtok(char *__restrict text, const char *__restrict separators);
char *strtok_r(char *__restrict text, const char *__restrict separators, char **__restrict state);
char *strsep(char **__restrict text, const char *__restrict separators);

/* Texts of error and signal numbers, as Linux's C library words them. */
char *strerror(int error);
int strerror_r(int error, char *buffer, size_t size); /* the POSIX form: 0, EINVAL or ERANGE */
char *strsignal(int signal);
/* "HUP" for SIGHUP; NULL: no such signal. */
const char *sigabbrev_np(int signal);

#ifdef __cplusplus
}
#endif
#endif
