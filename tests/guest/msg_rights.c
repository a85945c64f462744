/* Nobody gets to a port, an interrupt, an I/O port, device memory or another process without a right that somebody gave him: each call that
 * could lead there, tried without the right, with a narrower one, and with one of another kind. */
#include "messages.h"

enum { kDebugPort = 0xe9, kPic = 0x21 /* the interrupt controller's mask */, kScratch = 0x2ff /* a UART's scratch register */ };
enum { kVga = 0xa0000, kVgaBytes = 0x20000 };

static long cut(int right, unsigned kind, uint64_t first, uint64_t count) { return raw(KINE_CUT, right, kind, first, count); }
/* A right that the case needs. */
static int right_to(unsigned kind, uint64_t first, uint64_t count) {
  const int right = (int)cut(KINE_MACHINE_FD, kind, first, count);
  REQUIRE(right >= 0);
  return right;
}
static int io_right(uint64_t first, uint64_t count) { return right_to(KINE_RIGHT_IO, first, count); }

static void out8(uint16_t at, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(at)); }
static uint8_t in8(uint16_t at) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(at));
  return value;
}
#define CHECK_FORBIDDEN(...) CHECK_ENDS(KILLED_BY(SIGSEGV), __VA_ARGS__)

/* --- Cutting --- */

TEST(cut_from_machine, "from the right to the machine everything can be cut that exists, and nothing that does not") {
  static const struct {
    unsigned kind;
    uint64_t first, count;
    long error; /* 0: a descriptor */
  } cuts[] = {
      {KINE_RIGHT_MACHINE, 0, 0, 0},
      {KINE_RIGHT_MACHINE, 1, 0, -EPERM},
      {KINE_RIGHT_STATISTICS, 0, 0, 0},
      {KINE_RIGHT_STATISTICS, 0, 1, -EPERM},
      {KINE_RIGHT_INTERRUPT, 0, 1, -EPERM}, /* the timer's */
      {KINE_RIGHT_INTERRUPT, 1, 15, 0},
      {KINE_RIGHT_INTERRUPT, 1, 16, -EPERM},
      {KINE_RIGHT_INTERRUPT, 15, 1, 0},
      {KINE_RIGHT_INTERRUPT, 16, 1, -EPERM},
      {KINE_RIGHT_INTERRUPT, 3, 0, -EPERM},
      {KINE_RIGHT_INTERRUPT, 3, ~0UL, -EPERM},
      {KINE_RIGHT_INTERRUPT, ~0UL, 2, -EPERM},
      {KINE_RIGHT_IO, 0, 0x10000, 0},
      {KINE_RIGHT_IO, 0, 0x10001, -EPERM},
      {KINE_RIGHT_IO, 0xffff, 1, 0},
      {KINE_RIGHT_IO, 0xffff, 2, -EPERM},
      {KINE_RIGHT_IO, 0x10000, 1, -EPERM},
      {KINE_RIGHT_IO, 5, 0, -EPERM},
      {KINE_RIGHT_IO, 5, ~0UL - 3, -EPERM},
      {KINE_RIGHT_IO, 1UL << 32, 1, -EPERM},
      {KINE_RIGHT_MEMORY, kVga, kVgaBytes, 0},
      {KINE_RIGHT_MEMORY, kVga, kVgaBytes + kPage, -EPERM},
      {KINE_RIGHT_MEMORY, kVga - kPage, kPage, -EPERM},
      {KINE_RIGHT_MEMORY, kVga + kVgaBytes, kPage, -EPERM},
      {KINE_RIGHT_MEMORY, kVga + 8, kPage, -EPERM},
      {KINE_RIGHT_MEMORY, kVga, kPage / 2, -EPERM},
      {KINE_RIGHT_MEMORY, kVga, 0, -EPERM},
      {KINE_RIGHT_MEMORY, 0, kPage, -EPERM}, /* memory is no device */
      {KINE_RIGHT_MEMORY, 0x100000, kPage, -EPERM},
      {KINE_RIGHT_MEMORY, kVga + kPage, ~0UL - kPage + 1, -EPERM},
      {5, 0, 0, -EINVAL},
      {~0U, 0, 0, -EINVAL},
  };

  for (unsigned i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    const long seen = cut(KINE_MACHINE_FD, cuts[i].kind, cuts[i].first, cuts[i].count);
    if ((cuts[i].error == 0 && seen < 0) || (cuts[i].error != 0 && seen != cuts[i].error))
      test_fail(__FILE__, __LINE__, "cut %u: expected %ld, seen %ld", i, cuts[i].error, seen);
    if (seen < 0) continue;
    CHECK_EQ(fcntl((int)seen, F_GETFD), FD_CLOEXEC);
    close((int)seen);
  }
}

