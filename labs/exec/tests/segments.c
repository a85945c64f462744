/* A child executes the image. */
#include "image.h"

LAB_PROGRAM {
  unsigned char *file = lab_map(LAB_REGION, kFilePages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  image_build(file, ET_EXEC);
  checkpoint(1);
  const long pid = image_start(file, image_arguments, image_environment);
  checkpoint(2);
  raw(NR_kill, pid, SIGKILL);
  lab_report[0] = (uint64_t)lab_wait(pid);
  checkpoint(3);
}
