/* Takes memory, shares it with a child that writes to a part of it, and gives it back, step by step, so that one can look from outside: a
 * step begins when a line is read. */
#include <kine.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { kPage = 4096, kPages = 8000, kCopied = 1000 };

static void tell(int step, const char *what) {
  struct kine_statistics now = {0};
  char line[16];

  for (int i = 0; i < 2; i++) kine_statistics(KINE_MACHINE_FD, &now); /* the first touches what the second counts */
  printf("step %d: free %lu: %s\n", step, now.frames_free, what);
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) exit(1);
}

int main(void) {
  setvbuf(stdin, NULL, _IONBF, 0);
  tell(0, "(who looks needs time to begin, and memory)");
  tell(1, "nothing is taken");
  char *memory = mmap(NULL, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < kPages; i++) memory[i * kPage] = 1;
  tell(2, "8000 pages are written");
  const pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < kCopied; i++) memory[i * kPage] = 2;
    raise(SIGSTOP);
  }
  waitpid(child, NULL, WUNTRACED);
  tell(3, "a child shares them, and has written to 1000");
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
  for (int i = 0; i < kPages; i++) memory[i * kPage] = 3;
  tell(4, "the child is gone");
  munmap(memory, kPages * kPage);
  tell(5, "they are given back");
  return 0;
}