TEST(cut_never_widens, "a cut right reaches at most as far as the one that it is cut from, and is of its kind") {
  const int interrupts = right_to(KINE_RIGHT_INTERRUPT, 5, 3), io = io_right(0x100, 0x10),
            memory = right_to(KINE_RIGHT_MEMORY, 0xb8000, 2 * kPage), statistics_right = right_to(KINE_RIGHT_STATISTICS, 0, 0);
  const struct {
    int right;
    unsigned kind;
    uint64_t first, count;
  } narrow[] = {{interrupts, KINE_RIGHT_INTERRUPT, 5, 3},
                {interrupts, KINE_RIGHT_INTERRUPT, 7, 1},
                {io, KINE_RIGHT_IO, 0x10f, 1},
                {io, KINE_RIGHT_IO, 0x100, 0x10},
                {memory, KINE_RIGHT_MEMORY, 0xb9000, kPage},
                {statistics_right, KINE_RIGHT_STATISTICS, 0, 0}},
    wide[] = {{interrupts, KINE_RIGHT_INTERRUPT, 4, 1},
              {interrupts, KINE_RIGHT_INTERRUPT, 4, 4},
              {interrupts, KINE_RIGHT_INTERRUPT, 7, 2},
              {interrupts, KINE_RIGHT_INTERRUPT, 6, ~0UL},
              {io, KINE_RIGHT_IO, 0xff, 2},
              {io, KINE_RIGHT_IO, 0x10f, 2},
              {io, KINE_RIGHT_IO, 0x110, 1},
              {io, KINE_RIGHT_IO, 0x108, ~0UL - 0x107},
              {memory, KINE_RIGHT_MEMORY, 0xb7000, kPage},
              {memory, KINE_RIGHT_MEMORY, 0xb9000, 2 * kPage},
              {memory, KINE_RIGHT_MEMORY, 0xb8000, ~0UL & ~(kPage - 1UL)},
              {io, KINE_RIGHT_INTERRUPT, 5, 1},
              {io, KINE_RIGHT_MEMORY, 0xb8000, kPage},
              {memory, KINE_RIGHT_IO, 0xb8000, kPage},
              {interrupts, KINE_RIGHT_IO, 5, 1},
              {statistics_right, KINE_RIGHT_IO, 0, 1},
              {statistics_right, KINE_RIGHT_MACHINE, 0, 0},
              {interrupts, KINE_RIGHT_STATISTICS, 0, 0},
              {io, KINE_RIGHT_MACHINE, 0, 0},
              {memory, KINE_RIGHT_MACHINE, 0xb8000, kPage}};

  for (unsigned i = 0; i < sizeof narrow / sizeof narrow[0]; i++) {
    const long fd = cut(narrow[i].right, narrow[i].kind, narrow[i].first, narrow[i].count);
    CHECK(fd >= 0);
    close((int)fd);
  }
  for (unsigned i = 0; i < sizeof wide / sizeof wide[0]; i++) {
    const long seen = cut(wide[i].right, wide[i].kind, wide[i].first, wide[i].count);
    if (seen != -EPERM) test_fail(__FILE__, __LINE__, "cut %u, too wide: expected -1 (EPERM), seen %ld", i, seen);
  }
  /* … also when it has been cut twice. */
  const int one = (int)cut(io, KINE_RIGHT_IO, 0x105, 1);
  CHECK_EQ(cut(one, KINE_RIGHT_IO, 0x104, 1), -EPERM);
  CHECK_EQ(cut(one, KINE_RIGHT_IO, 0x105, 2), -EPERM);
}

