/* The part of <termios.h> that isatty needs. */
#ifndef _TERMIOS_H
#define _TERMIOS_H

#define NCCS 32

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned char cc_t;
typedef unsigned speed_t;
typedef unsigned tcflag_t;

struct termios { /* TCGETS fills the first 36 bytes, up to c_cc[18] */
  tcflag_t c_iflag, c_oflag, c_cflag, c_lflag;
  cc_t c_line;
  cc_t c_cc[NCCS];
  speed_t c_ispeed, c_ospeed;
};

int tcgetattr(int fd, struct termios *settings);

#ifdef __cplusplus
}
#endif
#endif
