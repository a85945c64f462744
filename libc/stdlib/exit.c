/* The orderly end of a process: atexit handlers and C++ destructors in reverse order of registration, then .fini_array, then
 * unwritten output, then _exit. */
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

typedef void finalizer(void);
extern finalizer *const __fini_array_start[] __attribute__((visibility("hidden")));
extern finalizer *const __fini_array_end[] __attribute__((visibility("hidden")));

/* Defined by stdio, if the program uses it. */
void __libc_flush_all(void) __attribute__((weak));

int __cxa_atexit(void (*function)(void *), void *argument, void *object);

/* C++ hands its address to __cxa_atexit; a static program is a single object, so nobody compares it. */
void *const __dso_handle __attribute__((visibility("hidden"))) = NULL;

#define BLOCK 32 /* POSIX promises 32 handlers without any allocation */

struct block {
  struct block *older;
  size_t used;
  struct {
    void (*function)(void *);
    void *argument;
  } handler[BLOCK];
};

static struct block first;
static struct block *newest = &first;

int __cxa_atexit(void (*function)(void *), void *argument, void *object) {
  (void)object;
  if (newest->used == BLOCK) {
    struct block *block = malloc(sizeof *block);
    if (!block) return -1;
    block->older = newest;
    block->used = 0;
    newest = block;
  }
  newest->handler[newest->used].function = function;
  newest->handler[newest->used].argument = argument;
  newest->used++;
  return 0;
}

static void call_plain(void *function) { ((void (*)(void))function)(); }

int atexit(void (*function)(void)) { return __cxa_atexit(call_plain, (void *)function, NULL); }

void exit(int status) {
  /* A handler may register another: always look at the newest one. Each is taken off before it runs. */
  for (;;) {
    while (newest->used == 0 && newest->older) newest = newest->older;
    if (newest->used == 0) break;
    newest->used--;
    newest->handler[newest->used].function(newest->handler[newest->used].argument);
  }
  for (finalizer *const *at = __fini_array_end; at > __fini_array_start;) (*--at)();
  if (__libc_flush_all) __libc_flush_all();
  _exit(status);
}
