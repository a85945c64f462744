/* The line discipline; line.h says what each function promises.
 *
 *     input  |......|aaaaaaaa\n|bbbbb\n|cccc......|
 *                   ^ first            ^ first + ready
 *                   what read may have |    ^ first + count
 *                                      the line that is being typed: erase, kill and word erase end here
 *
 * Without ICANON there is no line that is being typed: all is ready. What Linux's n_tty.c does is the measure. */
#include "line.h"

#include <ctype.h>
#include <signal.h>

enum {
  kEndOfLine = 0x100, /* an entry of the input: this byte ends a line */
  kEndOfFile = 0x200, /* … the line ends here, without a byte */
  kDelete = 0x7f,
};

static bool has(uint32_t flags, uint32_t flag) { return (flags & flag) != 0; }
static bool is_local(const struct terminal *terminal, uint32_t flag) { return has(terminal->settings.local, flag); }
/* Whether the byte is the special character with this index. One that is 0 does not exist. */
static bool is_special(const struct terminal *terminal, unsigned index, uint8_t byte) {
  return byte != _POSIX_VDISABLE && terminal->settings.characters[index] == byte;
}

static uint16_t entry(const struct terminal *terminal, unsigned index) { return terminal->input[(terminal->first + index) % kInputBytes]; }

void line_start(struct terminal *terminal) {
  *terminal = (struct terminal){.settings = {.input = ICRNL | IXON | IUTF8 | IMAXBEL,
                                             .output = OPOST | ONLCR,
                                             .control = B38400 | CS8 | CREAD | HUPCL,
                                             .local = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
                                             .characters = {[VINTR] = 3,
                                                            [VQUIT] = 28,
                                                            [VERASE] = 127,
                                                            [VKILL] = 21,
                                                            [VEOF] = 4,
                                                            [VMIN] = 1,
                                                            [VSTART] = 17,
                                                            [VSTOP] = 19,
                                                            [VSUSP] = 26,
                                                            [VREPRINT] = 18,
                                                            [VDISCARD] = 15,
                                                            [VWERASE] = 23,
                                                            [VLNEXT] = 22}}};
}

/* --- Columns --- */

static bool is_control(uint32_t character) { return character < ' ' || character == kDelete; }

/* Where the cursor is after the first `entries` of the line that is being typed were echoed. */
static unsigned column_after(const struct terminal *terminal, unsigned entries) {
  struct utf8 utf8 = {0};
  unsigned column = terminal->line_column;

  for (unsigned i = 0; i < entries; i++) {
    const uint8_t byte = (uint8_t)entry(terminal, terminal->ready + i);
    if (!has(terminal->settings.input, IUTF8))
      utf8.value = byte;
    else if (!utf8_next(&utf8, byte))
      continue;
    if (utf8.value == '\t')
      column += kColumnsOfTab - column % kColumnsOfTab;
    else if (is_control(utf8.value))
      column += is_local(terminal, ECHOCTL) ? 2 : 0;
    else
      column += utf8_width(utf8.value);
  }
  return column;
}

/* --- Output --- */

/* One byte of output processing: at most two bytes to `to`. How many. */
static size_t output_byte(struct terminal *terminal, uint8_t byte, uint8_t *to) {
  const uint32_t flags = terminal->settings.output;
  size_t count = 0;

  if (has(flags, OPOST) && byte == '\n' && has(flags, ONLCR)) to[count++] = '\r';
  if (has(flags, OPOST) && byte == '\r' && has(flags, OCRNL)) byte = '\n';
  to[count++] = byte;
  if (byte == '\r' || byte == '\n')
    terminal->column = 0;
  else if (byte == '\t')
    terminal->column += kColumnsOfTab - terminal->column % kColumnsOfTab;
  else if (byte == '\b')
    terminal->column -= terminal->column > 0;
  else if (utf8_next(&terminal->shown, byte) && !is_control(terminal->shown.value))
    terminal->column += utf8_width(terminal->shown.value);
  return count;
}

size_t line_output(struct terminal *terminal, const uint8_t *from, size_t bytes, uint8_t *to) {
  size_t count = 0;

  for (size_t i = 0; i < bytes; i++) count += output_byte(terminal, from[i], to + count);
  return count;
}

/* --- Echo --- */

/* What finds no room is not shown: nobody has looked at the terminal for a long time. */
static void show(struct terminal *terminal, const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes && kEchoBytes - terminal->echoed >= 2; i++)
    terminal->echoed += (unsigned)output_byte(terminal, (uint8_t)text[i], terminal->echo + terminal->echoed);
}

