/* A server ends: with its port, and while somebody else holds the port. */
#include "message.h"

/* A child that receives one call and ends at the step. */
static long start_server(int step) {
  const long pid = lab_fork();
  if (pid == 0) {
    receive();
    lab_await(step);
    lab_exit(0);
  }
  settle();
  return pid;
}

LAB_PROGRAM {
  make_port();
  long server = start_server(1);
  start_client(0, 1, 0);
  start_client(1, 1, 0);
  raw(NR_close, port);
  checkpoint(1);
  *lab_step = 1;
  lab_report[1] = (uint64_t)lab_wait(server);
  settle();
  checkpoint(2);
  lab_report[0] = (uint64_t)call_with(9);
  checkpoint(3);

  raw(NR_close, connection);
  make_port();
  server = start_server(2);
  start_client(0, 1, 0);
  start_client(1, 1, 0);
  *lab_step = 2;
  lab_report[1] = (uint64_t)lab_wait(server);
  settle();
  checkpoint(4);
  receive();
  reply(message.token, 5);
  settle();
  checkpoint(5);
}
