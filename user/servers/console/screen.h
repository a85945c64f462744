/* The VGA's text screen, 80 by 25, as a second place to show what the terminal shows.
 *
 * Owns: its memory and its cursor. Knows the ANSI sequences that move the cursor and clear; it swallows all others, and
 * shows '?' for what is not ASCII. Must never:
 * send anything back. Without a display nothing happens here. */
#ifndef SCREEN_H
#define SCREEN_H

#include "server.h"

/* Looks for a display, and clears it. */
void screen_start(void);
void screen_show(const uint8_t *bytes, size_t count);
/* The answer to a read of the screen: its 2,000 cells, a 16-bit word each, row by row, and as another word the number of the cursor's cell.
 * EINVAL: there is less room. */
int64_t screen_read(const struct kine_message *message);

#endif