/* Control characters are shown as ^X. */
static void echo(struct terminal *terminal, uint8_t byte) {
  const char text[2] = {'^', (char)(byte ^ 0x40)};
  const bool visibly = is_local(terminal, ECHOCTL) && is_control(byte) && byte != '\t';

  if (is_local(terminal, ECHO)) show(terminal, visibly ? text : (const char *)&byte, visibly ? 2 : 1);
}

/* --- Input --- */

bool line_wants_input(const struct terminal *terminal) {
  /* A line that grows too long is cut, so that its end and the signals still come through; else whoever types can wait for who reads. */
  return terminal->count < kInputBytes - 1 || (is_local(terminal, ICANON) && terminal->ready == 0);
}

/* Adds an entry, if there is room: the last place is for the end of a line. */
static bool add(struct terminal *terminal, uint16_t what) {
  const unsigned room = kInputBytes - terminal->count;

  if (room == 0 || (room == 1 && what < kEndOfLine)) {
    if (has(terminal->settings.input, IMAXBEL)) show(terminal, "\a", 1);
    return false;
  }
  if (terminal->count == terminal->ready) terminal->line_column = terminal->column;
  terminal->input[(terminal->first + terminal->count++) % kInputBytes] = what;
  if (what >= kEndOfLine || !is_local(terminal, ICANON)) terminal->ready = terminal->count;
  return true;
}

void line_drop_input(struct terminal *terminal) { terminal->first = terminal->count = terminal->ready = 0; }

/* Makes the line `entries` long, and the screen show that. */
static void cut_line(struct terminal *terminal, unsigned entries, bool visibly) {
  const unsigned typed = terminal->count - terminal->ready;
  const unsigned columns = visibly ? column_after(terminal, typed) - column_after(terminal, entries) : 0;

  for (unsigned i = 0; i < columns; i++) show(terminal, "\b \b", 3);
  terminal->count = terminal->ready + entries;
}

/* Whether the entries [from, to) of the line that is being typed are one whole character that combines with the one before. */
static bool combines(const struct terminal *terminal, unsigned from, unsigned to) {
  struct utf8 utf8 = {0};
  bool whole = false;

  for (unsigned i = from; i < to; i++) whole = utf8_next(&utf8, (uint8_t)entry(terminal, terminal->ready + i));
  return whole && !is_control(utf8.value) && utf8_width(utf8.value) == 0;
}

/* How long the line is without its last character: all bytes of it, and what combines with it. */
static unsigned before_last(const struct terminal *terminal, unsigned entries) {
  if (!has(terminal->settings.input, IUTF8)) return entries - 1;
  for (unsigned end = entries, i = entries - 1; i > 0; i--) {
    if ((entry(terminal, terminal->ready + i) & 0xc0) == 0x80) continue;
    if (!combines(terminal, i, end)) return i;
    end = i;
  }
  return 0;
}

static unsigned before_last_word(const struct terminal *terminal, unsigned entries) {
  for (bool in_word = false; entries > 0;) {
    const unsigned shorter = before_last(terminal, entries);
    const uint8_t byte = (uint8_t)entry(terminal, terminal->ready + shorter);
    const bool of_word = isalnum(byte) || byte == '_' || byte >= 0xc0; /* letters of Latin-1, or the first byte of what UTF-8 has */
    if (in_word && !of_word) break;
    in_word = in_word || of_word;
    entries = shorter;
  }
  return entries;
}

/* Erase, kill and word erase. Whether the byte was one of them. */
static bool edit(struct terminal *terminal, uint8_t byte) {
  const bool erase = is_special(terminal, VERASE, byte), kill = is_special(terminal, VKILL, byte);
  const bool word = is_local(terminal, IEXTEN) && is_special(terminal, VWERASE, byte);
  const unsigned typed = terminal->count - terminal->ready;
  const bool shows = word || (is_local(terminal, ECHOE) && (erase || (is_local(terminal, ECHOK) && is_local(terminal, ECHOKE))));
  const bool visibly = is_local(terminal, ECHO) && shows;

  if (!erase && !kill && !word) return false;
  if (typed == 0) return true;
  cut_line(terminal, kill ? 0 : word ? before_last_word(terminal, typed) : before_last(terminal, typed), visibly);
  if (visibly) return true;
  echo(terminal, byte);
  if (kill && is_local(terminal, ECHO) && is_local(terminal, ECHOK)) show(terminal, "\n", 1);
  return true;
}

/* What only canonical mode knows. Whether the byte was that. */
static bool canonical_input(struct terminal *terminal, uint8_t byte) {
  const bool extended = is_local(terminal, IEXTEN);

  if (edit(terminal, byte)) return true;
  if (is_special(terminal, VEOF, byte)) return add(terminal, kEndOfFile), true;
  if (byte != '\n' && !is_special(terminal, VEOL, byte) && !(extended && is_special(terminal, VEOL2, byte))) return false;
  if (!add(terminal, kEndOfLine | byte)) return true;
  if (byte != '\n')
    echo(terminal, byte);
  else if (is_local(terminal, ECHO) || is_local(terminal, ECHONL))
    show(terminal, "\n", 1);
  return true;
}

