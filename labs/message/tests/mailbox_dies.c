/* Clients of the mailbox end: while they wait, with a letter in the box; one has a signal to hear; then the server itself ends. */
#include "mailbox.h"

static void handler(int number) { lab_report[9] += number == SIGUSR1; }

LAB_PROGRAM {
  unsigned char* page = lab_map(LAB_REGION, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  const struct sigaction action = {.sa_handler = handler};
  for (uint64_t i = 0; i < 4; i++) lab_fill(page + i * kPage, i);
  sigaction(SIGUSR1, &action, NULL);
  start_mailbox();

  const long first = start_reader(0, page, kLetterBytes);
  raw(NR_kill, first, SIGKILL);
  lab_report[0] = (uint64_t)lab_wait(first);
  settle();
  lab_report[1] = (uint64_t)put_letter(0, page + kPage, 100);
  lab_report[2] = (uint64_t)take_letter(0, page + 2 * kPage, kLetterBytes);
  checkpoint(1);

  lab_report[9] = 0;
  const long second = start_reader(0, page, kLetterBytes);
  raw(NR_kill, second, SIGUSR1);
  settle();
  start_reader(0, page + 3 * kPage, kLetterBytes); /* the box has no reader any more */
  lab_report[3] = (uint64_t)put_letter(0, page, 24);
  settle();
  checkpoint(2);

  lab_report[4] = (uint64_t)put_letter(0, page + kPage, 8);
  raw(NR_close, box[3]); /* nobody else has it but those children */
  for (long pid = first + 1; pid <= second + 1; pid++) raw(NR_kill, pid, SIGKILL), lab_wait(pid);
  settle();
  lab_report[5] = (uint64_t)put_letter(0, page + kPage, 16);
  lab_report[6] = (uint64_t)take_letter(0, page + 3 * kPage, kLetterBytes);
  checkpoint(3);

  start_reader(1, page, 8);
  raw(NR_kill, server, SIGKILL);
  lab_report[7] = (uint64_t)lab_wait(server);
  settle();
  lab_report[8] = (uint64_t)put_letter(2, page, 8);
  checkpoint(4);
}
