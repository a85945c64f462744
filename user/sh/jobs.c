/* Jobs: the processes that the shell started, in the foreground and behind it, and who has the terminal. It follows the chapter
 * "Implementing a Job Control Shell" of the GNU C library's manual:
 *
 *   - an interactive shell ignores the signals that would stop it, and its children get them back;
 *   - each job is a process group, which both parent and child see to, since either may run first;
 *   - the foreground job has the terminal; when it ends or stops, the shell takes it back, with its modes.
 *
 * A shell that is not interactive has no groups, and only waits.
 * Owns: the list of jobs; the terminal. Must never: wait for a process in a way that a signal could end too early. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../signals.h"
#include "sh.h"

enum state { kRunning, kStopped, kEnded };

struct process {
  struct process *next;
  pid_t pid;
  enum state state;
  int status; /* as waitpid gave it */
};

struct job {
  struct job *next;
  int number;
  pid_t group; /* the first process */
  struct process *first, *last;
  char *text;
  bool background, told; /* told: its state is known to the user */
  bool has_modes;
  struct termios modes; /* of the terminal, when it stopped */
};

static struct job *jobs; /* the one that was stopped or left last comes first: it is %+, the next %- */
static int terminal = -1;
static struct termios shell_modes;

/* ---- signals ---- */

static const int stopping_signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
enum { kStoppingSignals = sizeof stopping_signals / sizeof stopping_signals[0], kTries = 16 };

/* SIGINT is ^C; SIGCHLD only has to end a sigsuspend. */
static void note_signal(int signal) {
  if (signal == SIGINT) shell.interrupted = 1;
}

void keep_signals(void) {
  struct sigaction action = {.sa_handler = note_signal};

  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, NULL);
  action.sa_flags = SA_RESTART;
  sigaction(SIGCHLD, &action, NULL);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  for (int i = 0; shell.job_control && i < kStoppingSignals; i++) signal(stopping_signals[i], SIG_IGN);
}

void release_signals(void) {
  if (!shell.interactive) return; /* nothing was changed */
  signal(SIGINT, SIG_DFL);
  signal(SIGCHLD, SIG_DFL);
  signal(SIGQUIT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
  for (int i = 0; shell.job_control && i < kStoppingSignals; i++) signal(stopping_signals[i], SIG_DFL);
}

void start_job_control(void) {
  int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, kOwnDescriptors);
  pid_t owner;

  /* Started in the background: stop until somebody brings the shell to the foreground. (Where nobody could, the signal does nothing.) */
  for (int tries = 0; (owner = tcgetpgrp(fd)) >= 0 && owner != getpgrp() && tries < kTries; tries++) kill(0, SIGTTIN);
  shell.job_control = owner >= 0 && owner == getpgrp();
  keep_signals();
  if (shell.job_control && getpgrp() != getpid() && setpgid(0, 0) < 0) shell.job_control = false;
  if (shell.job_control && (tcsetpgrp(fd, getpid()) < 0 || tcgetattr(fd, &shell_modes) < 0)) shell.job_control = false;
  terminal = fd;
  if (!shell.job_control) complain("no terminal to control; there is no job control");
}

/* ---- the list ---- */

static void unlink_job(struct job *job) {
  struct job **place = &jobs;

  while (*place != job) place = &(*place)->next;
  *place = job->next;
}

static void free_job(struct job *job) {
  unlink_job(job);
  while (job->first != NULL) {
    struct process *process = job->first;
    job->first = process->next;
    free(process);
  }
  free(job->text);
  free(job);
}

static enum state state_of(const struct job *job) {
  enum state state = kEnded;

  for (const struct process *process = job->first; process != NULL; process = process->next) {
    if (process->state == kRunning) return kRunning;
    if (process->state == kStopped) state = kStopped;
  }
  return state;
}

