/* The VGA's text screen; screen.h says what each function promises. A cell is a character of code page 437 and, in the high byte, its
 * colours (IBM VGA technical reference: attribute byte; CRTC registers 0x0e and 0x0f hold the cursor's cell). */
#include "screen.h"

#include <errno.h>
#include <sys/mman.h>

#include "line.h"
#include "server.h"

enum { kRows = 25, kColumns = 80, kCells = kRows * kColumns, kPlain = 0x0700 /* light grey on black */, kNumbers = 2 };

static volatile uint16_t *memory;  /* NULL: no display */
static uint16_t cells[kCells + 1]; /* the same in ordinary memory, which is quick to read; and the cursor's place */
static unsigned cursor;            /* a cell */
static bool wraps;                 /* it has filled its line: the next character goes to the next one */
static struct utf8 utf8;

/* An escape sequence that has begun: ESC [ number ; number … letter. */
static enum { kText, kEscape, kSequence } state;
static unsigned numbers[kNumbers], number_count;

static void put(unsigned cell, uint16_t what) {
  if (cells[cell] != what) cells[cell] = memory[cell] = what;
}

static void clear(unsigned from, unsigned to) {
  for (; from < to; from++) put(from, kPlain | ' ');
}

static void show_cursor(void) {
  cells[kCells] = (uint16_t)cursor;
  for (unsigned half = 0; half < 2; half++) {
    out8(kScreenPorts, (uint8_t)(0x0f - half));
    out8(kScreenPorts + 1, (uint8_t)(cursor >> 8 * half));
  }
}

void screen_start(void) {
  void *const mapped = kine_map(kConsoleScreen);

  if (mapped == MAP_FAILED || kine_io(kConsoleScreenPorts) != 0) return;
  show_cursor();
  if (in8(kScreenPorts + 1) != 0) return; /* without a display there is no register that keeps what is written */
  memory = mapped;
  for (unsigned i = 0; i < kCells; i++) memory[i] = cells[i] = kPlain | ' ';
}

/* To the beginning of the next line. */
static void next_line(void) {
  wraps = false;
  cursor += kColumns - cursor % kColumns;
  if (cursor < kCells) return;
  for (unsigned i = 0; i < kCells - kColumns; i++) put(i, cells[i + kColumns]);
  clear(kCells - kColumns, kCells);
  cursor = kCells - kColumns;
}

static void character(uint32_t value) {
  for (unsigned i = utf8_width(value); i > 0; i--) {
    if (wraps) next_line();
    put(cursor, (uint16_t)(kPlain | (value < 0x80 ? value : '?')));
    wraps = cursor % kColumns == kColumns - 1;
    cursor += !wraps;
  }
}

static void text(uint8_t byte) {
  const unsigned column = cursor % kColumns, to_tab = kColumnsOfTab - column % kColumnsOfTab;

  if (byte == '\x1b') {
    state = kEscape;
  } else if (byte >= ' ') {
    if (utf8_next(&utf8, byte)) character(utf8.value);
  } else if (byte == '\n') {
    next_line();
  } else if (byte == '\r' || byte == '\b' || byte == '\t') {
    wraps = false;
    cursor = byte == '\r' ? cursor - column : byte == '\b' ? cursor - (column > 0) : cursor + (column + to_tab < kColumns ? to_tab : 0);
  }
}

static unsigned at_most(unsigned number, unsigned limit) { return number < limit ? number : limit; }

static void sequence(uint8_t letter) {
  const unsigned row = cursor / kColumns, column = cursor % kColumns, first = numbers[0];
  const unsigned count = first > 0 ? first : 1, second = numbers[1] > 0 ? numbers[1] : 1;

  switch (letter) {
    case 'A': cursor -= at_most(count, row) * kColumns; break;
    case 'B': cursor += at_most(count, kRows - 1 - row) * kColumns; break;
    case 'C': cursor += at_most(count, kColumns - 1 - column); break;
    case 'D': cursor -= at_most(count, column); break;
    case 'H': cursor = (at_most(count, kRows) - 1) * kColumns + at_most(second, kColumns) - 1; break;
    case 'J': clear(first == 0 ? cursor : 0, first == 1 ? cursor + 1 : kCells); break;
    case 'K': clear(first == 0 ? cursor : cursor - column, first == 1 ? cursor + 1 : cursor - column + kColumns); break;
    default: return;
  }
  wraps = false;
}

static void escape(uint8_t byte) {
  if (state == kEscape) {
    state = byte == '[' ? kSequence : kText;
    numbers[0] = numbers[1] = number_count = 0;
  } else if (byte == ';') {
    number_count = at_most(number_count + 1, kNumbers - 1);
  } else if (byte >= '0' && byte <= '9') {
    numbers[number_count] = at_most(numbers[number_count] * 10 + byte - '0', 9999);
  } else if (byte >= '@') {
    state = kText;
    sequence(byte);
  }
}

void screen_show(const uint8_t *bytes, size_t count) {
  if (memory == NULL) return;
  for (size_t i = 0; i < count; i++) state == kText ? text(bytes[i]) : escape(bytes[i]);
  show_cursor();
}

int64_t screen_read(const struct kine_message *message) {
  const int64_t error = message->words[2] < sizeof cells ? -EINVAL : server_give(message, 1, cells, sizeof cells);

  return error != 0 ? error : (int64_t)sizeof cells;
}
