/* init, process 1: the parts. main.c decides what runs, servers.c keeps the servers alive, archive.c finds their images, clock.c knows
 * what time it is. */
#ifndef INIT_H
#define INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { kCannotRun = 126, kNotFound = 127, kKilled = 128 }; /* the statuses that a shell gives, too */

/* A line on the debug console: "init: " and the text. Nothing before the log is open. */
void init_log(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* In a child: the right to the debug console's port does not come along with a fork. */
void init_open_log(void);
extern bool init_log_is_open;

/* --- archive.c --- */

/* How long the boot archive is. 0: there is none, or it is broken. `mapped`: bytes of memory at KINE_ARCHIVE_ADDRESS. */
size_t archive_bytes(size_t mapped);
/* The contents of a file of the archive ("servers/console"), which begin on a page; NULL: not there. */
const void *archive_find(size_t mapped, const char *name, size_t *bytes);

/* --- clock.c --- */

/* Sets the time of day by the machine's calendar clock; a line in the log if it cannot. Requires: machine_right. */
void set_clock(void);

/* --- servers.c --- */

/* Connections that programs begin with. */
extern int console_connections[]; /* by cookie, kConsoleTerminal … */
extern int root_connection;
extern int machine_right;

/* Rights and ports. `dies`: NULL, or "SERVER:K". 0, or -1 after a line in the log. */
int servers_prepare(const char *dies);
/* Starts what does not run. Whether all does now; else there is no memory or no pid for it, and it is to be tried again. */
bool servers_run(void);
/* What was tried too often, or in vain, is tried again after a while. */
void servers_pause(void);
/* Before the end: waits until both UARTs have sent their last byte, which would be lost with the machine; a minute at most. */
void servers_drain(void);
/* A child has ended. */
void servers_child_ended(pid_t pid, int status);
/* The session that a console is told of which is started again: the terminal is its; 0: nobody's. */
extern pid_t terminal_session;

#endif
