/* Sessions, groups and ioctls; control.h says what each function promises. */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int session, foreground; /* 0: none */
static struct winsize size = {.ws_row = 24, .ws_col = 80};

void control_start(int owner) { session = owner; }

static void signal_group(int group, int number) {
  if (group > 1) kill(-group, number);
}

void control_signal_foreground(int number) { signal_group(foreground, number); }

/* Whether the sender belongs to a background group of the terminal's session, and has to stop or to fail for it. */
static bool in_background(const struct kine_message *message) {
  return session != 0 && message->session == session && foreground != 0 && message->group != foreground;
}

static bool hears(const struct kine_message *message, int number) { return !(message->unheard >> (number - 1) & 1); }

static bool changes(const struct terminal *terminal, const struct kine_message *message) {
  static const uint32_t requests[] = {TCSETS, TCSETSW, TCSETSF, TCSBRK, TCSBRKP, TCXONC, TCFLSH, TIOCSPGRP};

  if (message->number == SYS_write || message->number == SYS_writev) return (terminal->settings.local & TOSTOP) != 0;
  for (unsigned i = 0; message->number == SYS_ioctl && i < sizeof requests / sizeof requests[0]; i++)
    if ((uint32_t)message->words[1] == requests[i]) return true;
  return false;
}

/* What a user may do with the terminal of another session: write, and look. (TIOCSCTTY has rules of its own.) */
static bool is_harmless(const struct kine_message *message) {
  const uint32_t what = (uint32_t)message->words[1];

  if (message->number == SYS_fcntl) return what == F_GETFL;
  if (message->number != SYS_ioctl) return message->number != SYS_read && message->number != SYS_readv;
  return what == TCGETS || what == TIOCGWINSZ || what == TIOCGPGRP || what == TIOCGSID || what == TIOCSCTTY || what == TIOCNOTTY;
}

int64_t control_check(const struct terminal *terminal, const struct kine_message *message) {
  const bool reads = message->number == SYS_read || message->number == SYS_readv;
  const int number = reads ? SIGTTIN : SIGTTOU;

  if (session != 0 && message->session != session) return message->uid == 0 || is_harmless(message) ? 0 : -EIO;
  /* After a restart: who reads or asks for something is in the foreground. */
  if (foreground == 0 && message->number != SYS_write && message->number != SYS_writev) foreground = session != 0 ? message->group : 0;
  if (!in_background(message) || !(reads || changes(terminal, message))) return 0;
  if (!hears(message, number)) return reads ? -EIO : 0;
  signal_group(message->group, number);
  return -KINE_ERESTART;
}

/* --- ioctls --- */

/* TIOCSCTTY: a session's first process makes the terminal the session's. */
static int64_t take_terminal(const struct kine_message *message) {
  const bool leads = message->pid == message->session;
  const bool steals = message->words[2] == 1 && message->uid == 0;

  if (leads && session == message->session) return 0;
  if (!leads) return -EPERM;
  /* A session whose first process is gone has lost it. */
  if (session != 0 && !steals && (kill(session, 0) == 0 || errno != ESRCH)) return -EPERM;
  session = message->session;
  foreground = message->group;
  return 0;
}

/* TIOCNOTTY */
static int64_t leave_terminal(const struct kine_message *message) {
  if (session == 0 || message->session != session) return -ENOTTY;
  if (message->pid != session) return 0;
  control_signal_foreground(SIGHUP);
  control_signal_foreground(SIGCONT);
  session = foreground = 0;
  return 0;
}

/* TIOCSPGRP */
static int64_t set_foreground(const struct kine_message *message) {
  int group;

  if (session == 0 || message->session != session) return -ENOTTY;
  const int64_t error = server_take(message, 2, &group, sizeof group);
  if (error != 0) return error;
  if (group < 0) return -EINVAL;
  if (group == 0) return -ESRCH;
  if (group == 1) return -EPERM; /* init's; and kill(-1) asks for something else */
  if (kill(-group, 0) != 0 && errno == ESRCH) return -ESRCH;
  /* When the process that began a group is gone, nobody can say of which session it is: the shell knows its jobs. */
  const int of_session = getsid(group);
  if (of_session < 0 ? message->pid != session : of_session != session) return -EPERM;
  foreground = group;
  return 0;
}

static int64_t set_size(const struct kine_message *message) {
  struct winsize now;
  const int64_t error = server_take(message, 2, &now, sizeof now);

  if (error != 0) return error;
  if (memcmp(&now, &size, sizeof now) == 0) return 0;
  size = now;
  control_signal_foreground(SIGWINCH);
  return 0;
}

static int64_t set_settings(struct terminal *terminal, const struct kine_message *message) {
  struct settings settings;
  const int64_t error = server_take(message, 2, &settings, sizeof settings);

  if (error != 0) return error;
  if ((uint32_t)message->words[1] == TCSETSF) line_drop_input(terminal);
  line_set(terminal, &settings);
  return 0;
}

int64_t control_ioctl(struct terminal *terminal, const struct kine_message *message) {
  const bool mine = session != 0 && message->session == session;
  const uint64_t word = message->words[2];
  const int readable = (int)line_readable_bytes(terminal);

  switch ((uint32_t)message->words[1]) {
    case TCGETS: return server_give(message, 2, &terminal->settings, sizeof terminal->settings);
    case TCSETS:
    case TCSETSW:
    case TCSETSF: return set_settings(terminal, message);
    case TCSBRK:
    case TCSBRKP: return 0; /* what was written is out */
    case TCFLSH:
      if (word == TCIFLUSH || word == TCIOFLUSH) line_drop_input(terminal);
      return word <= TCIOFLUSH ? 0 : -EINVAL;
    case TCXONC:
      if (word <= TCOON) terminal->stopped = word == TCOOFF;
      return word <= TCION ? 0 : -EINVAL;
    case TIOCGWINSZ: return server_give(message, 2, &size, sizeof size);
    case TIOCSWINSZ: return set_size(message);
    case TIOCSCTTY: return take_terminal(message);
    case TIOCNOTTY: return leave_terminal(message);
    case TIOCGPGRP: return mine ? server_give(message, 2, &foreground, sizeof foreground) : -ENOTTY;
    case TIOCGSID: return mine ? server_give(message, 2, &session, sizeof session) : -ENOTTY;
    case TIOCSPGRP: return set_foreground(message);
    case TIOCINQ: return server_give(message, 2, &readable, sizeof readable);
    default: return -ENOTTY;
  }
}
