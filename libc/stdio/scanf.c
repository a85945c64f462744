/* Formatted input. One character is read ahead at most, and pushed back. */
#include "file.h"

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct source {
  FILE *file;
  const char *text; /* if there is no file */
  long count;       /* characters taken, for %n */
};

static int take(struct source *source) {
  int c = source->file ? fgetc(source->file) : *source->text ? (unsigned char)*source->text++ : EOF;
  source->count += c != EOF;
  return c;
}

static void give_back(struct source *source, int c) {
  if (c == EOF) return;
  if (source->file)
    ungetc(c, source->file);
  else
    source->text--;
  source->count--;
}

static void skip_space(struct source *source) {
  int c;
  while (isspace(c = take(source))) {
  }
  give_back(source, c);
}

/* One conversion: %[*][width][length]kind */
struct request {
  int suppressed;
  int width;   /* most characters to take */
  char length; /* H: hh, h, l: 64 bits, 0: int */
  char kind;
};

#define TOKEN 512

/* Takes the next character into the token if it is one of `accepted` and width and room are left. Returns 1 if it did. */
static int take_into(struct source *source, char *token, size_t *size, int *width, const char *accepted) {
  if (*width == 0 || *size == TOKEN - 1) return 0;
  int c = take(source);
  if (c == EOF || c == 0 || !strchr(accepted, c)) {
    give_back(source, c);
    return 0;
  }
  token[(*size)++] = (char)c;
  token[*size] = 0;
  --*width;
  return 1;
}

/* The longest start of the input that may begin an integer in `base` (0: as its prefix says). Returns its length. */
static size_t integer_token(struct source *source, char *token, int width, int base) {
  size_t size = 0;
  token[0] = 0;
  take_into(source, token, &size, &width, "+-");
  if ((base == 0 || base == 16) && take_into(source, token, &size, &width, "0")) {
    if (take_into(source, token, &size, &width, "xX"))
      base = 16;
    else if (base == 0)
      base = 8;
  }
  const char *digits = base == 16 ? "0123456789abcdefABCDEF" : base == 8 ? "01234567" : "0123456789";
  while (take_into(source, token, &size, &width, digits)) {
  }
  return size;
}

static size_t float_token(struct source *source, char *token, int width) {
  static const char kDigits[] = "0123456789";
  size_t size = 0;
  token[0] = 0;
  take_into(source, token, &size, &width, "+-");
  while (take_into(source, token, &size, &width, kDigits)) {
  }
  if (take_into(source, token, &size, &width, "."))
    while (take_into(source, token, &size, &width, kDigits)) {
    }
  if (size && take_into(source, token, &size, &width, "eE")) {
    take_into(source, token, &size, &width, "+-");
    while (take_into(source, token, &size, &width, kDigits)) {
    }
  }
  return size;
}

static void store(const struct request *request, void *to, uintmax_t value) {
  if (request->suppressed) return;
  switch (request->length) {
    case 'H': *(unsigned char *)to = (unsigned char)value; break;
    case 'h': *(unsigned short *)to = (unsigned short)value; break;
    case 'l': *(uintmax_t *)to = value; break;
    default: *(unsigned *)to = (unsigned)value;
  }
}

enum outcome { STORED, MISMATCH, NO_INPUT };

static enum outcome scan_number(struct source *source, const struct request *request, void *to) {
  char token[TOKEN], *end;
  skip_space(source);
  int c = take(source);
  if (c == EOF) return NO_INPUT;
  give_back(source, c);
  if (strchr("feg", request->kind | 0x20) && request->kind != 'X') {
    float_token(source, token, request->width);
    double value = strtod(token, &end);
    if (end == token || *end) return MISMATCH;
    if (!request->suppressed && request->length == 'l')
      *(double *)to = value;
    else if (!request->suppressed)
      *(float *)to = (float)value;
    return STORED;
  }
  int base = request->kind == 'i' ? 0 : request->kind == 'o' ? 8 : strchr("xXp", request->kind) ? 16 : 10;
  integer_token(source, token, request->width, base);
  uintmax_t value = strchr("di", request->kind) ? (uintmax_t)strtol(token, &end, base) : strtoul(token, &end, base);
  if (end == token || *end) return MISMATCH;
  store(request, to, value);
  return STORED;
}