int status_of(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return kSignalled + (WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
}

static void note_status(pid_t pid, int status) {
  for (struct job *job = jobs; job != NULL; job = job->next) {
    for (struct process *process = job->first; process != NULL; process = process->next) {
      if (process->pid != pid || process->state == kEnded) continue;
      process->status = status;
      process->state = WIFCONTINUED(status) ? kRunning : WIFSTOPPED(status) ? kStopped : kEnded;
      job->told = false;
    }
  }
}

/* Takes the news of one child. False: there is none (or, unless WNOHANG, no child; or ^C). */
static bool take_news(int options) {
  int status;
  pid_t pid = waitpid(-1, &status, options | (shell.job_control ? WUNTRACED | WCONTINUED : 0));

  if (pid > 0) note_status(pid, status);
  return pid > 0;
}

/* Waits until the job no longer runs. */
static void await(const struct job *job) {
  while (state_of(job) == kRunning) {
    if (take_news(0) || errno == EINTR) continue;
    for (struct process *process = job->first; process != NULL; process = process->next) {
      if (process->state == kRunning) *process = (struct process){process->next, process->pid, kEnded, kNotFound << 8};
    }
  }
}

/* Never between two processes of a job is news taken: its group lasts only as long as one of them is not waited for. */
static void take_all_news(void) {
  while (take_news(WNOHANG)) {
  }
}

/* … or until ^C, even one that comes just before it sleeps: the signals are let in only while it does. */
static void await_or_interrupt(const struct job *job) {
  sigset_t news, before;

  if (!shell.interactive) {
    await(job);
    return;
  }
  sigemptyset(&news);
  sigaddset(&news, SIGINT);
  sigaddset(&news, SIGCHLD);
  sigprocmask(SIG_BLOCK, &news, &before);
  for (take_all_news(); state_of(job) == kRunning && !shell.interrupted; take_all_news()) sigsuspend(&before);
  sigprocmask(SIG_SETMASK, &before, NULL);
}

struct job *new_job(const char *text) {
  take_all_news();
  struct job *job = checked(calloc(1, sizeof *job));

  job->text = copy_text(text != NULL ? text : "");
  for (struct job *other = jobs; other != NULL; other = other->next) {
    if (other->number > job->number) job->number = other->number;
  }
  job->number++;
  job->next = jobs;
  jobs = job;
  return job;
}

/* ---- a new process ---- */

static void begin_child(struct job *job, bool background, pid_t group) {
  if (job != NULL && shell.job_control) {
    setpgid(0, group);
    if (!background) tcsetpgrp(terminal, group != 0 ? group : getpid()); /* while SIGTTOU is still ignored */
    release_signals();
  } else {
    /* It belongs to the shell's own group: what stops that must not stop a process that the shell waits for. */
    bool job_control = shell.job_control;
    shell.job_control = false;
    release_signals();
    shell.job_control = job_control;
    if (background) {
      signal(SIGINT, SIG_IGN);
      signal(SIGQUIT, SIG_IGN);
    }
  }
  shell.interactive = shell.job_control = false;
  shell.interrupted = 0;
  jobs = NULL; /* they are its parent's */
}

/* In the parent. */
static void add_process(struct job *job, struct process *process, pid_t pid, bool background) {
  process->pid = pid;
  if (job->first == NULL) {
    job->group = pid;
    job->first = process;
  } else {
    job->last->next = process;
  }
  job->last = process;
  if (!shell.job_control) return;
  setpgid(pid, job->group);
  if (!background) tcsetpgrp(terminal, job->group);
}

pid_t fork_process(struct job *job, bool background) {
  struct process *process = job != NULL ? checked(calloc(1, sizeof *process)) : NULL;
  sigset_t all, before;

  /* No signal comes before the child has its own mind about signals. */
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &before);
  pid_t pid = fork();
  if (pid == 0) begin_child(job, background, job != NULL ? job->group : 0);
  sigprocmask(SIG_SETMASK, &before, NULL);
  if (pid < 0) complain("cannot fork: %s", strerror(errno));
  if (pid > 0 && job != NULL) {
    add_process(job, process, pid, background);
  } else {
    free(process);
  }
  if (pid > 0 && shell.interrupted) kill(pid, SIGINT); /* ^C came before the child could get it */
  return pid;
}