TEST(wrong_descriptors, "what is no right, or a right of another kind, opens nothing: EBADF, EINVAL, EPERM") {
  make_port();
  const int io = io_right(kScratch, 1), memory = right_to(KINE_RIGHT_MEMORY, 0xb8000, kPage), two = right_to(KINE_RIGHT_INTERRUPT, 5, 2),
            look = right_to(KINE_RIGHT_STATISTICS, 0, 0);
  struct kine_process process;
  struct kine_range range;
  struct kine_statistics counters;
  /* Each of the calls that use a right, with everything that is none, or not the one. */
#define EACH_CALL(fd, expected)                            \
  CHECK_EQ(cut(fd, KINE_RIGHT_IO, 0x80, 1), expected);     \
  CHECK_EQ(raw(KINE_BIND, fd, port, 0), expected);         \
  CHECK_EQ(raw(KINE_IO, fd), expected);                    \
  CHECK_EQ(raw(KINE_MAP, fd), expected);                   \
  CHECK_EQ(raw(KINE_SERVER, fd), expected);                \
  CHECK_EQ(raw(KINE_STATISTICS, fd, &counters), expected); \
  CHECK_EQ(raw(KINE_AUDIT, fd), expected);                 \
  CHECK_EQ(raw(KINE_PROCESS, fd, 1, &process), expected);  \
  CHECK_EQ(raw(KINE_RANGES, fd, 1, 0, &range, 1), expected)
  EACH_CALL(200, -EBADF);
  EACH_CALL(256, -EBADF);
  EACH_CALL(INT32_MIN, -EBADF);
  EACH_CALL(port, -EINVAL);
  EACH_CALL(connection, -EINVAL);
  EACH_CALL(1, -EINVAL);
  EACH_CALL(two, -EPERM); /* two interrupts cannot be bound as one */
#undef EACH_CALL
  for (int i = 0; i < 2; i++) {
    const int right = i == 0 ? io : memory;
    CHECK_EQ(raw(KINE_BIND, right, port, 0), -EPERM);
    CHECK_EQ(raw(KINE_SERVER, right), -EPERM);
    CHECK_EQ(raw(KINE_AUDIT, right), -EPERM);
    CHECK_EQ(raw(KINE_PROCESS, right, 1, &process), -EPERM);
    CHECK_EQ(raw(KINE_RANGES, right, 1, 0, &range, 1), -EPERM);
    CHECK_EQ(raw(KINE_STATISTICS, right, &counters), -EPERM);
  }
  CHECK_EQ(raw(KINE_MAP, io), -EPERM);
  CHECK_EQ(raw(KINE_IO, memory), -EPERM);
  /* Who may look may do nothing else. */
  CHECK_EQ(raw(KINE_AUDIT, look), 0);
  CHECK_EQ(raw(KINE_PROCESS, look, 1, &process), 0);
  CHECK_EQ(raw(KINE_RANGES, look, 1, 0, &range, 1), 1);
  CHECK_EQ(raw(KINE_STATISTICS, look, &counters), 0);
  CHECK_EQ(raw(KINE_SERVER, look), -EPERM);
  CHECK_EQ(raw(KINE_IO, look), -EPERM);
  CHECK_EQ(raw(KINE_MAP, look), -EPERM);
  CHECK_EQ(raw(KINE_BIND, look, port, 0), -EPERM);
  /* The machine's right is to be cut first. */
  CHECK_EQ(raw(KINE_IO, KINE_MACHINE_FD), -EPERM);
  CHECK_EQ(raw(KINE_MAP, KINE_MACHINE_FD), -EPERM);
  CHECK_EQ(raw(KINE_BIND, KINE_MACHINE_FD, port, 0), -EPERM);
  CHECK_EQ(raw(KINE_ROOT, port), -EINVAL);
  CHECK_EQ(raw(KINE_ROOT, io), -EINVAL);
  CHECK_EQ(raw(KINE_ROOT, 200), -EBADF);
}

