/* The line discipline, termios(3): what happens to bytes between a keyboard and read, and between write and a screen.
 *
 * Owns: a terminal's settings, the input that nobody has read yet, the line that is being typed, the echo. Knows no device, no message and
 * no process: input comes in byte by byte, what is to be shown and which signals are to be sent lie ready to be fetched. */
#ifndef LINE_H
#define LINE_H

#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "utf8.h"

enum {
  kInputBytes = 4096, /* the longest line, its end included */
  kEchoBytes = 16384,
  kColumnsOfTab = 8,
};

/* The kernel's `struct termios` on Linux: what TCGETS and TCSETS move. */
struct settings {
  uint32_t input, output, control, local;
  uint8_t discipline, characters[19];
};
_Static_assert(sizeof(struct settings) == 36, "as Linux lays it out");

struct terminal {
  struct settings settings;
  uint16_t input[kInputBytes]; /* a ring: a byte, and whether it ends a line (line.c) */
  unsigned first, count;
  unsigned ready;       /* of the count: what read may have; the rest is the line that is being typed */
  unsigned column;      /* of the cursor */
  unsigned line_column; /* … where the line that is being typed began */
  struct utf8 shown;
  bool stopped;             /* by ^S */
  bool literal;             /* the next character is ordinary, after ^V */
  uint32_t signals;         /* bit n: signal n is to be sent to the foreground group */
  uint8_t echo[kEchoBytes]; /* to be shown */
  unsigned echoed;
};

/* The settings of a terminal that nobody has touched. */
void line_start(struct terminal *terminal);
/* Whether a byte of input has a place, or will be dropped for good reason. If not, it should stay where it is. */
bool line_wants_input(const struct terminal *terminal);
void line_input(struct terminal *terminal, uint8_t byte);

/* Whether a read of so many bytes has its answer. */
bool line_can_read(const struct terminal *terminal, size_t bytes);
/* How many bytes FIONREAD tells. */
unsigned line_readable_bytes(const struct terminal *terminal);
/* What a read of `room` bytes gets, and in *entries how much of the input that is: an end of file takes a place, but gives no byte. */
size_t line_peek(const struct terminal *terminal, uint8_t *to, size_t room, unsigned *entries);
void line_consume(struct terminal *terminal, unsigned entries);

/* Output processing: from `from`, to `to`, where is room for 2 * bytes. How many bytes it wrote. */
size_t line_output(struct terminal *terminal, const uint8_t *from, size_t bytes, uint8_t *to);

void line_set(struct terminal *terminal, const struct settings *settings);
void line_drop_input(struct terminal *terminal);

#endif