/* %s, %c and %[: characters for which member[c] is set. */
static enum outcome scan_text(struct source *source, const struct request *request, char *to, const char *member, int ended) {
  int taken = 0, c = EOF;
  while (taken < request->width && (c = take(source)) != EOF && member[c]) {
    if (!request->suppressed) *to++ = (char)c;
    taken++;
  }
  if (taken < request->width) give_back(source, c);
  if (taken == 0) return c == EOF ? NO_INPUT : MISMATCH;
  if (!request->suppressed && ended) *to = 0;
  return STORED;
}

/* Reads the set behind %[ and returns where it ends. */
static const char *parse_set(const char *at, char *member) {
  int inverted = *at == '^';
  if (inverted) at++;
  memset(member, inverted, 256);
  const char *first = at;
  for (; *at && (*at != ']' || at == first); at++) {
    unsigned char low = (unsigned char)*at, high = low;
    if (at[1] == '-' && at[2] && at[2] != ']') high = (unsigned char)at[2], at += 2;
    for (unsigned c = low; c <= high; c++) member[c] = !inverted;
  }
  return *at ? at + 1 : at;
}

static const char *parse(const char *at, struct request *request, char *member) {
  *request = (struct request){0};
  if (*at == '*') request->suppressed = 1, at++;
  for (; isdigit((unsigned char)*at); at++)
    if (request->width < INT_MAX / 10) request->width = request->width * 10 + (*at - '0');
  if (*at == 'h')
    request->length = at[1] == 'h' ? 'H' : 'h';
  else if (*at && strchr("ljztL", *at))
    request->length = 'l';
  while (*at && strchr("hljztL", *at)) at++;
  request->kind = *at;
  if (*at) at++;
  if (request->kind == '[') return parse_set(at, member);
  for (int c = 0; c < 256; c++) member[c] = request->kind == 'c' || !isspace(c);
  if (request->width == 0) request->width = request->kind == 'c' ? 1 : INT_MAX;
  if (request->kind == 'p') request->length = 'l';
  return at;
}

static enum outcome convert(struct source *source, struct request *request, const char *member, void *to) {
  if (request->kind == '[' && request->width == 0) request->width = INT_MAX;
  if (request->kind == 's') skip_space(source);
  if (request->kind == 's' || request->kind == 'c' || request->kind == '[')
    return scan_text(source, request, to, member, request->kind != 'c');
  if (request->kind && strchr("diouxXpfFeEgG", request->kind)) return scan_number(source, request, to);
  return MISMATCH;
}

/* One character of the format that must be in the input as it is; white space matches any amount of white space. */
static enum outcome literal(struct source *source, char wanted) {
  if (isspace((unsigned char)wanted)) {
    skip_space(source);
    return STORED;
  }
  int c = take(source);
  if (c == (unsigned char)wanted) return STORED;
  give_back(source, c);
  return c == EOF ? NO_INPUT : MISMATCH;
}

static int scan(struct source *source, const char *format, va_list list) {
  int stored = 0, converted = 0;
  while (*format) {
    enum outcome outcome;
    if (*format != '%' || format[1] == '%') {
      if (*format == '%') skip_space(source), format++;
      outcome = literal(source, *format++);
    } else {
      struct request request;
      char member[256];
      format = parse(format + 1, &request, member);
      void *to = request.suppressed ? NULL : va_arg(list, void *);
      if (request.kind == 'n') {
        store(&request, to, (uintmax_t)source->count);
        continue;
      }
      outcome = convert(source, &request, member, to);
      if (outcome == STORED) converted = 1, stored += !request.suppressed;
    }
    if (outcome == NO_INPUT && !converted) return EOF;
    if (outcome != STORED) break;
  }
  return stored;
}

int vfscanf(FILE *restrict file, const char *restrict format, va_list arguments) {
  struct source source = {.file = file};
  return scan(&source, format, arguments);
}

int vsscanf(const char *restrict text, const char *restrict format, va_list arguments) {
  struct source source = {.text = text};
  return scan(&source, format, arguments);
}

int vscanf(const char *restrict format, va_list arguments) { return vfscanf(stdin, format, arguments); }

int scanf(const char *restrict format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int result = vfscanf(stdin, format, arguments);
  va_end(arguments);
  return result;
}

int fscanf(FILE *restrict file, const char *restrict format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int result = vfscanf(file, format, arguments);
  va_end(arguments);
  return result;
}

int sscanf(const char *restrict text, const char *restrict format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int result = vsscanf(text, format, arguments);
  va_end(arguments);
  return result;
}
