/* What no mailbox can do, lengths that are none of a letter's, and memory that is not there. */
#include "mailbox.h"

LAB_PROGRAM {
  static const uint64_t lengths[] = {kLetterBytes + 1, kPage, 1ull << 32 | 8, 1ull << 63, ~0ull};
  unsigned char *page = lab_map(LAB_REGION, 4, PROT_READ | PROT_WRITE, MAP_PRIVATE), *nowhere = page + 16 * (uint64_t)kPage;
  for (uint64_t i = 0; i < 4; i++) lab_fill(page + i * kPage, i);
  start_mailbox();

  lab_report[0] = (uint64_t)put_letter(1, page, 64);
  const long asked = lab_fork();
  if (asked == 0) {
    lab_report[0] = kWaits;
    lab_report[0] = (uint64_t)raw(NR_ioctl, box[0], 1, 2);
    lab_report[1] = (uint64_t)raw(NR_lseek, box[0], 0, 0);
    lab_await(1000);
  }
  settle();
  checkpoint(1);
  for (int i = 0; i < 5; i++) lab_report[1 + i] = (uint64_t)put_letter(0, page + kPage, lengths[i]);
  lab_report[6] = (uint64_t)put_letter(0, nowhere, 8);
  lab_report[7] = (uint64_t)take_letter(1, nowhere, 8);
  lab_report[8] = (uint64_t)take_letter(0, page, 0);
  checkpoint(2);
  lab_report[9] = (uint64_t)take_letter(1, page + 2 * kPage, 1ull << 40);
  start_reader(2, page + 3 * kPage, 8);
  start_reader(2, page + 3 * kPage, 8);
  lab_report[10] = (uint64_t)put_letter(0, page + kPage, 16);
  lab_report[11] = (uint64_t)put_letter(2, page, 32);
  settle();
  lab_report[12] = (uint64_t)take_letter(2, page + 3 * kPage, kPage);
  checkpoint(3);
}
