/* Client and server exchange messages, while a third process counts what turns it gets. */
#include "message.h"

enum { kCalls = 8 };

LAB_PROGRAM {
  make_port();
  lab_report[0] = 0;
  const long client = lab_fork();
  if (client == 0) {
    lab_await(1);
    for (int i = 0; i < kCalls; i++) lab_report[0] += raw(NR_ioctl, connection, (uint64_t)lab_step[2], 0) == lab_step[2];
    lab_await(1000);
  }
  const long third = lab_fork();
  if (third == 0)
    for (;;) lab_step[2] += 1;
  settle();
  *lab_step = 1;
  receive();
  for (int i = 1; i <= kCalls; i++) {
    lab_report[0] += message.words[1] == (uint64_t)lab_step[2];
    const uint64_t token = message.token;
    if (i < kCalls) raw(KINE_REPLY_RECEIVE, token, lab_step[2], port, &message);
    else reply(token, lab_step[2]);
  }
  raw(NR_kill, third, SIGKILL);
  lab_wait(third);
  settle();
  checkpoint(1);
}
