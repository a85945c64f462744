/* Shared by the two halves of formatted output (not installed for programs). */
#ifndef LIBC_STDIO_FORMAT_H
#define LIBC_STDIO_FORMAT_H

#include <stdarg.h>
#include <stdio.h>

/* Where formatted text goes: a stream, or memory that may be too small (or absent). */
struct sink {
  FILE *file;
  char *memory;
  size_t room;   /* bytes of memory that may be written, the final NUL not included */
  size_t length; /* of all the text, whether or not it found room */
  int failed;
};

void __libc_emit(struct sink *sink, const char *text, size_t size);
void __libc_emit_many(struct sink *sink, char c, long count);

enum { LEFT = 1, PLUS = 2, SPACE = 4, ALTERNATE = 8, ZERO = 16 };

/* One conversion: %[flags][width][.precision][length]conversion */
struct conversion {
  unsigned flags;
  int width;
  int precision; /* -1: none given */
  char length;   /* H: hh, h, l, L: ll or L, j, z, t, or 0 */
  char kind;
};

/* Prints prefix and body (which emit_body prints as `size` characters) in the width of the conversion: spaces left, zeros between the
 * two, or spaces right. */
void __libc_pad_left(struct sink *sink, const struct conversion *conversion, const char *prefix, long size);
void __libc_pad_right(struct sink *sink, const struct conversion *conversion, const char *prefix, long size);

void __libc_format_float(struct sink *sink, const struct conversion *conversion, long double value);

#endif
