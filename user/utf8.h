/* UTF-8 and columns: what a program needs that draws or erases text on a terminal. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stdint.h>

/* Puts the bytes of characters together. All zero: nothing yet. */
struct utf8 {
  uint32_t value;
  unsigned missing; /* bytes */
};

/* Takes the next byte of a text. Whether a character ended with it, which is then in `value`. A byte that belongs to none counts as one. */
static inline bool utf8_next(struct utf8 *utf8, uint8_t byte) {
  if (byte >= 0x80 && byte < 0xc0 && utf8->missing > 0) {
    utf8->value = utf8->value << 6 | (byte & 0x3f);
    return --utf8->missing == 0;
  }
  utf8->missing = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : byte >= 0xc0 ? 1 : 0;
  utf8->value = utf8->missing > 0 ? byte & (0x3fu >> utf8->missing) : byte;
  return utf8->missing == 0;
}

/* How many columns a character takes that is no control character: East Asian wide ones and pictures two, those that combine with the one
 * before none. */
static inline unsigned utf8_width(uint32_t character) {
  static const struct {
    uint32_t first, last;
    unsigned width;
  } ranges[] = {
      {0x300, 0x36f, 0},     {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},   {0x1dc0, 0x1dff, 0},   {0x200b, 0x200f, 0},
      {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0x4dbf, 2},   {0x4e00, 0xa4cf, 2},   {0xa960, 0xa97f, 2},
      {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},
      {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2},
      {0x20000, 0x3fffd, 2}, {0xe0100, 0xe01ef, 0},
  };

  for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
    if (character >= ranges[i].first && character <= ranges[i].last) return ranges[i].width;
  return 1;
}

#endif
