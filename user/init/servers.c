/* The servers: their ports and rights, their start, and their next start when they have died.
 *
 * init holds the receiving ends of all ports, so a call that no server has received waits for the next incarnation. All descriptors here
 * lie high, out of the way of those that children begin with, and are closed by exec. */
#include <errno.h>
#include <fcntl.h>
#include <kine.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "servers/server.h"

enum {
  kHigh = 64,      /* the first descriptor of init's own */
  kRights = 6,     /* that a server has, beside its port */
  kQuickly = 1,    /* seconds: a server that lives shorter was of no use */
  kPatience = 5,   /* so often in a row it is started at once */
  kPause = 100,    /* milliseconds before later starts */
  kTryAgain = 125, /* status of a child that could not become a server, but another may */
};
/* A UART's line status register, and its bit that says that the last byte has left (PC16550D data sheet, section 8.4). An absent UART
 * reads as if it had. */
enum { kLineStatus = 5, kTransmitterIdle = 0x40 };
enum { kDrainPause = 1 /* milliseconds */, kDrainLimit = 60 /* seconds that a reader may let the last byte wait */ };
enum { kConsole, kFiles, kPipes, kServers };

struct server {
  const char *name;
  int port;
  int rights[kRights]; /* descriptors from kServerPort + 1 on; -1: nothing */
  pid_t pid;           /* 0: is to be started */
  unsigned incarnation;
  unsigned quick_deaths; /* in a row */
  struct timespec started;
};

int console_connections[kConsoleCells + 1], root_connection, machine_right;
pid_t terminal_session;
bool init_log_is_open;
static int fill_connection;
static pid_t filler;  /* 0: none runs */
static bool filled;   /* files has the archive */
static size_t mapped; /* bytes of the archive's memory */
static const char *dying_name, *dying_at;
static struct server servers[kServers] = {{.name = "console"}, {.name = "files"}, {.name = "pipes"}};

/* --- Rights and ports --- */

/* The same descriptor, out of the way. Nothing can be done about a failure so early. */
static int high(int fd) {
  const int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, kHigh);

  if (moved < 0) {
    init_log("cannot begin: %s", strerror(errno));
    exit(kCannotRun);
  }
  close(fd);
  return moved;
}

static int cut(unsigned kind, uint64_t first, uint64_t count) { return high(kine_cut(machine_right, kind, first, count)); }
static int cut_log(void) { return cut(KINE_RIGHT_IO, kLogPort, 1); }
static int mint(unsigned server, uint64_t cookie) { return high(kine_mint(servers[server].port, cookie)); }

void init_open_log(void) {
  static int log_right = -1;

  if (log_right < 0) log_right = cut_log();
  init_log_is_open = kine_io(log_right) == 0;
}

static void give_rights(struct server *server, const int *rights, unsigned count) {
  for (unsigned i = 0; i < kRights; i++) server->rights[i] = i < count ? rights[i] : -1;
}

static void make_rights(void) {
  for (unsigned i = 0; i < kServers; i++) servers[i].port = high(kine_port());
  /* One connection for each cookie, so that what a server publishes about a cookie is told to all who hold it. */
  for (unsigned i = 0; i <= kConsoleCells; i++) console_connections[i] = mint(kConsole, i);
  root_connection = mint(kFiles, kFilesRoot);
  fill_connection = mint(kFiles, kFilesFill);
  const int console[] = {cut(KINE_RIGHT_INTERRUPT, 4, 1),      cut(KINE_RIGHT_IO, kCom1, kComPorts),
                         cut(KINE_RIGHT_IO, kCom2, kComPorts), cut(KINE_RIGHT_MEMORY, 0xb8000, 0x8000),
                         cut(KINE_RIGHT_IO, kScreenPorts, 2),  cut_log()};
  const int files[] = {cut(KINE_RIGHT_STATISTICS, 0, 0), console_connections[kConsoleTerminal], mint(kPipes, kPipesMaker), cut_log()};
  const int pipes[] = {cut_log()};
  give_rights(&servers[kConsole], console, sizeof console / sizeof console[0]);
  give_rights(&servers[kFiles], files, sizeof files / sizeof files[0]);
  give_rights(&servers[kPipes], pipes, sizeof pipes / sizeof pipes[0]);
}

/* --- Start --- */

/* In the child: become the server. */
static void become(const struct server *server) {
  char path[32], incarnation[16], session[16], dies[32];
  char *argv[] = {(char *)server->name, incarnation, session, NULL}, *environment[] = {NULL, NULL};
  size_t bytes;

  snprintf(path, sizeof path, "servers/%s", server->name);
  snprintf(incarnation, sizeof incarnation, "%u", server->incarnation);
  snprintf(session, sizeof session, "%d", (int)terminal_session);
  snprintf(dies, sizeof dies, "KINE_DIE_AT=%s", dying_at != NULL ? dying_at : "");
  if (server->incarnation == 1 && dying_name != NULL && strcmp(dying_name, server->name) == 0) environment[0] = dies;
  init_open_log();
  const void *image = archive_find(mapped, path, &bytes);
  if (image == NULL) {
    init_log("the archive has no %s", path);
    _exit(kNotFound);
  }
  bool ready = kine_server(machine_right) == 0 && dup2(server->port, kServerPort) >= 0;
  for (unsigned i = 0; i < kRights && ready; i++)
    if (server->rights[i] >= 0) ready = dup2(server->rights[i], kServerPort + 1 + (int)i) >= 0;
  snprintf(path, sizeof path, "/servers/%s", server->name);
  if (ready) kine_exec(image, bytes, path, argv, environment);
  const int error = errno;
  init_log("%s: %s", server->name, strerror(error));
  _exit(error == ENOMEM || error == EAGAIN ? kTryAgain : kCannotRun);
}

