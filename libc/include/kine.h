/* Kine's own system calls; <kine_abi.h> says what each does, and with which errors. Those that make a descriptor or count something
 * return it, the others 0; -1 with errno set on failure. On Linux errno is ENOSYS. */
#ifndef _KINE_H
#define _KINE_H

#include <kine_abi.h>
#include <stddef.h>

/* The right to the machine, as init gives it to the program that it was told to run. */
#define KINE_MACHINE_FD 255

#ifdef __cplusplus
extern "C" {
#endif

/* How many of the calls below the process still makes, the last of them not: instead of that one it kills itself. 0: no end. So that
 * tests can let a server die at each of its steps. */
extern uint64_t kine_calls_left;

/* Looking. */
int kine_statistics(int machine, struct kine_statistics *out);
int kine_page(const void *address, struct kine_page *out);
int kine_audit(int machine);
int kine_process(int machine, int pid, struct kine_process *out);
int kine_ranges(int machine, int pid, uint64_t from, struct kine_range *out, unsigned count);
int kine_trace_mark(const char *text);
int kine_crash(int machine, struct kine_crash *out);
int kine_frames(int machine, uint64_t first, struct kine_frame *out); /* `out`, and of the next one too: the beginning of a page */
int kine_table(int machine, uint64_t frame, uint64_t *out);

/* Serving. `to` and `from` of type uint64_t are addresses in the sender's memory. */
int kine_port(void);
int kine_mint(int port, uint64_t cookie);
int kine_receive(int port, struct kine_message *out);
int kine_reply(uint64_t token, int64_t result);
int kine_reply_receive(uint64_t token, int64_t result, int port, struct kine_message *out);
int kine_answer(const struct kine_answer *answer);
int kine_read(uint64_t token, void *to, uint64_t from, size_t bytes);
int kine_write(uint64_t token, uint64_t to, const void *from, size_t bytes);
int kine_give(uint64_t token, uint64_t to, const void *from, size_t bytes);
int kine_accept(uint64_t token, void *to, uint64_t from, size_t bytes);
int kine_take(uint64_t token, int fd);
int kine_identify(uint64_t token, int port, int fd, uint64_t *cookie);
int kine_publish(int port, uint64_t cookie, unsigned mask);
int kine_groups(uint64_t token, uint32_t *out, unsigned count);

/* Owning. */
int kine_cut(int right, unsigned kind, uint64_t first, uint64_t count);
int kine_bind(int right, int port, uint64_t cookie);
int kine_io(int right);
void *kine_map(int right); /* MAP_FAILED on failure */
int kine_server(int machine);
int kine_root(int connection);
long kine_refuse(int machine, uint64_t nth);
int kine_exec(const void *image, size_t bytes, const char *path, char *const argv[], char *const envp[]);

#ifdef __cplusplus
}
#endif
#endif
