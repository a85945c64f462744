/* A process with signals, descriptors and memory of its own tries to execute, in vain. */
#include "image.h"

enum { kText64 = 64 * 1024 };

static volatile int handled;
static void handler(int number) { handled += number == SIGUSR1; }

static char *many[64];

LAB_PROGRAM {
  unsigned char *file = lab_map(LAB_REGION, kFilePages, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  unsigned char *text = lab_map(LAB_REGION + 64 * kPage, 64, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  char *too_long[] = {image_name, (char *)text, NULL};
  char *nowhere[] = {image_name, (char *)0x1000, NULL};

  image_build(file, ET_EXEC);
  memset(text, 'x', 64 * kPage);
  text[64 * kPage - 1] = 0;
  for (int i = 0; i < 63; i++) many[i] = (char *)text + 63 * kPage - kText64 / 2;
  signal(SIGUSR1, handler);
  const int closes = kine_port(); /* close-on-exec */
  for (int i = 0; i < kReports; i++) lab_report[i] = 1;
  raw(NR_kill, raw(NR_getpid), SIGUSR1);
  checkpoint(1);
  image_header(file)->e_machine = kOtherMachine;
  lab_report[0] = (uint64_t)image_execute(file, kFilePages * kPage, image_arguments, image_environment);
  image_header(file)->e_machine = EM_X86_64;
  checkpoint(2);
  lab_report[1] = (uint64_t)image_execute(file, kFilePages * kPage, nowhere, image_environment);
  checkpoint(3);
  lab_report[2] = (uint64_t)image_execute(file, kFilePages * kPage, image_arguments, (char **)0x1000);
  checkpoint(4);
  lab_report[3] = (uint64_t)image_execute(file, kFilePages * kPage, too_long, image_environment);
  checkpoint(5);
  lab_report[4] = (uint64_t)image_execute(file, kFilePages * kPage, many, image_environment);
  checkpoint(6);
  lab_report[5] = (uint64_t)image_execute(file + 16 * kPage, kFilePages * kPage, image_arguments, image_environment);
  checkpoint(7);
  lab_report[10] = (uint64_t)raw(NR_dup, closes);
  raw(NR_kill, raw(NR_getpid), SIGUSR1);
  lab_report[11] = (uint64_t)handled;
  checkpoint(8);
}