TEST(root_is_no_right, "root without the right is refused like anybody else, and sees counters of its own only") {
  struct kine_statistics counters;
  struct kine_process process;

  CHECK_EQ(getuid(), 0);
  close(KINE_MACHINE_FD);
  CHECK_EQ(raw(KINE_AUDIT, KINE_MACHINE_FD), -EBADF);
  CHECK_EQ(raw(KINE_PROCESS, KINE_MACHINE_FD, 1, &process), -EBADF);
  CHECK_EQ(raw(KINE_STATISTICS, -1, &counters), 0);
  CHECK_EQ(counters.frames_total, 0);
  CHECK_EQ(counters.processes, 0);
  CHECK_EQ(counters.machine.forks, 0);
  for (int fd = -2; fd < 300; fd++) {
    if (raw(KINE_AUDIT, fd) == 0) test_fail(__FILE__, __LINE__, "descriptor %d: expected no right to the machine, seen one", fd);
    const long seen = cut(fd, KINE_RIGHT_IO, kDebugPort, 1);
    if (seen >= 0) test_fail(__FILE__, __LINE__, "descriptor %d: expected no right to a port, seen one", fd);
  }
}

/* --- I/O ports --- */

TEST(ports_closed, "an in or out instruction without kine_io is SIGSEGV, at every port, and so is cli, sti, hlt or a change of IOPL") {
  static const uint16_t ports[] = {0, kPic, 0x40, 0x60, 0x80, kDebugPort, kScratch, 0x3f8, 0x3d4, 0x604, 0xcf8, 0xffff};

  for (unsigned i = 0; i < sizeof ports / sizeof ports[0]; i++) {
    CHECK_FORBIDDEN(out8(ports[i], 0));
    CHECK_FORBIDDEN((void)in8(ports[i]));
  }
  CHECK_FORBIDDEN(__asm__ volatile("cli"));
  CHECK_FORBIDDEN(__asm__ volatile("sti"));
  CHECK_FORBIDDEN(__asm__ volatile("hlt"));
  CHECK_FORBIDDEN({
    __asm__ volatile("pushfq; orq $0x3000, (%%rsp); popfq" : : : "cc", "memory"); /* no trap: the bits stay as they are */
    out8(kScratch, 1);
  });
}

TEST(ports_opened, "kine_io opens the right's ports and no others, to this process alone: not to its children") {
  const int right = io_right(kScratch, 1);

  CHECK_FORBIDDEN((void)in8(kScratch));
  REQUIRE(raw(KINE_IO, right) == 0);
  out8(kScratch, 0x5a);
  CHECK_EQ(in8(kScratch), 0x5a);
  out8(kScratch, 0xa5);
  CHECK_EQ(in8(kScratch), 0xa5);
  CHECK_FORBIDDEN((void)in8(kScratch)); /* a child: it would have to ask, and may, for it has the right */
  CHECK_ENDS(0, raw(KINE_IO, right), out8(kScratch, 1));
  for (int i = 0; i < 100; i++) { /* the map of open ports changes with the process that runs */
    raw(NR_sched_yield);
    if (!CHECK_EQ(in8(kScratch), 1)) break;
  }
  close(right); /* what is open stays open */
  CHECK_EQ(in8(kScratch), 1);
}

TEST(ports_beside, "the ports on either side of an open range stay closed, and a wider access may not reach over its end") {
  static const struct { uint16_t first, count; } ranges[] = {{0x2fa, 3}, {0x2ff, 1}, {0x2f8, 8}};

  for (unsigned i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
    const uint16_t first = ranges[i].first, last = (uint16_t)(first + ranges[i].count - 1);
    const int right = io_right(first, ranges[i].count);
#define WITH_PORTS(statement) raw(KINE_IO, right), statement
    CHECK_ENDS(0, WITH_PORTS((void)in8(first)));
    CHECK_ENDS(0, WITH_PORTS((void)in8(last)));
    CHECK_FORBIDDEN(WITH_PORTS((void)in8((uint16_t)(first - 1))));
    CHECK_FORBIDDEN(WITH_PORTS((void)in8((uint16_t)(last + 1))));
    CHECK_FORBIDDEN(raw(KINE_IO, right); __asm__ volatile("inw %%dx, %%ax" : : "d"(last) : "rax"));
    CHECK_FORBIDDEN(raw(KINE_IO, right); __asm__ volatile("inl %%dx, %%eax" : : "d"(last) : "rax"));
#undef WITH_PORTS
    close(right);
  }
}