/* ---- foreground and background ---- */

static void describe(const struct job *job, int fd) {
  char state[80] = "Running";
  enum state now = state_of(job);
  char mark = job == jobs ? '+' : job == jobs->next ? '-' : ' ';

  if (now == kStopped) snprintf(state, sizeof state, "Stopped");
  if (now == kEnded) {
    int status = job->last != NULL ? job->last->status : 0;
    if (WIFSIGNALED(status)) {
      snprintf(state, sizeof state, "%s", strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) != 0) {
      snprintf(state, sizeof state, "Done(%d)", WEXITSTATUS(status));
    } else {
      snprintf(state, sizeof state, "Done");
    }
  }
  dprintf(fd, "[%d] %c %-24s %.*s\n", job->number, mark, state, (int)strcspn(job->text, "\n"), job->text);
}

/* To the front of the list: it is the current job now. */
static void make_current(struct job *job) {
  unlink_job(job);
  job->next = jobs;
  jobs = job;
}

static void take_terminal(struct job *job) {
  int status = job->last != NULL ? job->last->status : 0;

  if (!shell.job_control) return;
  tcsetpgrp(terminal, getpgrp());
  if (state_of(job) == kStopped) job->has_modes = tcgetattr(terminal, &job->modes) == 0;
  if (state_of(job) == kEnded && WIFEXITED(status)) {
    tcgetattr(terminal, &shell_modes); /* a program that ended in order, as stty, wants its modes to stay */
  } else {
    tcsetattr(terminal, TCSADRAIN, &shell_modes);
  }
}

int wait_for_job(struct job *job) {
  await(job);
  take_terminal(job);
  int status = job->last != NULL ? job->last->status : kError << 8;
  if (state_of(job) == kStopped) {
    job->background = job->told = true;
    make_current(job);
    write_all(STDERR_FILENO, "\n", 1);
    describe(job, STDERR_FILENO);
    return kSignalled + SIGTSTP;
  }
  if (WIFSIGNALED(status)) {
    int signal = WTERMSIG(status);
    if (shell.interactive && signal == SIGINT) shell.interrupted = 1; /* ^C went to the job alone, and means the loop around it, too */
    if (signal != SIGINT && signal != SIGPIPE) {
      dprintf(STDERR_FILENO, "%s%s\n", strsignal(signal), WCOREDUMP(status) ? " (core dumped)" : "");
    }
  }
  free_job(job);
  return status_of(status);
}

void leave_in_background(struct job *job) {
  if (job->last == NULL) {
    free_job(job);
    return;
  }
  job->background = job->told = true;
  shell.background = job->last->pid;
  if (shell.interactive) dprintf(STDERR_FILENO, "[%d] %d\n", job->number, (int)job->last->pid);
}

void report_jobs(void) {
  struct job *next;

  take_all_news();
  for (struct job *job = jobs; job != NULL; job = next) {
    next = job->next;
    enum state state = state_of(job);
    if (!job->told && state != kRunning) describe(job, STDERR_FILENO);
    job->told = true;
    if (state == kEnded) free_job(job);
  }
}

/* True, with a warning, if jobs are stopped and nobody was told yet: then the shell had better not end. */
bool warn_of_stopped_jobs(void) {
  static bool warned;

  take_all_news();
  for (const struct job *job = jobs; job != NULL && !warned; job = job->next) {
    if (state_of(job) != kStopped) continue;
    complain("there are stopped jobs");
    warned = true;
    return true;
  }
  return false;
}

/* ---- builtins ---- */

/* %n, %+ %% %- %text; NULL: the current job. */
static struct job *find_job(const char *name) {
  struct job *job = jobs;
  const char *which = name != NULL ? name + (*name == '%') : "+";

  if (strcmp(which, "-") == 0 && job != NULL) {
    job = job->next;
  } else if (isdigit((unsigned char)*which)) {
    while (job != NULL && job->number != strtol(which, NULL, 10)) job = job->next;
  } else if (strcmp(which, "+") != 0 && strcmp(which, "%") != 0 && *which != '\0') {
    while (job != NULL && strncmp(job->text, which, strlen(which)) != 0) job = job->next;
  }
  if (job == NULL) complain("%s: no such job", name != NULL ? name : "%+");
  return job;
}

