/* Who may answer a call, and how often. */
#include "message.h"

LAB_PROGRAM {
  make_port();
  start_client(0, 2, 0);
  receive();
  const uint64_t first = message.token;
  const long other = lab_fork();
  if (other == 0) {
    lab_report[0] = (uint64_t)reply(first, 77);
    *lab_step = 1;
    lab_await(1000);
  }
  lab_await(1);
  settle();
  checkpoint(1);
  lab_report[0] = (uint64_t)reply(first, 11);
  settle();
  receive(); /* the client's next call */
  const uint64_t second = message.token;
  lab_report[1] = (uint64_t)reply(first, 66);
  settle();
  checkpoint(2);
  lab_report[2] = (uint64_t)reply(second, 22);
  lab_report[3] = (uint64_t)reply(second, 33);
  settle();
  checkpoint(3);
}
