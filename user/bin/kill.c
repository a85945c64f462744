/* kill [-s SIGNAL | -SIGNAL] PID …: sends a signal, TERM by default; kill -l lists them. A PID below 0 is a process group. */
#include "signals.h"

int main(int argc, char *argv[]) {
  int signal = SIGTERM, first = 1, status = 0;

  if (argc == 2 && strcmp(argv[1], "-l") == 0) {
    list_signals(1);
    return 0;
  }
  if (argc < 2 || !signal_option(argv, &first, &signal) || argv[first] == NULL) {
    fprintf(stderr, "usage: kill [-s SIGNAL | -SIGNAL] PID ...\n       kill -l\n");
    return 2;
  }
  for (int i = first; i < argc; i++) {
    pid_t pid;
    bool valid = parse_pid(argv[i], &pid);
    if (valid && kill(pid, signal) == 0) continue;
    fprintf(stderr, "kill: %s: %s\n", argv[i], valid ? strerror(errno) : "not a process");
    status = 1;
  }
  return status;
}
