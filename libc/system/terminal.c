/* Terminals. Everything is an ioctl; the kernel's struct termios is the beginning of libc's, and the speeds are part of c_cflag. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int tcgetattr(int fd, struct termios *settings) {
  struct termios seen;
  memset(&seen, 0, sizeof seen);
  if (ioctl(fd, TCGETS, &seen) < 0) return -1;
  seen.c_ispeed = seen.c_ospeed = seen.c_cflag & CBAUD;
  *settings = seen;
  return 0;
}

int tcsetattr(int fd, int when, const struct termios *settings) {
  if (when >= TCSANOW && when <= TCSAFLUSH) return ioctl(fd, TCSETS + (unsigned long)when, settings);
  errno = EINVAL;
  return -1;
}

int tcsendbreak(int fd, int duration) {
  (void)duration; /* 0.25 to 0.5 seconds, always */
  return ioctl(fd, TCSBRK, 0);
}

int tcdrain(int fd) { return ioctl(fd, TCSBRK, 1); }
int tcflush(int fd, int queue) { return ioctl(fd, TCFLSH, queue); }
int tcflow(int fd, int action) { return ioctl(fd, TCXONC, action); }

pid_t tcgetsid(int fd) {
  pid_t session;
  return ioctl(fd, TIOCGSID, &session) < 0 ? -1 : session;
}

void cfmakeraw(struct termios *settings) {
  settings->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  settings->c_oflag &= ~(tcflag_t)OPOST;
  settings->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  settings->c_cflag = (settings->c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
  settings->c_cc[VMIN] = 1;
  settings->c_cc[VTIME] = 0;
}

speed_t cfgetospeed(const struct termios *settings) { return settings->c_cflag & CBAUD; }
speed_t cfgetispeed(const struct termios *settings) { return cfgetospeed(settings); }

int cfsetospeed(struct termios *settings, speed_t speed) {
  if (speed & ~(speed_t)CBAUD) {
    errno = EINVAL;
    return -1;
  }
  settings->c_cflag = (settings->c_cflag & ~(tcflag_t)CBAUD) | speed;
  settings->c_ospeed = settings->c_ispeed = speed;
  return 0;
}

/* Both directions have one speed; B0 as the input's means the output's. */
int cfsetispeed(struct termios *settings, speed_t speed) { return speed == B0 ? 0 : cfsetospeed(settings, speed); }
int cfsetspeed(struct termios *settings, speed_t speed) { return cfsetospeed(settings, speed); }

int isatty(int fd) {
  struct termios settings;
  return tcgetattr(fd, &settings) == 0;
}

/* Linux tells by /proc; without that, the controlling terminal has a name at least. */
int ttyname_r(int fd, char *name, size_t size) {
  char proc[32], path[64];
  if (!isatty(fd)) return errno;
  snprintf(proc, sizeof proc, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(proc, path, sizeof path - 1);
  if (length <= 0) {
    if (tcgetpgrp(fd) < 0) return ENODEV;
    length = stpcpy(path, "/dev/tty") - path;
  }
  if ((size_t)length >= size) return ERANGE;
  memcpy(name, path, (size_t)length);
  name[length] = 0;
  return 0;
}

char *ttyname(int fd) {
  static char name[64];
  int error = ttyname_r(fd, name, sizeof name);
  if (!error) return name;
  errno = error;
  return NULL;
}