/* The filler gives the archive to the files server. Whoever calls a server waits for it, and init must not. */
static void fill(void) {
  const size_t bytes = archive_bytes(mapped);
  const ssize_t written = write(fill_connection, (const void *)KINE_ARCHIVE_ADDRESS, bytes);
  const int error = errno;

  /* EPERM: an earlier filler was killed when its work was done. */
  if (written == (ssize_t)bytes || (written < 0 && error == EPERM)) _exit(0);
  init_open_log();
  init_log("files took %zd of %zu bytes of the archive: %s", written, bytes, written < 0 ? strerror(error) : "too few");
  _exit(1);
}

/* Forks; what cannot be now is said once, and is to be tried again. */
static pid_t fork_for(const char *what) {
  static bool said;
  const pid_t child = fork();

  if (child < 0 && !said) init_log("%s has to wait: %s", what, strerror(errno));
  said = child < 0;
  return child;
}

static bool start(struct server *server) {
  /* The last filler's call may still wait for the server that has died; the new one is to be filled once. */
  if (server == &servers[kFiles]) {
    if (filler > 0) kill(filler, SIGKILL);
    filler = 0;
    filled = false;
  }
  if (server->quick_deaths > kPatience) servers_pause();
  clock_gettime(CLOCK_MONOTONIC, &server->started);
  server->incarnation++;
  const pid_t child = fork_for(server->name);
  if (child == 0) become(server);
  if (child < 0) {
    server->incarnation--;
    return false;
  }
  server->pid = child;
  if (server->incarnation > 1) init_log("%s started again, incarnation %u (pid %d)", server->name, server->incarnation, (int)child);
  return true;
}

bool servers_run(void) {
  bool all_run = true;

  for (unsigned i = 0; i < kServers; i++)
    if (servers[i].pid == 0 && !start(&servers[i])) all_run = false;
  if (servers[kFiles].pid == 0 || filled || filler > 0) return all_run;
  const pid_t child = fork_for("filling files");
  if (child == 0) fill();
  if (child > 0) filler = child;
  return all_run && child > 0;
}

void servers_pause(void) {
  const struct timespec pause = {.tv_nsec = kPause * 1000000L};

  nanosleep(&pause, NULL);
}

static int set_dying(const char *dies) {
  static char name[16];
  const char *colon = dies != NULL ? strchr(dies, ':') : NULL;

  if (dies == NULL) return 0;
  for (unsigned i = 0; i < kServers && colon != NULL; i++) {
    const size_t length = strlen(servers[i].name);
    if (length != (size_t)(colon - dies) || memcmp(dies, servers[i].name, length) != 0) continue;
    memcpy(name, dies, length);
    dying_name = name;
    dying_at = colon + 1;
    return 0;
  }
  init_log("--die=%s: which server, and at which call?", dies);
  return -1;
}

int servers_prepare(const char *dies) {
  struct kine_range range;

  machine_right = high(0);
  init_open_log();
  if (set_dying(dies) != 0) return -1;
  if (kine_ranges(machine_right, 1, KINE_ARCHIVE_ADDRESS, &range, 1) == 1 && range.begin == KINE_ARCHIVE_ADDRESS)
    mapped = range.end - range.begin;
  if (archive_bytes(mapped) == 0) {
    init_log("the boot archive is missing or broken");
    return -1;
  }
  make_rights();
  return 0;
}

static bool is_idle(uint16_t uart) { return in8(uart + kLineStatus) & kTransmitterIdle; }

void servers_drain(void) {
  const struct timespec pause = {.tv_nsec = kDrainPause * 1000000L};
  const int *rights = servers[kConsole].rights;
  struct timespec now, began;

  if (kine_io(rights[kConsoleCom1 - kServerPort - 1]) != 0 || kine_io(rights[kConsoleCom2 - kServerPort - 1]) != 0) return;
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (now = began; now.tv_sec - began.tv_sec < kDrainLimit && !(is_idle(kCom1) && is_idle(kCom2)); clock_gettime(CLOCK_MONOTONIC, &now))
    nanosleep(&pause, NULL);
}

/* --- Death --- */

static void server_ended(struct server *server, int status) {
  struct timespec now;

  if (WIFSIGNALED(status))
    init_log("%s (pid %d) was killed by signal %d", server->name, (int)server->pid, WTERMSIG(status));
  else
    init_log("%s (pid %d) ended with status %d", server->name, (int)server->pid, WEXITSTATUS(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) >= kCannotRun) exit(WEXITSTATUS(status)); /* nor will it ever become the server */
  server->pid = 0;
  clock_gettime(CLOCK_MONOTONIC, &now);
  const bool quickly = now.tv_sec - server->started.tv_sec <= kQuickly;
  server->quick_deaths = quickly ? server->quick_deaths + 1 : 0;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kTryAgain) return;
  server->incarnation--; /* it never was */
  servers_pause();
}

static void filler_ended(int status) {
  filler = 0;
  filled = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (filled) return;
  /* If it was killed, another may do what it did not. Else files has failed, nobody knows half-way to where: a new one begins anew. */
  if (WIFEXITED(status) && servers[kFiles].pid > 0) kill(servers[kFiles].pid, SIGKILL);
  servers_pause();
}

void servers_child_ended(pid_t pid, int status) {
  if (pid == filler) filler_ended(status);
  for (unsigned i = 0; i < kServers; i++)
    if (servers[i].pid == pid) server_ended(&servers[i], status);
}
