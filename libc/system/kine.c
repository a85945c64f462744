/* Kine's own system calls. All of them go through call(), where a test can let the process die. */
#include "call.h"

#include <kine.h>
#include <signal.h>

uint64_t kine_calls_left;

static long call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e) {
  if (kine_calls_left > 0 && --kine_calls_left == 0) call2(SYS_kill, call0(SYS_getpid), SIGKILL);
  return __libc_result(call6(number, (long)a, (long)b, (long)c, (long)d, (long)e, 0));
}

/* A pointer as a word. (A descriptor becomes one by conversion: -1 stays -1.) */
static uint64_t word(const void *pointer) { return (uint64_t)pointer; }

int kine_statistics(int machine, struct kine_statistics *out) { return (int)call(KINE_STATISTICS, (uint64_t)machine, word(out), 0, 0, 0); }

int kine_page(const void *address, struct kine_page *out) { return (int)call(KINE_PAGE, word(address), word(out), 0, 0, 0); }

int kine_audit(int machine) { return (int)call(KINE_AUDIT, (uint64_t)machine, 0, 0, 0, 0); }

int kine_process(int machine, int pid, struct kine_process *out) {
  return (int)call(KINE_PROCESS, (uint64_t)machine, (uint64_t)pid, word(out), 0, 0);
}

int kine_ranges(int machine, int pid, uint64_t from, struct kine_range *out, unsigned count) {
  return (int)call(KINE_RANGES, (uint64_t)machine, (uint64_t)pid, from, word(out), count);
}

int kine_trace_mark(const char *text) { return (int)call(KINE_TRACE_MARK, word(text), 0, 0, 0, 0); }

int kine_crash(int machine, struct kine_crash *out) { return (int)call(KINE_CRASH, (uint64_t)machine, word(out), 0, 0, 0); }

int kine_frames(int machine, uint64_t first, struct kine_frame *out) {
  return (int)call(KINE_FRAMES, (uint64_t)machine, first, word(out), 0, 0);
}

int kine_table(int machine, uint64_t frame, uint64_t *out) { return (int)call(KINE_TABLE, (uint64_t)machine, frame, word(out), 0, 0); }

int kine_port(void) { return (int)call(KINE_PORT, 0, 0, 0, 0, 0); }

int kine_mint(int port, uint64_t cookie) { return (int)call(KINE_MINT, (uint64_t)port, cookie, 0, 0, 0); }

int kine_receive(int port, struct kine_message *out) { return (int)call(KINE_RECEIVE, (uint64_t)port, word(out), 0, 0, 0); }

int kine_reply(uint64_t token, int64_t result) { return (int)call(KINE_REPLY, token, (uint64_t)result, 0, 0, 0); }

int kine_reply_receive(uint64_t token, int64_t result, int port, struct kine_message *out) {
  return (int)call(KINE_REPLY_RECEIVE, token, (uint64_t)result, (uint64_t)port, word(out), 0);
}

int kine_answer(const struct kine_answer *answer) { return (int)call(KINE_ANSWER, word(answer), 0, 0, 0, 0); }

int kine_read(uint64_t token, void *to, uint64_t from, size_t bytes) { return (int)call(KINE_READ, token, word(to), from, bytes, 0); }

int kine_write(uint64_t token, uint64_t to, const void *from, size_t bytes) {
  return (int)call(KINE_WRITE, token, to, word(from), bytes, 0);
}

int kine_give(uint64_t token, uint64_t to, const void *from, size_t bytes) { return (int)call(KINE_GIVE, token, to, word(from), bytes, 0); }

int kine_accept(uint64_t token, void *to, uint64_t from, size_t bytes) { return (int)call(KINE_ACCEPT, token, word(to), from, bytes, 0); }

int kine_take(uint64_t token, int fd) { return (int)call(KINE_TAKE, token, (uint64_t)fd, 0, 0, 0); }

int kine_identify(uint64_t token, int port, int fd, uint64_t *cookie) {
  return (int)call(KINE_IDENTIFY, token, (uint64_t)port, (uint64_t)fd, word(cookie), 0);
}

int kine_publish(int port, uint64_t cookie, unsigned mask) { return (int)call(KINE_PUBLISH, (uint64_t)port, cookie, mask, 0, 0); }

int kine_groups(uint64_t token, uint32_t *out, unsigned count) { return (int)call(KINE_GROUPS, token, word(out), count, 0, 0); }

int kine_cut(int right, unsigned kind, uint64_t first, uint64_t count) {
  return (int)call(KINE_CUT, (uint64_t)right, kind, first, count, 0);
}

int kine_bind(int right, int port, uint64_t cookie) { return (int)call(KINE_BIND, (uint64_t)right, (uint64_t)port, cookie, 0, 0); }

int kine_io(int right) { return (int)call(KINE_IO, (uint64_t)right, 0, 0, 0, 0); }

void *kine_map(int right) { return (void *)call(KINE_MAP, (uint64_t)right, 0, 0, 0, 0); }

int kine_server(int machine) { return (int)call(KINE_SERVER, (uint64_t)machine, 0, 0, 0, 0); }

long kine_refuse(int machine, uint64_t nth) { return call(KINE_REFUSE, (uint64_t)machine, nth, 0, 0, 0); }

int kine_root(int connection) { return (int)call(KINE_ROOT, (uint64_t)connection, 0, 0, 0, 0); }

int kine_exec(const void *image, size_t bytes, const char *path, char *const argv[], char *const envp[]) {
  return (int)call(KINE_EXEC, word(image), bytes, word(path), word(argv), word(envp));
}
