/* getopt, as POSIX has it: the first argument that is no option ends the options. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

char *optarg;
int optind = 1, opterr = 1, optopt;

static int position; /* in a group such as -abc; 0: at the start of an argument */

int getopt(int argc, char *const argv[], const char *options) {
  if (position == 0) {
    const char *argument = optind < argc ? argv[optind] : NULL;
    if (!argument || argument[0] != '-' || argument[1] == 0) return -1;
    if (strcmp(argument, "--") == 0) {
      optind++;
      return -1;
    }
    position = 1;
  }
  const char *group = argv[optind];
  optopt = (unsigned char)group[position++];
  const char *option = optopt == ':' ? NULL : strchr(options, optopt);
  int takes_value = option && option[1] == ':';
  const char *rest = group + position;
  optarg = NULL;
  if (*rest == 0 || takes_value) {
    optind++;
    position = 0;
  }
  int silent = !opterr || options[0] == ':';
  if (!option) {
    if (!silent) fprintf(stderr, "%s: invalid option -- '%c'\n", argv[0], optopt);
    return '?';
  }
  if (!takes_value) return optopt;
  if (*rest) {
    optarg = (char *)rest;
  } else if (optind < argc) {
    optarg = argv[optind++];
  } else {
    if (!silent) fprintf(stderr, "%s: option requires an argument -- '%c'\n", argv[0], optopt);
    return options[0] == ':' ? ':' : '?';
  }
  return optopt;
}
