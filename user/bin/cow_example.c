/* A lesson on copy-on-write, told by the kernel's own counters: what a fork shares, what a write copies, and what that costs.
 *
 * Parent and child work in turns; they tell each other whose turn it is through a page that is mapped shared, where they also keep what
 * they have measured. Linux has no such counters: there the program does the same work and says so. */
#include <kine.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

enum { kPage = 4096, kWanted = 64 << 20 };

/* What one step cost the process that took it. */
struct cost {
  unsigned long faults, tables, pages, reused, frames;
};

enum step { kFirst, kSecond, kNext, kChildWrites, kParentWrites, kSteps };

struct board {
  volatile int turn;
  struct cost cost[kSteps];
  struct kine_statistics after_fork;
  struct kine_page text, touched, untouched; /* as the child has them */
};

static unsigned char *memory;
static size_t pages;
static struct board *board;
static int counting; /* 0 on Linux */

/* A part of the lesson, which needs the counters. */
static __attribute__((format(printf, 1, 2))) void tell(const char *format, ...) {
  va_list arguments;

  va_start(arguments, format);
  if (counting) vprintf(format, arguments);
  va_end(arguments);
}

static struct kine_statistics now(void) {
  struct kine_statistics statistics;

  memset(&statistics, 0, sizeof statistics);
  if (kine_statistics(KINE_MACHINE_FD, &statistics) != 0) counting = 0;
  return statistics;
}

/* Asks twice: the first call makes sure that the stack it writes to is already this process's own, and not a part of what is measured. */
static struct kine_statistics begin(void) {
  now();
  return now();
}

static void end(enum step step, const struct kine_statistics *before) {
  struct kine_statistics after = now();
  struct cost *cost = &board->cost[step];

  cost->faults = after.own.faults - before->own.faults;
  cost->tables = after.own.tables_copied - before->own.tables_copied;
  cost->pages = after.own.pages_copied - before->own.pages_copied;
  cost->reused = after.own.faults_reuse - before->own.faults_reuse;
  cost->frames = before->frames_free - after.frames_free;
}

static struct kine_page look_at(const void *address) {
  struct kine_page page;

  memset(&page, 0, sizeof page);
  kine_page(address, &page);
  return page;
}

static void take_turn(int turn) {
  while (board->turn < turn) sched_yield();
}

static void write_everything(unsigned char value) {
  for (size_t i = 0; i < pages; i++) memory[i * kPage] = value;
}

static pid_t fork_or_die(void) {
  pid_t pid = fork();

  if (pid < 0) {
    perror("fork");
    exit(1);
  }
  return pid;
}

static void table_head(void) { tell("\n  %-36s %9s %9s %9s %9s\n", "", "faults", "tables", "pages", "frames"); }

static void table_row(const char *what, enum step step) {
  const struct cost *cost = &board->cost[step];

  tell("  %-36s %9lu %9lu %9lu %9ld\n", what, cost->faults, cost->tables, cost->pages, (long)cost->frames);
}

/* ---- 1 and 2: a fork, and the child's first writes ---- */

static void child_of_the_first_fork(void) {
  struct kine_statistics before = begin();
  memory[0] = 2;
  end(kFirst, &before);

  before = begin();
  memory[1] = 2;
  end(kSecond, &before);

  before = begin();
  memory[kPage] = 2;
  end(kNext, &before);

  board->text = look_at((void *)&look_at);
  board->touched = look_at(memory);
  board->untouched = look_at(memory + 2 * kPage);
  board->turn = 1;
  take_turn(2); /* stay alive while the parent looks */
  _exit(0);
}

static void print_frame(const char *what, const struct kine_page *parent, const struct kine_page *child) {
  tell("  %-36s frame %6lu in the parent, %6lu in the child: %s\n", what, (unsigned long)parent->frame, (unsigned long)child->frame,
       parent->frame == child->frame ? "shared" : "two copies");
}

/* What the rows show depends on how the kernel was told to fork. */
static void explain_writes(void) {
  if (board->cost[kFirst].faults == 0) {
    tell("\nNo write faulted: this kernel was started with fork=eager, and its fork had copied everything.\n\n");
    return;
  }
  if (board->cost[kFirst].tables == 0) {
    tell("\nThe first write faulted, and the kernel copied the page. (It was started with fork=pages: the page tables had been\n");
    tell("copied by the fork.) The second did not even reach the kernel: the copy is the child's own, and writable.\n\n");
    return;
  }
  tell("\nThe first write faulted. The kernel copied the page tables on the way to the page, one a level, and the page.\n");
  tell("The second did not even reach the kernel: the copy is the child's own, and writable.\n");
  tell("The third copied its page alone, since the tables above it are the child's already.\n\n");
}

