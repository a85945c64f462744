#ifndef _STDLIB_H
#define _STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define RAND_MAX 2147483647

#ifdef __cplusplus
extern "C" {
#endif

/* Memory. malloc(0) gives a unique pointer; every failure gives NULL and ENOMEM. */
void *malloc(size_t size) __attribute__((malloc));
void *calloc(size_t count, size_t size) __attribute__((malloc));
void *realloc(void *memory, size_t size);
void *reallocarray(void *memory, size_t count, size_t size);
void free(void *memory);
void *aligned_alloc(size_t alignment, size_t size) __attribute__((malloc));
int posix_memalign(void **memory, size_t alignment, size_t size);
size_t malloc_usable_size(void *memory);

/* Ending the process. _Exit leaves unwritten output behind. */
void exit(int status) __attribute__((noreturn));
void _Exit(int status) __attribute__((noreturn));
void abort(void) __attribute__((noreturn));
int atexit(void (*function)(void));

/* A command of the shell: its status as wait has it. NULL: whether there is a shell. */
int system(const char *command);

/* A new file, a new directory, of a name that was not there: `pattern` ends in XXXXXX, which is replaced. */
int mkstemp(char *pattern);
int mkostemp(char *pattern, int flags);
char *mkdtemp(char *pattern);

/* Environment */
char *getenv(const char *name);
int setenv(const char *name, const char *value, int overwrite);
int unsetenv(const char *name);
int putenv(char *assignment);
int clearenv(void);

/* Numbers from text */
int atoi(const char *text);
long atol(const char *text);
long long atoll(const char *text);
double atof(const char *text);
long strtol(const char *__restrict text, char **__restrict end, int base);
long long strtoll(const char *__restrict text, char **__restrict end, int base);
unsigned long strtoul(const char *__restrict text, char **__restrict end, int base);
unsigned long long strtoull(const char *__restrict text, char **__restrict end, int base);
double strtod(const char *__restrict text, char **__restrict end);

/* Sorting and searching */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *base, size_t count, size_t size, int (*compare)(const void *, const void *));

/* Arithmetic */
typedef struct {
  int quot, rem;
} div_t;
typedef struct {
  long quot, rem;
} ldiv_t;
typedef struct {
  long long quot, rem;
} lldiv_t;
int abs(int value);
long labs(long value);
long long llabs(long long value);
div_t div(int numerator, int denominator);
ldiv_t ldiv(long numerator, long denominator);
lldiv_t lldiv(long long numerator, long long denominator);

/* Pseudo-random numbers */
int rand(void);
void srand(unsigned seed);
int rand_r(unsigned *seed);

#ifdef __cplusplus
}
#endif
#endif
