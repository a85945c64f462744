/* Whom the terminal belongs to: its session, its foreground group, and the ioctls on it; ioctl_tty(2), and POSIX on job control.
 *
 * Owns: the session, the foreground group, the window's size. Must never: send a signal to group 1 or below, since kill(2) takes that for
 * all processes. */
#ifndef CONTROL_H
#define CONTROL_H

#include "line.h"
#include "server.h"

/* `owner`: the session whose terminal it was before the server was started again, as init says; 0: none. */
void control_start(int owner);

/* For each call on the terminal: 0, or what the sender is answered instead. EIO: it is not root, and the terminal is another session's; it
 * may only write and look. Job control: a background group is sent SIGTTIN (if the call reads) or SIGTTOU (if it changes something); who
 * does not hear SIGTTOU may change all the same. */
int64_t control_check(const struct terminal *terminal, const struct kine_message *message);
void control_signal_foreground(int number);

/* The answer to an ioctl on the terminal. */
int64_t control_ioctl(struct terminal *terminal, const struct kine_message *message);

#endif