TEST(four_ranges, "at most four rights to I/O ports are open at a time: ENOSPC") {
  for (int i = 0; i < 4; i++) CHECK_EQ(raw(KINE_IO, io_right((uint64_t)(0x2fc + i), 1)), 0);
  CHECK_EQ(raw(KINE_IO, io_right(0x2fb, 1)), -ENOSPC);
  for (uint16_t at = 0x2fc; at <= 0x2ff; at++) (void)in8(at);
  CHECK_ENDS(0, raw(KINE_IO, io_right(0x2fb, 1)), (void)in8(0x2fb)); /* a child begins with none */
}

TEST(vforked, "a child that is lent the address space is lent no ports") {
  REQUIRE(raw(KINE_IO, io_right(kScratch, 1)) == 0);
  long pid = raw(NR_clone, 0x4000 | 0x100 | SIGCHLD, 0, 0, 0, 0); /* CLONE_VFORK | CLONE_VM */
  if (pid == 0) {
    (void)in8(kScratch);
    raw(NR_exit_group, 0);
  }
  CHECK_EQ(ending_of(pid), KILLED_BY(SIGSEGV));
  (void)in8(kScratch);
}

/* --- exec --- */

TEST(exec_drops, "exec closes rights, ports and connections that are close-on-exec, as all are that Kine's calls make; and the I/O ports") {
  char path[300], number[8];
  char *argv[] = {companion("fd_open", path), number, NULL}, *none[] = {NULL};

  make_port();
  const int io = io_right(kScratch, 1), kept = io_right(kScratch, 1), all[] = {port, connection, io};
  REQUIRE(raw(KINE_IO, io) == 0);
  REQUIRE(fcntl(kept, F_SETFD, 0) == 0);
  for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
    CHECK_EQ(fcntl(all[i], F_GETFD), FD_CLOEXEC);
    snprintf(number, sizeof number, "%d", all[i]);
    CHECK_ENDS(0, execve(path, argv, none));
  }
  snprintf(number, sizeof number, "%d", kept);
  CHECK_ENDS(1, execve(path, argv, none)); /* passed on on purpose */
  argv[0] = companion("io_after_exec", path);
  CHECK_ENDS(KILLED_BY(SIGSEGV), raw(KINE_IO, kept), (void)in8(kScratch), argv[1] = NULL, execve(path, argv, none));
  CHECK_ENDS(0, execve(path, argv, none)); /* it opens them itself, by the right that it was given */
}

/* --- Interrupts and memory --- */

TEST(bound_elsewhere, "an interrupt that is bound to one port cannot be bound to another; only one by one, and only by a right to it") {
  make_port();
  const int serial = right_to(KINE_RIGHT_INTERRUPT, 4, 1), free_one = right_to(KINE_RIGHT_INTERRUPT, 5, 1), other = kine_port();

  CHECK_EQ(raw(KINE_BIND, serial, port, 0), -EBUSY); /* the console's */
  CHECK_EQ(raw(KINE_BIND, free_one, connection, 0), -EINVAL);
  CHECK_EQ(raw(KINE_BIND, free_one, port, 0), 0);
  CHECK_EQ(raw(KINE_BIND, free_one, port, 1), 0);
  CHECK_EQ(raw(KINE_BIND, free_one, other, 0), -EBUSY);
  close(connection);
  close(port); /* with the port the binding goes */
  CHECK_EQ(raw(KINE_BIND, free_one, other, 0), 0);
}

TEST(device_memory, "a mapping of device memory is the right's pages and no others, and a child has the same") {
  const int right = right_to(KINE_RIGHT_MEMORY, 0xa0000, 2 * kPage); /* graphics memory, which nobody uses here */
  volatile unsigned char *const memory = (volatile unsigned char *)raw(KINE_MAP, right);
  struct kine_page page = {0};

  REQUIRE((long)memory > 0);
  CHECK_EQ((uintptr_t)memory % kPage, 0);
  CHECK_EQ(raw(KINE_PAGE, memory, &page), 0);
  CHECK_EQ(page.frame, 0xa0000 / kPage);
  CHECK_EQ(page.rights, PROT_READ | PROT_WRITE);
  CHECK_EQ(raw(KINE_PAGE, memory + kPage, &page), 0);
  CHECK_EQ(page.frame, 0xa0000 / kPage + 1);
  CHECK(raw(KINE_PAGE, memory + 2 * kPage, &page) == -ENOMEM || page.frame != 0xa0000 / kPage + 2);
  CHECK_EQ(page.shared, 1);
  CHECK_ENDS(0, CHECK_EQ(raw(KINE_PAGE, memory, &page), 0), CHECK_EQ(page.frame, 0xa0000 / kPage), CHECK_EQ(page.shared, 1));
  CHECK_EQ(munmap((void *)(uintptr_t)memory, 2 * kPage), 0);
  CHECK_FORBIDDEN((void)memory[0]);
}

