/* Three clients call twice each, before the server receives; then one calls while it waits. */
#include <sys/stat.h>

#include "message.h"

LAB_PROGRAM {
  static const int order[2][3] = {{0, 1, 2}, {1, 2, 0}}; /* in which the clients' calls come */
  uint64_t tokens[3];

  make_port();
  umask(027);
  const struct sigaction ignored = {.sa_handler = SIG_IGN};
  sigaction(SIGUSR2, &ignored, NULL);
  for (uint64_t i = 0; i < 3; i++) start_client(i, 2, 0);
  checkpoint(1);
  for (int round = 0; round < 2; round++) {
    if (round == 0) lab_report[5] = (uint64_t)raw(KINE_RECEIVE, port, 0x1000); /* nothing is mapped there */
    for (int i = 0; i < 3; i++) {
      lab_report[6] = (uint64_t)receive();
      tokens[order[round][i]] = message.token;
      checkpoint(2);
    }
    reply(tokens[1], (int64_t)(lab_word(4, 1 + 10 * (uint64_t)round) >> 1));
    settle(); /* (it calls again) */
    reply(tokens[2], -EBUSY);
    settle();
    reply(tokens[0], 0);
    settle();
    checkpoint(3);
  }
  const long pid = lab_fork();
  if (pid == 0) {
    lab_await(1);
    lab_report[0] = (uint64_t)call_with(7);
    lab_await(1000);
  }
  settle();
  *lab_step = 1;
  lab_report[6] = (uint64_t)receive();
  checkpoint(4);
  reply(message.token, 4711);
  settle();
  checkpoint(5);
}
