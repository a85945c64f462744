/* A client has a signal to handle while it waits: first for a call that is queued, then for one that was received. */
#include "message.h"

static void handler(int number) { lab_report[9] += number == SIGUSR1; }

LAB_PROGRAM {
  make_port();
  lab_report[9] = 0;
  const struct sigaction action = {.sa_handler = handler};
  sigaction(SIGUSR1, &action, NULL);
  const long client = start_client(0, 2, 0);
  start_client(1, 1, 0);
  raw(NR_kill, client, SIGUSR1);
  settle();
  checkpoint(1);
  receive();
  checkpoint(2);
  receive(); /* the client's second call */
  const uint64_t token = message.token;
  checkpoint(3);
  raw(NR_kill, client, SIGUSR1);
  settle();
  checkpoint(4);
  start_client(3, 1, 0);
  receive();
  checkpoint(5);
  lab_report[4] = (uint64_t)reply(token, -KINE_ERESTART);
  settle();
  checkpoint(6);
}
