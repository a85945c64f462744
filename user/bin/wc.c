/* wc [-c] [-l] [-w] [FILE …]: counts lines, words and bytes, as asked (all three by default), and the totals of several files. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { kLines, kWords, kBytes, kCounts };

static bool wanted[kCounts];
static char buffer[65536];

/* A single number stands alone, so that $(wc -l <file) is only that. */
static void print(const unsigned long counts[kCounts], const char *name) {
  bool single = wanted[kLines] + wanted[kWords] + wanted[kBytes] == 1;

  for (int i = 0, first = 1; i < kCounts; i++) {
    if (!wanted[i]) continue;
    printf("%s%*lu", first ? "" : " ", single ? 1 : 7, counts[i]);
    first = 0;
  }
  printf("%s%s\n", name != NULL ? " " : "", name != NULL ? name : "");
}

/* Counts one file, and adds it to the total. */
static int count(const char *name, unsigned long total[kCounts]) {
  bool input = name == NULL || strcmp(name, "-") == 0, in_word = false;
  int fd = input ? STDIN_FILENO : open(name, O_RDONLY);
  unsigned long counts[kCounts] = {0};
  ssize_t got = -1;

  while (fd >= 0 && ((got = read(fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))) {
    for (ssize_t i = 0; i < got; i++) {
      bool space = isspace((unsigned char)buffer[i]);
      counts[kLines] += buffer[i] == '\n';
      counts[kWords] += !space && !in_word;
      in_word = !space;
    }
    if (got > 0) counts[kBytes] += (unsigned long)got;
  }
  if (got < 0) fprintf(stderr, "wc: %s: %s\n", name != NULL ? name : "standard input", strerror(errno));
  if (got == 0) print(counts, name);
  if (fd >= 0 && !input) close(fd);
  for (int i = 0; i < kCounts; i++) total[i] += counts[i];
  return got < 0;
}

int main(int argc, char *argv[]) {
  unsigned long total[kCounts] = {0};
  int option, status = 0;

  while ((option = getopt(argc, argv, "clw")) != -1) {
    if (option == '?') {
      fprintf(stderr, "usage: wc [-clw] [FILE ...]\n");
      return 2;
    }
    wanted[option == 'l' ? kLines : option == 'w' ? kWords : kBytes] = true;
  }
  if (!wanted[kLines] && !wanted[kWords] && !wanted[kBytes]) wanted[kLines] = wanted[kWords] = wanted[kBytes] = true;
  if (optind == argc) status = count(NULL, total);
  for (int i = optind; i < argc; i++) status |= count(argv[i], total);
  if (argc - optind > 1) print(total, "total");
  if (fflush(stdout) == 0) return status;
  perror("wc");
  return 1;
}