/* --- Ports --- */

TEST(only_the_end_mints, "only a receiving end makes connections, receives and publishes: a connection does not") {
  make_port();
  CHECK_EQ(raw(KINE_MINT, connection, 1), -EINVAL);
  CHECK_EQ(raw(KINE_MINT, KINE_MACHINE_FD, 1), -EINVAL);
  CHECK_EQ(raw(KINE_MINT, 1, 0), -EINVAL); /* the console's */
  CHECK_EQ(raw(KINE_MINT, 200, 1), -EBADF);
  CHECK_EQ(raw(KINE_RECEIVE, 1, &message), -EINVAL);
  CHECK_EQ(raw(KINE_PUBLISH, 1, 0, 0), -EINVAL);
  CHECK_EQ(raw(KINE_REPLY_RECEIVE, 0, 0, 1, &message), -EINVAL);
  CHECK_EQ(fcntl(connection, F_GETFD), FD_CLOEXEC);
  CHECK_EQ(fcntl(port, F_GETFD), FD_CLOEXEC);
}

TEST(tokens_of_others, "a call can be answered, and its sender's memory and descriptors reached, by the process that received it alone") {
  static volatile uint64_t *token;
  static char memory[16];
  struct kine_answer answer = {0};
  uint64_t cookie;
  pid_t pid, server;

  make_port();
  token = map_shared(kPage);
  REQUIRE((server = fork()) >= 0);
  if (server == 0) {
    *token = receive_call(SYS_read);
    while (token[1] == 0) raw(NR_sched_yield);
    reply(*token, 5);
    _exit(0);
  }
  CLIENT(pid, CHECK_EQ(raw(SYS_read, connection, memory, 1), 5));
  while (*token == 0) raw(NR_sched_yield);
  answer.token = *token;
  CHECK_EQ(raw(KINE_READ, *token, memory, memory, 1), -ESRCH);
  CHECK_EQ(raw(KINE_WRITE, *token, memory, memory, 1), -ESRCH);
  CHECK_EQ(raw(KINE_TAKE, *token, 1), -ESRCH);
  CHECK_EQ(raw(KINE_IDENTIFY, *token, port, 1, &cookie), -ESRCH);
  CHECK_EQ(raw(KINE_REPLY, *token, 1), -ESRCH);
  CHECK_EQ(raw(KINE_ANSWER, &answer), -ESRCH);
  CHECK_EQ(raw(KINE_GROUPS, *token, &cookie, 0), -ESRCH);
  token[1] = 1;
  BURY(pid);
  BURY(server);
}

TEST(take_needs_a_call, "nobody's descriptors can be taken but those of a sender that waits; not one's own by one's own pid either") {
  make_port();
  for (int pid = 0; pid < 64; pid++)
    for (uint64_t sequence = 0; sequence < 64; sequence++) {
      const uint64_t token = sequence << 32 | (uint64_t)pid;
      if (raw(KINE_TAKE, token, 0) != -ESRCH || raw(KINE_READ, token, &message, &message, 1) != -ESRCH) {
        test_fail(__FILE__, __LINE__, "token 0x%lx: expected ESRCH, seen something else", token);
        return;
      }
    }
}

TEST(server_is_init_s, "only the right to the machine makes a server, and a server's child is none") {
  CHECK_EQ(raw(KINE_SERVER, right_to(KINE_RIGHT_STATISTICS, 0, 0)), -EPERM);
  CHECK_EQ(process_of(getpid()).server, 0);
  CHECK_EQ(raw(KINE_SERVER, KINE_MACHINE_FD), 0);
  CHECK_EQ(process_of(getpid()).server, 1);
  CHECK_ENDS(0, CHECK_EQ(process_of(getpid()).server, 0));
}
