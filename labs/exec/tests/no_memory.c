/* A child executes the image, with more and more free frames, until it succeeds. */
#include "image.h"

LAB_PROGRAM {
  unsigned char *file = lab_map(LAB_REGION, kFilePages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  image_build(file, ET_EXEC);
  image_start(file, image_arguments, image_environment);
  checkpoint(1);
  if (lab_fork() == 0) {
    lab_child();
    lab_report[0] = 1;
    for (;;) {
      *lab_step += 1;
      checkpoint(2);
      const long result = image_execute(file, kFilePages * kPage, image_arguments, image_environment);
      lab_step[1] = (int)result;
      checkpoint(3);
    }
  }
  lab_await(1);
  for (int tried = 0; tried != *lab_step;) { /* until the child does not try any more */
    tried = *lab_step;
    lab_settle();
  }
  checkpoint(4);
}
