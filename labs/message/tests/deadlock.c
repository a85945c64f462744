/* Two servers, of which each would wait for the other, or for itself. */
#include "message.h"

LAB_PROGRAM {
  make_port();
  const int first_port = port, first = connection;
  make_port();
  const int second = connection;
  if (lab_fork() == 0) { /* the first server */
    port = first_port;
    receive();
    const uint64_t token = message.token;
    connection = first;
    lab_report[0] = (uint64_t)call_with(1);
    connection = second;
    lab_report[1] = (uint64_t)call_with(2);
    reply(token, 6);
    lab_await(1000);
  }
  if (lab_fork() == 0) { /* the second one */
    receive();
    const uint64_t token = message.token;
    connection = first;
    lab_report[0] = (uint64_t)call_with(3);
    reply(token, 5);
    lab_await(1000);
  }
  settle();
  connection = first;
  start_client(0, 1, 0);
  settle();
  checkpoint(1);
}
