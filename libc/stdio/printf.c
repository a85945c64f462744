/* Formatted output: the format string, integers, characters and strings. (Floating point: format_float.c) */
#include "file.h"
#include "format.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void __libc_emit(struct sink *sink, const char *text, size_t size) {
  if (sink->file) {
    if (!sink->failed && size && __libc_put(sink->file, text, size) != size) sink->failed = 1;
  } else if (sink->length < sink->room) {
    size_t room = sink->room - sink->length;
    memcpy(sink->memory + sink->length, text, size < room ? size : room);
  }
  sink->length += size;
}

void __libc_emit_many(struct sink *sink, char c, long count) {
  char block[32];
  memset(block, c, sizeof block);
  for (; count > 0; count -= (long)sizeof block) __libc_emit(sink, block, count < (long)sizeof block ? (size_t)count : sizeof block);
}

void __libc_pad_left(struct sink *sink, const struct conversion *conversion, const char *prefix, long size) {
  long missing = conversion->width - size - (long)strlen(prefix);
  int zeros = (conversion->flags & (ZERO | LEFT)) == ZERO;
  if (!zeros && !(conversion->flags & LEFT)) __libc_emit_many(sink, ' ', missing);
  __libc_emit(sink, prefix, strlen(prefix));
  if (zeros) __libc_emit_many(sink, '0', missing);
}

void __libc_pad_right(struct sink *sink, const struct conversion *conversion, const char *prefix, long size) {
  if (conversion->flags & LEFT) __libc_emit_many(sink, ' ', conversion->width - size - (long)strlen(prefix));
}

static void format_text(struct sink *sink, struct conversion *conversion, const char *text, size_t size) {
  conversion->flags &= ~(unsigned)ZERO;
  __libc_pad_left(sink, conversion, "", (long)size);
  __libc_emit(sink, text, size);
  __libc_pad_right(sink, conversion, "", (long)size);
}

static void format_integer(struct sink *sink, struct conversion *conversion, uintmax_t value, const char *prefix) {
  unsigned base = conversion->kind == 'o' ? 8 : conversion->kind == 'x' || conversion->kind == 'X' ? 16 : 10;
  const char *digits = conversion->kind == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
  char text[24], *at = text + sizeof text;
  for (uintmax_t rest = value; rest; rest /= base) *--at = digits[rest % base];
  long size = text + sizeof text - at;
  /* A precision is the least number of digits, and turns the flag 0 off; without one it is 1. */
  long least = conversion->precision < 0 ? 1 : conversion->precision;
  if (conversion->precision >= 0) conversion->flags &= ~(unsigned)ZERO;
  if (conversion->kind == 'o' && conversion->flags & ALTERNATE && least <= size) least = size + 1;
  long zeros = least > size ? least - size : 0;
  __libc_pad_left(sink, conversion, prefix, zeros + size);
  __libc_emit_many(sink, '0', zeros);
  __libc_emit(sink, at, (size_t)size);
  __libc_pad_right(sink, conversion, prefix, zeros + size);
}

static intmax_t signed_argument(char length, va_list *list) {
  switch (length) {
    case 'H': return (signed char)va_arg(*list, int);
    case 'h': return (short)va_arg(*list, int);
    case 0: return va_arg(*list, int);
    default: return va_arg(*list, long); /* l ll j z t: all 64 bits */
  }
}

static uintmax_t unsigned_argument(char length, va_list *list) {
  switch (length) {
    case 'H': return (unsigned char)va_arg(*list, int);
    case 'h': return (unsigned short)va_arg(*list, int);
    case 0: return va_arg(*list, unsigned);
    default: return va_arg(*list, unsigned long);
  }
}

static const char *sign_of(const struct conversion *conversion, int negative) {
  return negative ? "-" : conversion->flags & PLUS ? "+" : conversion->flags & SPACE ? " " : "";
}

static void format_string(struct sink *sink, struct conversion *conversion, const char *text) {
  if (!text) text = conversion->precision >= 0 && conversion->precision < 6 ? "" : "(null)";
  format_text(sink, conversion, text, conversion->precision < 0 ? strlen(text) : strnlen(text, (size_t)conversion->precision));
}

static void format_pointer(struct sink *sink, struct conversion *conversion, uintptr_t address) {
  if (!address) {
    format_text(sink, conversion, "(nil)", 5);
    return;
  }
  conversion->kind = 'x';
  format_integer(sink, conversion, address, "0x");
}

/* Returns -1 for a conversion that does not exist. */
static int convert(struct sink *sink, struct conversion *conversion, va_list *list) {
  switch (conversion->kind) {
    case 'd':
    case 'i': {
      intmax_t value = signed_argument(conversion->length, list);
      format_integer(sink, conversion, value < 0 ? -(uintmax_t)value : (uintmax_t)value, sign_of(conversion, value < 0));
      return 0;
    }
    case 'u':
    case 'o':
    case 'x':
    case 'X': {
      uintmax_t value = unsigned_argument(conversion->length, list);
      int prefixed = conversion->flags & ALTERNATE && value && conversion->kind != 'u' && conversion->kind != 'o';
      format_integer(sink, conversion, value, !prefixed ? "" : conversion->kind == 'x' ? "0x" : "0X");
      return 0;
    }
    case 'c': {
      char c = (char)va_arg(*list, int);
      format_text(sink, conversion, &c, 1);
      return 0;
    }
    case 's': format_string(sink, conversion, va_arg(*list, const char *)); return 0;
    case 'p': format_pointer(sink, conversion, (uintptr_t)va_arg(*list, void *)); return 0;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
      __libc_format_float(sink, conversion, conversion->length == 'L' ? va_arg(*list, long double) : va_arg(*list, double));
      return 0;
    case '%': __libc_emit(sink, "%", 1); return 0;
  }
  return -1;
}

