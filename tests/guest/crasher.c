/* Crashes: crasher WAY. For the tests of what the shell says then, and of crash(1). */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char constant[] = "read-only";
static char data[16] = {(char)0xc3}; /* a `ret` */
static volatile int zero;

static __attribute__((noinline)) void write_to(volatile char *address) { *address = 1; }
static __attribute__((noinline)) void read_from(const volatile char *address) { (void)*address; }
static __attribute__((noinline)) void jump_to(void *address) { ((void (*)(void))address)(); }
static __attribute__((noinline)) int recurse(int depth) {
  volatile char room[4096];
  room[0] = (char)depth;
  return depth == zero - 1 ? 0 : recurse(depth + 1) + room[0];
}

int main(int argc, char *argv[]) {
  const char *way = argc > 1 ? argv[1] : "";

  if (strcmp(way, "null") == 0) write_to((char *)(intptr_t)(zero + 8));
  if (strcmp(way, "constant") == 0) write_to((char *)constant);
  if (strcmp(way, "data") == 0) jump_to(data);
  if (strcmp(way, "none") == 0) read_from(mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (strcmp(way, "kernel") == 0) read_from((char *)0xffffffff80101000);
  if (strcmp(way, "far") == 0) read_from((char *)0x8000000000000000);
  if (strcmp(way, "stack") == 0) return recurse(0);
  if (strcmp(way, "divide") == 0) return 100 / zero;
  if (strcmp(way, "halt") == 0) __asm__ volatile("hlt");
  if (strcmp(way, "opcode") == 0) __asm__ volatile("ud2");
  if (strcmp(way, "abort") == 0) raise(SIGABRT);
  fprintf(stderr, "usage: crasher WAY\n");
  return 2;
}
