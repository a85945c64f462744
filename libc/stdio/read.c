/* Input of bytes and lines. */
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __libc_to_reading(FILE *file) {
  if (file->flags & READING) return 0;
  if (!(file->flags & CAN_READ)) {
    errno = EBADF;
    file->flags |= FAILED;
    return -1;
  }
  __libc_prepare(file);
  if (file->flags & WRITING && __libc_drain(file) < 0) return -1;
  file->start = file->end = 0;
  file->flags = (file->flags & ~(unsigned)WRITING) | READING;
  return 0;
}

/* One read from the descriptor. Returns the number of bytes; 0 with a mark on the stream at the end or on an error. */
static size_t read_once(FILE *file, void *to, size_t size) {
  ssize_t got = read(file->fd, to, size);
  if (got > 0) return (size_t)got;
  file->flags |= got == 0 ? AT_END : FAILED;
  return 0;
}

/* Makes buffer[start .. end) not empty. Returns 0 at the end or on an error.
 *
 * Somebody at a terminal should see the prompt before the program waits for the answer: C11 7.21.3 wants line-buffered output
 * written when input is requested from an unbuffered or a line-buffered stream. */
static int fill(FILE *file) {
  if (__libc_to_reading(file) < 0) return 0;
  if (file->start < file->end) return 1;
  if (file->flags & AT_END) return 0; /* the end stays until clearerr, even if a terminal has more to say */
  if (file->flags & (BY_LINE | UNBUFFERED) && (stdout->flags & (WRITING | BY_LINE)) == (WRITING | BY_LINE)) fflush(stdout);
  file->start = 0;
  file->end = read_once(file, file->buffer, file->capacity);
  return file->end > 0;
}

int fgetc(FILE *file) {
  if (file->pushed_count) return file->pushed[--file->pushed_count];
  return fill(file) ? file->buffer[file->start++] : EOF;
}

int getc(FILE *file) { return fgetc(file); }
int getchar(void) { return fgetc(stdin); }

int ungetc(int c, FILE *file) {
  if (c == EOF || file->pushed_count == PUSHED || __libc_to_reading(file) < 0) return EOF;
  file->pushed[file->pushed_count++] = (unsigned char)c;
  file->flags &= ~(unsigned)AT_END;
  return (unsigned char)c;
}

size_t fread(void *restrict to, size_t size, size_t count, FILE *restrict file) {
  unsigned char *target = to;
  size_t total;
  if (__builtin_mul_overflow(size, count, &total) || total == 0) return 0;
  size_t left = total;
  while (left && file->pushed_count) {
    *target++ = file->pushed[--file->pushed_count];
    left--;
  }
  while (left && fill(file)) {
    size_t piece = file->end - file->start;
    if (piece > left) piece = left;
    memcpy(target, file->buffer + file->start, piece);
    file->start += piece;
    target += piece;
    left -= piece;
  }
  return (total - left) / size;
}

char *fgets(char *restrict to, int size, FILE *restrict file) {
  char *at = to;
  while (size > 1) {
    int c = fgetc(file);
    if (c == EOF) {
      if (at == to || ferror(file)) return NULL;
      break;
    }
    *at++ = (char)c;
    size--;
    if (c == '\n') break;
  }
  if (size < 1) return NULL;
  *at = 0;
  return to;
}

ssize_t getdelim(char **restrict line, size_t *restrict size, int delimiter, FILE *restrict file) {
  size_t length = 0;
  if (!*line) *size = 0;
  for (;;) {
    if (length + 2 > *size) {
      size_t wanted = *size < 60 ? 120 : *size * 2;
      char *larger = realloc(*line, wanted);
      if (!larger) return -1;
      *line = larger;
      *size = wanted;
    }
    int c = fgetc(file);
    if (c == EOF && (length == 0 || ferror(file))) return -1;
    if (c != EOF) (*line)[length++] = (char)c;
    if (c == EOF || c == delimiter) break;
  }
  (*line)[length] = 0;
  return (ssize_t)length;
}

ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict file) { return getdelim(line, size, '\n', file); }
