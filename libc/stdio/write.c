/* Output of bytes. */
#include "file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* All of it, or -1 with errno set and the error mark on the stream. */
static int write_all(FILE *file, const unsigned char *from, size_t size) {
  while (size) {
    ssize_t written = write(file->fd, from, size);
    if (written < 0) {
      file->flags |= FAILED;
      return -1;
    }
    from += written;
    size -= (size_t)written;
  }
  return 0;
}

int __libc_drain(FILE *file) {
  size_t size = file->end;
  file->end = 0;
  return write_all(file, file->buffer, size);
}

int __libc_to_writing(FILE *file) {
  if (file->flags & WRITING) return 0;
  if (!(file->flags & CAN_WRITE)) {
    errno = EBADF;
    file->flags |= FAILED;
    return -1;
  }
  __libc_prepare(file);
  if (file->flags & READING) fflush(file);
  file->start = file->end = 0;
  file->pushed_count = 0;
  file->flags = (file->flags & ~(unsigned)READING) | WRITING;
  return 0;
}

/* Fills the buffer, and writes it only when more comes than it holds; whole buffers go out directly. */
static int append(FILE *file, const unsigned char *from, size_t size) {
  while (size) {
    if (file->end == file->capacity && __libc_drain(file) < 0) return -1;
    if (file->end == 0 && size >= file->capacity) {
      size_t whole = size - size % file->capacity;
      if (write_all(file, from, whole) < 0) return -1;
      from += whole;
      size -= whole;
      continue;
    }
    size_t piece = file->capacity - file->end;
    if (piece > size) piece = size;
    memcpy(file->buffer + file->end, from, piece);
    file->end += piece;
    from += piece;
    size -= piece;
  }
  return 0;
}

size_t __libc_put(FILE *file, const char *text, size_t size) {
  const unsigned char *from = (const unsigned char *)text;
  if (__libc_to_writing(file) < 0) return 0;
  if (file->flags & BY_LINE) { /* everything up to the last newline goes out */
    const unsigned char *newline = memrchr(from, '\n', size);
    size_t lines = newline ? (size_t)(newline + 1 - from) : 0;
    if (lines && (append(file, from, lines) < 0 || __libc_drain(file) < 0)) return 0;
    if (append(file, from + lines, size - lines) < 0) return lines;
    return size;
  }
  return append(file, from, size) < 0 ? 0 : size;
}

size_t fwrite(const void *restrict from, size_t size, size_t count, FILE *restrict file) {
  size_t total;
  if (__builtin_mul_overflow(size, count, &total) || total == 0) return 0;
  size_t done = __libc_put(file, from, total);
  return done == total ? count : done / size;
}

int fputs(const char *restrict text, FILE *restrict file) {
  size_t size = strlen(text);
  return __libc_put(file, text, size) == size ? 1 : EOF;
}

int fputc(int c, FILE *file) {
  char byte = (char)c;
  return __libc_put(file, &byte, 1) == 1 ? (unsigned char)c : EOF;
}

int putc(int c, FILE *file) { return fputc(c, file); }
int putchar(int c) { return fputc(c, stdout); }

int puts(const char *text) { return fputs(text, stdout) < 0 || putchar('\n') < 0 ? EOF : 1; }

/* One write, even though the stream is unbuffered: see vfprintf. */
void perror(const char *what) {
  const char *error = strerror(errno);
  if (what && *what)
    fprintf(stderr, "%s: %s\n", what, error);
  else
    fprintf(stderr, "%s\n", error);
}