int jobs_builtin(char **argv) {
  struct job *next;

  (void)argv;
  take_all_news();
  for (struct job *job = jobs; job != NULL; job = job->next) describe(job, STDOUT_FILENO);
  for (struct job *job = jobs; job != NULL; job = next) {
    next = job->next;
    job->told = true;
    if (state_of(job) == kEnded) free_job(job);
  }
  return 0;
}

static bool continue_job(struct job *job) {
  for (struct process *process = job->first; process != NULL; process = process->next) {
    if (process->state == kStopped) process->state = kRunning;
  }
  return kill(-job->group, SIGCONT) == 0;
}

static int go_on(char **argv, bool background) {
  struct job *job = shell.job_control ? find_job(argv[1]) : NULL;

  if (!shell.job_control) complain("%s: no job control", argv[0]);
  if (job == NULL) return kError;
  dprintf(STDOUT_FILENO, "%s\n", job->text);
  make_current(job);
  job->told = true;
  job->background = background;
  if (!background) {
    tcsetpgrp(terminal, job->group);
    if (job->has_modes) tcsetattr(terminal, TCSADRAIN, &job->modes);
  }
  if (!continue_job(job)) complain("%s: %s", argv[0], strerror(errno));
  return background ? 0 : wait_for_job(job);
}

int fg_builtin(char **argv) { return go_on(argv, false); }
int bg_builtin(char **argv) { return go_on(argv, true); }

/* The status of one job, which is then forgotten. */
static int wait_for_one(const char *name) {
  struct job *job = jobs;

  if (*name == '%') {
    job = find_job(name);
  } else {
    while (job != NULL && job->last->pid != strtol(name, NULL, 10)) job = job->next;
  }
  if (job == NULL) return kNotFound;
  await_or_interrupt(job);
  if (state_of(job) == kRunning) return kSignalled + SIGINT;
  int status = job->last->status;
  if (state_of(job) == kEnded) free_job(job);
  return status_of(status);
}

int wait_builtin(char **argv) {
  int status = 0;

  for (int i = 1; argv[i] != NULL && !shell.interrupted; i++) status = wait_for_one(argv[i]);
  if (argv[1] != NULL) return status;
  for (struct job *job = jobs, *next; job != NULL; job = next) {
    await_or_interrupt(job);
    if (shell.interrupted) return kSignalled + SIGINT;
    next = job->next;
    if (state_of(job) == kEnded && !shell.interactive) free_job(job); /* an interactive shell still reports it */
  }
  return 0;
}

/* kill [-s SIGNAL | -SIGNAL] PID | %JOB … as the program of that name, which knows no jobs. */
int kill_builtin(char **argv) {
  int signal = SIGTERM, status = 0, first = 1;

  if (argv[1] != NULL && strcmp(argv[1], "-l") == 0) {
    list_signals(STDOUT_FILENO);
    return 0;
  }
  if (!signal_option(argv, &first, &signal) || argv[first] == NULL) {
    complain("usage: kill [-s SIGNAL | -SIGNAL] PID | %%JOB ...");
    return kError;
  }
  for (int i = first; argv[i] != NULL; i++) {
    struct job *job = *argv[i] == '%' ? find_job(argv[i]) : NULL;
    pid_t pid = 0;
    bool valid = job != NULL || (*argv[i] != '%' && parse_pid(argv[i], &pid));
    if (job != NULL) pid = shell.job_control ? -job->group : job->last->pid;
    if (valid && kill(pid, signal) == 0) {
      /* A stopped job could not act on it. */
      if (shell.job_control && job != NULL && (signal == SIGTERM || signal == SIGHUP)) continue_job(job);
      continue;
    }
    if (*argv[i] != '%' || valid) complain("kill: %s: %s", argv[i], valid ? strerror(errno) : "not a process");
    status = 1;
  }
  return status;
}
