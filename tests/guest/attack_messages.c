/* Attacks by message: stale tokens, tokens in the wrong hands, rights that outlive what they were given for. Each case is named after what
 * it replays; docs/hardening.md lists which promise it shows. */
#include "messages.h"

static char word[16] = "untouched";

/* Everything that a token is good for must answer ESRCH. */
static void check_useless(uint64_t token, uint64_t at) {
  unsigned char *const page = map_private(kPage);
  struct kine_answer answer = {.token = token, .result = 66, .connections = {{.fd = -1}, {.fd = -1}}};
  uint64_t cookie;
  uint32_t groups[16];

  CHECK_EQ(raw(KINE_REPLY, token, 66), -ESRCH);
  CHECK_EQ(raw(KINE_ANSWER, &answer), -ESRCH);
  answer.kind = KINE_ANSWER_ASK;
  CHECK_EQ(raw(KINE_ANSWER, &answer), -ESRCH);
  CHECK_EQ(raw(KINE_READ, token, page, at, 1), -ESRCH);
  CHECK_EQ(raw(KINE_WRITE, token, at, page, 1), -ESRCH);
  CHECK_EQ(raw(KINE_GIVE, token, at & -(uint64_t)kPage, page, kPage), -ESRCH);
  CHECK_EQ(raw(KINE_ACCEPT, token, page, at & -(uint64_t)kPage, kPage), -ESRCH);
  CHECK_EQ(raw(KINE_TAKE, token, 1), -ESRCH);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, 1, &cookie), -ESRCH);
  CHECK_EQ(raw(KINE_GROUPS, token, groups, 16), -ESRCH);
  munmap(page, kPage);
}

TEST(reply_with_a_stale_token,
     "a token is good until its call has ended, by an answer, a signal's or the sender's death, or a new process with the old pid") {
  pid_t pid;

  make_port();
  CLIENT(pid, {
    CHECK_EQ(raw(SYS_read, connection, word, 1), 1);
    CHECK_EQ(raw(SYS_read, connection, word, 2), 2); /* not 66, which the first token's late answer would be */
    CHECK_EQ(strcmp(word, "untouched"), 0);
  });
  uint64_t first = receive_call(SYS_read), at = message.words[1];
  reply(first, 1);
  check_useless(first, at);
  uint64_t second = receive_call(SYS_read); /* the same thread waits again, in the same call */
  check_useless(first, at);
  for (int bit = 0; bit < 64; bit++)
    if (raw(KINE_REPLY, second ^ 1UL << bit, 66) != -ESRCH) test_fail(__FILE__, __LINE__, "token with bit %d changed: expected ESRCH", bit);
  reply(second, 2);
  BURY(pid);
  check_useless(second, at); /* nobody has that pid any more */

  CLIENT(pid, raw(SYS_read, connection, word, 3));
  uint64_t killed = receive_call(SYS_read);
  kill(pid, SIGKILL);
  BURY_KILLED(pid);
  receive(KINE_CANCEL);
  check_useless(killed, at);
}

TEST(reply_by_a_forked_child, "the child of a server has its descriptors and memory, and no part in the calls that its parent received") {
  static uint64_t token, at;
  pid_t pid;

  make_port();
  CLIENT(pid, {
    CHECK_EQ(raw(SYS_read, connection, word, 1), 7);
    CHECK_EQ(strcmp(word, "untouched"), 0);
  });
  token = receive_call(SYS_read), at = message.words[1];
  CHECK_ENDS(0, check_useless(token, at));
  CHECK_ENDS(0, CHECK_ENDS(0, check_useless(token, at))); /* nor has its grandchild */
  long borrower = raw(NR_vfork);                          /* not even one that is lent the parent's memory */
  if (borrower == 0) raw(NR_exit_group, raw(KINE_REPLY, token, 66) == -ESRCH && raw(KINE_READ, token, word + 8, at, 1) == -ESRCH ? 0 : 1);
  CHECK_EQ(ending_of(borrower), 0);
  reply(token, 7);
  BURY(pid);
}

