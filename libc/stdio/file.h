/* A stream, for the files of stdio (not installed for programs).
 *
 * One buffer serves both directions. While the stream reads, buffer[start .. end) is input that nobody has taken yet; while it
 * writes, buffer[0 .. end) is output that the kernel has not seen yet. Bytes pushed back by ungetc wait apart, on a stack. */
#ifndef LIBC_STDIO_FILE_H
#define LIBC_STDIO_FILE_H

#include <stdio.h>

enum {
  CAN_READ = 1 << 0,
  CAN_WRITE = 1 << 1,
  READING = 1 << 2, /* the buffer belongs to input */
  WRITING = 1 << 3, /* … to output */
  AT_END = 1 << 4,
  FAILED = 1 << 5,
  BY_LINE = 1 << 6, /* at most one of these two; neither: fully buffered */
  UNBUFFERED = 1 << 7,
  MODE_CHOSEN = 1 << 8,  /* by setvbuf: a terminal does not change it any more */
  PREPARED = 1 << 9,     /* the buffer exists and the mode is settled */
  OWNS_BUFFER = 1 << 10, /* fclose frees the buffer */
  STANDARD = 1 << 11,    /* stdin, stdout, stderr: not from malloc */
  APPENDING = 1 << 12,   /* every write goes to the end of the file */
};

#define PUSHED 8

struct __file {
  int fd;
  unsigned flags;
  unsigned char *buffer;
  size_t capacity, start, end;
  unsigned char pushed[PUSHED];
  unsigned pushed_count;
  unsigned char single[1]; /* the buffer of an unbuffered stream */
  pid_t child;             /* popen's */
  struct __file *next;     /* list of open streams */
};

extern struct __file *__libc_streams;

/* Settles the buffering at the first use: by line on a terminal, else full. */
void __libc_prepare(FILE *file);

/* Turn the stream to one direction. Return 0, or -1 with errno set and the error mark on the stream. */
int __libc_to_reading(FILE *file);
int __libc_to_writing(FILE *file);

/* Writes the waiting output. Returns 0, or -1 with errno set, the error mark on the stream, and the output dropped. */
int __libc_drain(FILE *file);

/* Appends to the stream's output, writing as its buffering demands. Returns the number of bytes taken. */
size_t __libc_put(FILE *file, const char *text, size_t size);

/* Flushes every stream; exit() calls it. */
void __libc_flush_all(void);

#endif
