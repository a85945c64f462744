/* Two children execute the image, with arguments and an environment; a third with neither. */
#include "image.h"

static char two_words[] = "two words", empty[] = "", long_one[3000], first[32] = "LAB=", second[] = "EMPTY=";
static char *arguments[] = {image_name, empty, two_words, long_one, NULL};
static char *environment[] = {first, second, NULL};

LAB_PROGRAM {
  unsigned char *file = lab_map(LAB_REGION, kFilePages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  image_build(file, ET_EXEC);
  strcat(first, lab_arguments[0]);
  memset(long_one, 'x', sizeof long_one - 1);
  checkpoint(1);
  image_start(file, arguments, environment);
  image_start(file, arguments, environment);
  image_start(file, NULL, NULL);
  checkpoint(2);
}