/* A width or precision: digits, or * for the next argument. */
static int number(const char **at, va_list *list) {
  if (**at == '*') {
    ++*at;
    return va_arg(*list, int);
  }
  long value = 0;
  for (; **at >= '0' && **at <= '9'; ++*at)
    if (value <= INT_MAX) value = value * 10 + (**at - '0');
  return value > INT_MAX ? INT_MAX : (int)value;
}

/* Reads one conversion, behind its %. Returns where it ends. */
static const char *parse(const char *at, struct conversion *conversion, va_list *list) {
  static const char kFlags[] = "-+ #0"; /* in the order of the constants LEFT … ZERO */
  *conversion = (struct conversion){.precision = -1};
  for (const char *flag; *at && (flag = strchr(kFlags, *at)); at++) conversion->flags |= 1u << (flag - kFlags);
  conversion->width = number(&at, list);
  if (conversion->width < 0) { /* from an argument: a flag and a width */
    conversion->flags |= LEFT;
    conversion->width = conversion->width == INT_MIN ? INT_MAX : -conversion->width;
  }
  if (*at == '.') {
    at++;
    conversion->precision = number(&at, list);
    if (conversion->precision < 0) conversion->precision = -1;
  }
  if (*at && strchr("hlLjzt", *at)) {
    conversion->length = *at++;
    if (conversion->length == 'h' && *at == 'h')
      conversion->length = 'H', at++;
    else if (conversion->length == 'l' && *at == 'l')
      conversion->length = 'L', at++;
  }
  conversion->kind = *at;
  return *at ? at + 1 : at;
}

/* Returns the length of the text, or -1 with errno set. */
static int format_all(struct sink *sink, const char *format, va_list arguments) {
  va_list list;
  va_copy(list, arguments); /* a parameter may be an array, of which no pointer can be handed on */
  int valid = 1;
  while (*format && valid) {
    size_t plain = strcspn(format, "%");
    __libc_emit(sink, format, plain);
    format += plain;
    if (!*format) break;
    struct conversion conversion;
    format = parse(format + 1, &conversion, &list);
    valid = convert(sink, &conversion, &list) == 0;
  }
  va_end(list);
  if (!valid)
    errno = EINVAL;
  else if (sink->length > INT_MAX)
    errno = EOVERFLOW;
  return valid && !sink->failed && sink->length <= INT_MAX ? (int)sink->length : -1;
}

int vfprintf(FILE *restrict file, const char *restrict format, va_list arguments) {
  struct sink sink = {.file = file};
  if (__libc_to_writing(file) < 0) return -1;
  if (!(file->flags & UNBUFFERED)) return format_all(&sink, format, arguments);
  /* Unbuffered, but one call should be one write, so that messages of several processes do not mix. */
  unsigned char local[512];
  file->buffer = local;
  file->capacity = sizeof local;
  int result = format_all(&sink, format, arguments);
  if (__libc_drain(file) < 0) result = -1;
  file->buffer = file->single;
  file->capacity = sizeof file->single;
  return result;
}

int vsnprintf(char *restrict to, size_t size, const char *restrict format, va_list arguments) {
  struct sink sink = {.memory = to, .room = size ? size - 1 : 0};
  int result = format_all(&sink, format, arguments);
  if (size) to[sink.length < size ? sink.length : size - 1] = 0;
  return result;
}

int vdprintf(int fd, const char *restrict format, va_list arguments) {
  unsigned char buffer[512];
  FILE file = {.fd = fd, .flags = CAN_WRITE | PREPARED | MODE_CHOSEN, .buffer = buffer, .capacity = sizeof buffer};
  int result = vfprintf(&file, format, arguments);
  return __libc_drain(&file) < 0 ? -1 : result;
}

int vasprintf(char **restrict to, const char *restrict format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int size = vsnprintf(NULL, 0, format, arguments);
  char *text = size < 0 ? NULL : malloc((size_t)size + 1);
  if (text) {
    vsnprintf(text, (size_t)size + 1, format, again);
    *to = text;
  }
  va_end(again);
  return text ? size : -1;
}

int vprintf(const char *restrict format, va_list arguments) { return vfprintf(stdout, format, arguments); }
int vsprintf(char *restrict to, const char *restrict format, va_list arguments) {
  return vsnprintf(to, (size_t)INT_MAX + 1, format, arguments);
}

/* The six functions with a list of arguments of their own. */
#define FORWARD(call)          \
  va_list arguments;           \
  va_start(arguments, format); \
  int result = call;           \
  va_end(arguments);           \
  return result

int printf(const char *restrict format, ...) { FORWARD(vfprintf(stdout, format, arguments)); }
int fprintf(FILE *restrict file, const char *restrict format, ...) { FORWARD(vfprintf(file, format, arguments)); }
int dprintf(int fd, const char *restrict format, ...) { FORWARD(vdprintf(fd, format, arguments)); }
int sprintf(char *restrict to, const char *restrict format, ...) { FORWARD(vsprintf(to, format, arguments)); }
int snprintf(char *restrict to, size_t size, const char *restrict format, ...) { FORWARD(vsnprintf(to, size, format, arguments)); }
int asprintf(char **restrict to, const char *restrict format, ...) { FORWARD(vasprintf(to, format, arguments)); }