TEST(reply_by_who_executes,
     "a server that executes another program keeps the calls that it received, since it is the same process; who it was is no way in for "
     "others") {
  pid_t pid, server;
  volatile uint64_t *const shared = map_shared(kPage);
  char path[300], *argv[] = {companion("ends", path), "0", NULL}, *none[] = {NULL};

  make_port();
  CLIENT(pid, CHECK_EQ(raw(SYS_read, connection, word, 1), -EIO)); /* the program ends, and never answers */
  REQUIRE((server = fork()) >= 0);
  if (server == 0) {
    shared[1] = receive_call(SYS_read), shared[0] = 1;
    while (shared[0] == 1) raw(NR_sched_yield);
    execve(path, argv, none);
    _exit(99);
  }
  while (shared[0] == 0) raw(NR_sched_yield);
  check_useless(shared[1], (uint64_t)word);
  shared[0] = 2;
  BURY(server);
  BURY(pid);
  check_useless(shared[1], (uint64_t)word);
}

/* Executed by itself: `attack_messages --without PORT CONNECTION RIGHT IO` tries all that was closed. */
static int without_rights(char *argv[]) {
  struct kine_message got __attribute__((aligned(128)));
  const int receiving = atoi(argv[0]), sending = atoi(argv[1]), right = atoi(argv[2]), io = atoi(argv[3]);

  if (raw(KINE_RECEIVE, receiving, &got) != -EBADF) return 1;
  if (raw(KINE_MINT, receiving, 1) != -EBADF) return 2;
  if (raw(KINE_PUBLISH, receiving, 1, 1) != -EBADF) return 3;
  if (raw(SYS_read, sending, word, 1) != -EBADF) return 4;
  if (raw(KINE_CUT, right, KINE_RIGHT_IO, 0xe9, 1) != -EBADF) return 5;
  if (raw(KINE_AUDIT, right) != -EBADF) return 6;
  if (raw(KINE_SERVER, right) != -EBADF) return 7;
  if (raw(KINE_IO, io) != -EBADF) return 8;
  if (raw(KINE_BIND, right, receiving, 1) != -EBADF) return 9;
  __asm__ volatile("outb %0, %1" : : "a"((unsigned char)0), "Nd"((unsigned short)0x2ff)); /* this must kill */
  return 10;
}
static void __attribute__((constructor)) begin(int argc, char *argv[]) {
  if (argc == 6 && strcmp(argv[1], "--without") == 0) _exit(without_rights(argv + 2));
}

TEST(rights_kept_over_exec, "a program that is executed has none of the rights, ports and I/O ports that it was not given on purpose") {
  char path[300], numbers[4][12], *argv[] = {path, "--without", numbers[0], numbers[1], numbers[2], numbers[3], NULL}, *none[] = {NULL};

  make_port();
  const int right = kine_cut(KINE_MACHINE_FD, KINE_RIGHT_MACHINE, 0, 0), io = kine_cut(right, KINE_RIGHT_IO, 0x2ff, 1);
  REQUIRE(right >= 0 && io >= 0);
  REQUIRE(raw(KINE_IO, io) == 0);
  __asm__ volatile("outb %0, %1" : : "a"((unsigned char)0), "Nd"((unsigned short)0x2ff)); /* open, here */
  const int all[] = {port, connection, right, io};
  for (int i = 0; i < 4; i++) snprintf(numbers[i], sizeof numbers[i], "%d", all[i]);
  snprintf(path, sizeof path, "%s", test_argv[0]);
  CHECK_ENDS(KILLED_BY(SIGSEGV), execve(path, argv, none));                                /* by a fork, which has no I/O ports … */
  CHECK_ENDS(KILLED_BY(SIGSEGV), CHECK_EQ(raw(KINE_IO, io), 0), execve(path, argv, none)); /* … and by one who opened them himself */
}
