/* Clients are killed while they wait: one whose call was received, one whose call is queued. */
#include "message.h"

LAB_PROGRAM {
  make_port();
  const long first = start_client(0, 1, 0);
  receive();
  const uint64_t token = message.token;
  start_client(1, 1, 0);
  checkpoint(1);
  raw(NR_kill, first, SIGKILL);
  lab_report[1] = (uint64_t)lab_wait(first);
  lab_report[2] = (uint64_t)reply(token, 1);
  start_client(4, 1, 0);
  receive();
  checkpoint(2);
  receive();
  checkpoint(3);
  receive();
  checkpoint(4);
  const long third = start_client(2, 1, 0);
  raw(NR_kill, third, SIGKILL);
  lab_report[4] = (uint64_t)lab_wait(third);
  start_client(3, 1, 0);
  receive();
  checkpoint(5);
}