static void fork_and_first_writes(void) {
  tell("1. Fork shares\n\n");
  tell("The process has written to %zu pages, %zu MiB. It forks.\n", pages, pages * kPage >> 20);
  fflush(stdout);

  struct kine_statistics before = begin();
  /* Forked and asked by the system calls themselves: to call or return from a function may write to the stack, and that would be the
   * first thing to be copied. The child runs first, so it is the one to ask. */
  pid_t pid = (pid_t)raw(NR_fork);
  if (pid == 0) {
    raw(KINE_STATISTICS, KINE_MACHINE_FD, &board->after_fork);
    child_of_the_first_fork();
  }
  if (pid < 0) {
    fprintf(stderr, "fork: %s\n", strerror(-pid));
    exit(1);
  }
  take_turn(1);
  struct kine_page text = look_at((void *)&look_at), touched = look_at(memory), untouched = look_at(memory + 2 * kPage);
  board->turn = 2;
  waitpid(pid, NULL, 0);

  long fork_took = (long)(before.frames_free - board->after_fork.frames_free);
  tell("To copy the process would take %zu frames of memory, and its page tables %zu more. The fork took %ld%s.\n", pages, pages / 512, fork_took,
       fork_took == 2 ? ":\none for what the kernel knows about the child, and one for the root of its page tables" : "");
  tell("\n2. A write copies\n\n");
  tell("The child now writes. What each write costs it:\n");
  table_head();
  table_row("first write, to page 0", kFirst);
  table_row("second write, to page 0 again", kSecond);
  table_row("third write, to page 1", kNext);
  explain_writes();
  tell("Where things lie, after these writes:\n\n");
  print_frame("page 0, which the child wrote", &touched, &board->touched);
  print_frame("page 2, which nobody wrote", &untouched, &board->untouched);
  print_frame("program text, which nobody can", &text, &board->text);
}

/* ---- 3: exec at once ---- */

static void exec_at_once(char *self) {
  char *arguments[] = {self, (char *)"--nothing", NULL};

  tell("\n3. A child that execs at once copies next to nothing\n\n");
  fflush(stdout);
  struct kine_statistics before = begin();
  pid_t pid = fork_or_die();
  if (pid == 0) {
    execv("/proc/self/exe", arguments); /* itself, whatever name the shell found it by */
    perror(self);
    _exit(1);
  }
  int status = 1;
  waitpid(pid, &status, 0);
  struct kine_statistics after = now();
  if (status != 0) exit(1);
  unsigned long copied = after.machine.pages_copied - before.machine.pages_copied;
  tell("The process forked, the child executed a program, and that program ended. In all that time the kernel copied\n");
  tell("%lu pages and %lu tables, of a process of %zu pages. ", copied,
       (unsigned long)(after.machine.tables_copied - before.machine.tables_copied), pages);
  if (copied < pages)
    tell("This is why fork can be followed by exec in nearly\nevery program, and nobody minds.\n");
  else
    tell("All of them were thrown away unread.\n");
}

/* ---- 4: the drawback ---- */

static void both_write_everything(void) {
  tell("\n4. The drawback: when parent and child both write everything\n\n");
  fflush(stdout);
  pid_t pid = fork_or_die();
  if (pid == 0) {
    struct kine_statistics before = begin();
    write_everything(3);
    end(kChildWrites, &before);
    board->turn = 3;
    take_turn(4);
    _exit(0);
  }
  take_turn(3);
  struct kine_statistics before = begin();
  write_everything(4);
  end(kParentWrites, &before);
  board->turn = 4;
  waitpid(pid, NULL, 0);

  unsigned long faults = board->cost[kChildWrites].faults + board->cost[kParentWrites].faults;
  tell("Both write to each of the %zu pages:\n", pages);
  table_head();
  table_row("the child, which writes first", kChildWrites);
  table_row("the parent, which writes second", kParentWrites);
  if (faults == 0) return;
  tell("\nThe parent's writes copied nothing: when it came to a page, the child had its own, and the kernel gave the parent\n");
  tell("the old one back (%lu times). But all in all there were %lu faults for %zu pages, each a trip into the kernel and\n",
       board->cost[kParentWrites].reused, faults, pages);
  tell("back, and in the end every page was copied after all. A fork that copies everything at once would have been\n");
  tell("cheaper. Copy-on-write is a bet that most pages will not be written; here it is lost.\n");
}

int main(int argc, char *argv[]) {
  if (argc > 1 && strcmp(argv[1], "--nothing") == 0) return 0;
  counting = 1;
  struct kine_statistics start = now();
  if (!counting) printf("This lesson is told by counters that exist only on Kine. Here the same work is done, unseen.\n");
  tell("Copy-on-write, seen through the kernel's counters\n\n");
  pages = kWanted / kPage;
  if (counting && start.frames_free < pages * 5 / 2) {
    pages = start.frames_free / 3; /* two copies of everything, and something to spare */
    tell("(This machine is small: the lesson uses %zu MiB instead of %d.)\n\n", pages * kPage >> 20, kWanted >> 20);
  }
  /* The board lies far away, so that writing on it copies none of the tables that lead to the memory. */
  board = mmap((void *)0x300000000000, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memory = mmap(NULL, pages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (board == MAP_FAILED || memory == MAP_FAILED) {
    perror("mmap");
    return 1;
  }
  write_everything(1);

  fork_and_first_writes();
  exec_at_once(argv[0]);
  both_write_everything();
  return 0;
}
