#ifndef _STDIO_H
#define _STDIO_H

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

#define EOF (-1)
#define BUFSIZ 4096
#define FOPEN_MAX 16
#define FILENAME_MAX 4096

/* Buffering: full, by line, none. */
#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2

#ifndef SEEK_SET
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#endif

#define __PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#define __SCANF(format_index, first) __attribute__((format(scanf, format_index, first)))

#ifdef __cplusplus
extern "C" {
#endif

typedef struct __file FILE;

extern FILE *stdin;
extern FILE *stdout;
extern FILE *stderr;
#define stdin stdin
#define stdout stdout
#define stderr stderr

/* Streams */
FILE *fopen(const char *__restrict path, const char *__restrict mode);
FILE *fdopen(int fd, const char *mode);
FILE *freopen(const char *__restrict path, const char *__restrict mode, FILE *__restrict file);
int fclose(FILE *file);
int fflush(FILE *file);
int setvbuf(FILE *__restrict file, char *__restrict buffer, int mode, size_t size);
void setbuf(FILE *__restrict file, char *__restrict buffer);
void setlinebuf(FILE *file);
int fseek(FILE *file, long offset, int whence);
long ftell(FILE *file);
int fseeko(FILE *file, off_t offset, int whence);
off_t ftello(FILE *file);
void rewind(FILE *file);
int feof(FILE *file);
int ferror(FILE *file);
void clearerr(FILE *file);
int fileno(FILE *file);

/* Bytes and lines */
size_t fread(void *__restrict to, size_t size, size_t count, FILE *__restrict file);
size_t fwrite(const void *__restrict from, size_t size, size_t count, FILE *__restrict file);
int fgetc(FILE *file);
int getc(FILE *file);
int getchar(void);
int ungetc(int c, FILE *file);
char *fgets(char *__restrict to, int size, FILE *__restrict file);
ssize_t getline(char **__restrict line, size_t *__restrict size, FILE *__restrict file);
ssize_t getdelim(char **__restrict line, size_t *__restrict size, int delimiter, FILE *__restrict file);
int fputc(int c, FILE *file);
int putc(int c, FILE *file);
int putchar(int c);
int fputs(const char *__restrict text, FILE *__restrict file);
int puts(const char *text);

/* Formatted output: d i u o x X c s p f F e E g G %, flags - + space # 0, width, precision, hh h l ll z j t L. */
int printf(const char *__restrict format, ...) __PRINTF(1, 2);
int fprintf(FILE *__restrict file, const char *__restrict format, ...) __PRINTF(2, 3);
int dprintf(int fd, const char *__restrict format, ...) __PRINTF(2, 3);
int sprintf(char *__restrict to, const char *__restrict format, ...) __PRINTF(2, 3);
int snprintf(char *__restrict to, size_t size, const char *__restrict format, ...) __PRINTF(3, 4);
int asprintf(char **__restrict to, const char *__restrict format, ...) __PRINTF(2, 3);
int vprintf(const char *__restrict format, va_list arguments) __PRINTF(1, 0);
int vfprintf(FILE *__restrict file, const char *__restrict format, va_list arguments) __PRINTF(2, 0);
int vdprintf(int fd, const char *__restrict format, va_list arguments) __PRINTF(2, 0);
int vsprintf(char *__restrict to, const char *__restrict format, va_list arguments) __PRINTF(2, 0);
int vsnprintf(char *__restrict to, size_t size, const char *__restrict format, va_list arguments) __PRINTF(3, 0);
int vasprintf(char **__restrict to, const char *__restrict format, va_list arguments) __PRINTF(2, 0);

/* Formatted input: d i u o x X p c s [ n %, width, *, hh h l ll z j t. */
int scanf(const char *__restrict format, ...) __SCANF(1, 2);
int fscanf(FILE *__restrict file, const char *__restrict format, ...) __SCANF(2, 3);
int sscanf(const char *__restrict text, const char *__restrict format, ...) __SCANF(2, 3);
int vscanf(const char *__restrict format, va_list arguments) __SCANF(1, 0);
int vfscanf(FILE *__restrict file, const char *__restrict format, va_list arguments) __SCANF(2, 0);
int vsscanf(const char *__restrict text, const char *__restrict format, va_list arguments) __SCANF(2, 0);

void perror(const char *what);

/* Files */
int remove(const char *path);
int rename(const char *from, const char *to);
int renameat(int from_directory, const char *from, int to_directory, const char *to);
int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags);

/* A command of the shell: its output ("r") or its input ("w"); "e" adds close-on-exec. pclose returns its status as wait has it. */
FILE *popen(const char *command, const char *mode);
int pclose(FILE *file);

#ifdef __cplusplus
}
#endif
#endif