/* Signals, and stopping the output. Whether the byte was that. */
static bool control_input(struct terminal *terminal, uint8_t byte) {
  const bool flow = has(terminal->settings.input, IXON);

  if (flow && is_special(terminal, VSTART, byte)) return terminal->stopped = false, true;
  if (flow && is_special(terminal, VSTOP, byte)) return terminal->stopped = true, true;
  if (!is_local(terminal, ISIG)) return false;
  const int number = is_special(terminal, VINTR, byte)   ? SIGINT
                     : is_special(terminal, VQUIT, byte) ? SIGQUIT
                     : is_special(terminal, VSUSP, byte) ? SIGTSTP
                                                         : 0;
  if (number == 0) return false;
  terminal->signals |= 1u << number;
  terminal->stopped = false;
  if (!is_local(terminal, NOFLSH)) {
    line_drop_input(terminal);
    terminal->echoed = 0;
  }
  echo(terminal, byte);
  return true;
}

void line_input(struct terminal *terminal, uint8_t byte) {
  const uint32_t flags = terminal->settings.input;
  const bool canonical = is_local(terminal, ICANON);

  if (has(flags, ISTRIP)) byte &= 0x7f;
  if (terminal->literal) {
    terminal->literal = false;
    if (add(terminal, byte)) echo(terminal, byte);
    return;
  }
  if (control_input(terminal, byte)) return;
  if (byte == '\r' && has(flags, IGNCR)) return;
  const bool is_return = byte == '\r' && has(flags, ICRNL);
  if (byte == '\n' && has(flags, INLCR)) byte = '\r';
  if (is_return) byte = '\n';
  if (canonical && is_local(terminal, IEXTEN) && is_special(terminal, VLNEXT, byte)) {
    terminal->literal = true;
    if (is_local(terminal, ECHO) && is_local(terminal, ECHOCTL)) show(terminal, "^\b", 2);
    return;
  }
  if ((canonical && canonical_input(terminal, byte)) || !add(terminal, byte)) return;
  if (is_return && is_local(terminal, ECHO))
    show(terminal, "\n", 1);
  else
    echo(terminal, byte);
}

/* --- Reading --- */

bool line_can_read(const struct terminal *terminal, size_t bytes) {
  const uint8_t *characters = terminal->settings.characters;

  if (is_local(terminal, ICANON)) return terminal->ready > 0;
  /* There is no timer: with one, what is there when somebody looks is all that comes in time. */
  const size_t wanted = characters[VMIN] > 0 && characters[VTIME] > 0 ? 1 : characters[VMIN];
  return terminal->ready >= (wanted < bytes ? wanted : bytes);
}

unsigned line_readable_bytes(const struct terminal *terminal) {
  unsigned bytes = 0;

  for (unsigned i = 0; i < terminal->ready; i++) bytes += !(entry(terminal, i) & kEndOfFile);
  return bytes;
}

size_t line_peek(const struct terminal *terminal, uint8_t *to, size_t room, unsigned *entries) {
  const bool canonical = is_local(terminal, ICANON);
  size_t bytes = 0;
  unsigned i = 0;

  for (bool line_ends = false; i < terminal->ready && !line_ends; i++) {
    const uint16_t what = entry(terminal, i);
    /* An end of file right behind the last byte belongs to this read: the next one is to wait. */
    if (bytes == room && !(what & kEndOfFile)) break;
    if (!(what & kEndOfFile)) to[bytes++] = (uint8_t)what;
    line_ends = canonical && what >= kEndOfLine;
  }
  *entries = i;
  return bytes;
}

void line_consume(struct terminal *terminal, unsigned entries) {
  terminal->first = (terminal->first + entries) % kInputBytes;
  terminal->count -= entries;
  terminal->ready -= entries;
}

void line_set(struct terminal *terminal, const struct settings *settings) {
  const bool was_canonical = is_local(terminal, ICANON);

  terminal->settings = *settings;
  const bool canonical = is_local(terminal, ICANON);
  if (!has(settings->input, IXON)) terminal->stopped = false;
  if (canonical == was_canonical) return;
  terminal->literal = false;
  terminal->ready = terminal->count;
  /* What was typed without lines is one line now. */
  if (canonical && terminal->count > 0) terminal->input[(terminal->first + terminal->count - 1) % kInputBytes] |= kEndOfLine;
}
