/* A child executes an image that has no addresses of its own. */
#include "image.h"

LAB_PROGRAM {
  unsigned char *file = lab_map(LAB_REGION, kFilePages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  image_build(file, ET_DYN);
  checkpoint(1);
  image_start(file, image_arguments, image_environment);
  checkpoint(2);
}
