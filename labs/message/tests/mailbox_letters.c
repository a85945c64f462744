/* Letters go into three boxes, and come out; readers wait. */
#include "mailbox.h"

LAB_PROGRAM {
  unsigned char* page = lab_map(LAB_REGION, 5, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  for (uint64_t i = 0; i < 5; i++) lab_fill(page + i * kPage, i);
  start_mailbox();

  lab_report[0] = (uint64_t)put_letter(0, page, kLetterBytes);
  lab_report[1] = (uint64_t)put_letter(1, page + kPage, 100);
  lab_report[2] = (uint64_t)put_letter(0, page + kPage, 8);
  checkpoint(1);
  lab_report[3] = (uint64_t)take_letter(1, page + 2 * kPage, kPage);
  lab_report[4] = (uint64_t)take_letter(0, page + 3 * kPage, 40);
  lab_report[5] = (uint64_t)take_letter(0, page + 3 * kPage + 40, kLetterBytes);
  checkpoint(2);

  start_reader(2, page + 4 * kPage, kLetterBytes);
  start_reader(0, page + 4 * kPage, kLetterBytes);
  checkpoint(3);
  lab_report[6] = (uint64_t)put_letter(2, page, 64);
  settle();
  checkpoint(4);
  lab_report[7] = (uint64_t)put_letter(0, page + kPage, 48);
  settle();
  checkpoint(5);
}
