/* The time of day at the start: the calendar clock (Motorola MC146818A data sheet) tells it, and the kernel is told. Programs ask the
 * kernel from then on. */
#include <kine.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "servers/server.h"

enum { kIndex = 0x70, kData = 0x71, kPorts = 2 };
enum { kStatusA = 0x0a, kUpdating = 0x80, kStatusB = 0x0b, kBinary = 0x04 };
enum { kMostReads = 1000000 }; /* an update takes 2 ms: a clock that takes longer is absent */

static uint8_t read_register(uint8_t index) {
  out8(kIndex, index);
  return in8(kData);
}

static int read_number(uint8_t index) {
  const uint8_t value = read_register(index);

  return read_register(kStatusB) & kBinary ? value : (value >> 4) * 10 + (value & 15);
}

/* What it shows, in seconds since 1970; -1: there is no such clock. In centuries to come, register 0x32 would be needed; a PC's firmware
 * sets 24 hours. */
static time_t read_time(void) {
  for (unsigned reads = 0; read_register(kStatusA) & kUpdating; reads++)
    if (reads == kMostReads) return -1;
  struct tm date = {.tm_sec = read_number(0),
                    .tm_min = read_number(2),
                    .tm_hour = read_number(4),
                    .tm_mday = read_number(7),
                    .tm_mon = read_number(8) - 1,
                    .tm_year = 100 + read_number(9)};
  return timegm(&date);
}

void set_clock(void) {
  /* init keeps the ports open, as it keeps the right to the machine: neither a fork nor an exec passes them on. */
  const int ports = kine_cut(machine_right, KINE_RIGHT_IO, kIndex, kPorts);
  struct timespec now = {.tv_sec = -1};

  if (ports >= 0 && kine_io(ports) == 0) {
    /* Twice the same, or an update came in between. */
    for (time_t before = now.tv_sec; (now.tv_sec = read_time()) != before;) before = now.tv_sec;
  }
  close(ports);
  if (clock_settime(CLOCK_REALTIME, &now) != 0) init_log("the calendar clock cannot be read");
}
