/* What a server can do with a sender that waits for it: read, write and share its memory, take copies of its descriptors, and learn which
 * of them lead to itself. The server is in the test. */
#include "messages.h"

enum { kMost = 64 << 10 /* bytes that a peer call copies */ };

/* --- The sender's memory --- */

TEST(peer_bytes, "a server reads and writes the waiting sender's bytes, over page borders, up to 64 KiB, and nothing beside them") {
  unsigned char *const mine = map_private(kMost + kPage), *const theirs = map_private(kMost + 2 * kPage);
  pid_t pid;

  make_port();
  memset(theirs, 1, kMost + 2 * kPage);
  CLIENT(pid, {
    memset(theirs, 2, kMost + 2 * kPage);
    CHECK_EQ(raw(SYS_read, connection, theirs + 100, kMost), 0);
    CHECK_BYTES(theirs, 100, 2);
    CHECK_BYTES(theirs + 100, kMost, 3);
    CHECK_BYTES(theirs + 100 + kMost, 2 * kPage - 100, 2);
  });
  uint64_t token = receive_call(SYS_read), at = message.words[1];
  CHECK_EQ(raw(KINE_READ, token, mine, at, kMost), 0);
  CHECK_BYTES(mine, kMost, 2);
  CHECK_BYTES(mine + kMost, kPage, 0);
  CHECK_EQ(raw(KINE_READ, token, mine, at, kMost + 1), -EINVAL);
  CHECK_EQ(raw(KINE_WRITE, token, at, mine, kMost + 1), -EINVAL);
  CHECK_EQ(raw(KINE_READ, token, mine, at, ~0UL), -EINVAL);
  CHECK_EQ(raw(KINE_READ, token, mine, at, 0), 0);
  memset(mine, 3, kMost);
  CHECK_EQ(raw(KINE_WRITE, token, at, mine, kMost), 0);
  CHECK_BYTES(theirs, kMost + 2 * kPage, 1); /* what fork shared with the server is still its own */
  reply(token, 0);
  BURY(pid);
}

TEST(peer_rights, "the sender's own rights hold for the server too, and bad addresses on either side answer EFAULT") {
  unsigned char *const pages = map_private(4 * kPage); /* good, read-only, none, hole */
  char byte = 0;
  pid_t pid;

  make_port();
  CLIENT(pid, {
    mprotect(pages + kPage, kPage, PROT_READ);
    mprotect(pages + 2 * kPage, kPage, PROT_NONE);
    munmap(pages + 3 * kPage, kPage);
    CHECK_EQ(raw(SYS_read, connection, pages, 1), 0);
    CHECK_EQ(pages[kPage], 0);
    CHECK_EQ(pages[kPage - 1], 0);
  });
  uint64_t token = receive_call(SYS_read), at = message.words[1];
  CHECK_EQ(raw(KINE_READ, token, &byte, at + kPage, 1), 0);
  CHECK_EQ(raw(KINE_WRITE, token, at + kPage, "x", 1), -EFAULT);
  CHECK_EQ(raw(KINE_READ, token, &byte, at + 2 * kPage, 1), -EFAULT);
  CHECK_EQ(raw(KINE_WRITE, token, at + 2 * kPage, "x", 1), -EFAULT);
  CHECK_EQ(raw(KINE_READ, token, &byte, at + 3 * kPage, 1), -EFAULT);
  static const uint64_t bad[] = {0, 1, 0x7ffffffff000, 1UL << 47, 0xffff800000000000, 0xffffffff80100000, ~0UL};
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK_EQ(raw(KINE_READ, token, &byte, bad[i], 1), -EFAULT);
    CHECK_EQ(raw(KINE_WRITE, token, bad[i], "x", 1), -EFAULT);
    CHECK_EQ(raw(KINE_READ, token, bad[i], at, 1), -EFAULT);
    CHECK_EQ(raw(KINE_WRITE, token, at, bad[i], 1), -EFAULT);
  }
  CHECK_EQ(raw(KINE_READ, token, (void *)make_port, at, 1), -EFAULT); /* into program text */
  reply(token, 0);
  BURY(pid);
}

/* Memory of `pages` pages for each side, each filled with its own value. The client, the server's child, has them all, too. */
static unsigned char *server_pages, *client_pages;

TEST(give, "given pages are the sender's from then on, copy-on-write: neither side sees what the other writes") {
  enum { kPages = 5 };
  pid_t pid;

  make_port();
  server_pages = map_private(kPages * kPage);
  client_pages = map_private(kPages * kPage);
  memset(server_pages, 7, kPages * kPage);
  memset(client_pages, 9, kPages * kPage);
  CLIENT(pid, {
    CHECK_EQ(raw(SYS_read, connection, client_pages, 0), 0);
    CHECK_PAGE(client_pages, 9);
    CHECK_BYTES(client_pages + kPage, 3 * kPage, 7);
    CHECK_PAGE(client_pages + 4 * kPage, 9);
    client_pages[2 * kPage] = 10;
    CHECK_EQ(raw(SYS_read, connection, 0, 0), 0); /* the server looks, and writes */
    CHECK_EQ(client_pages[2 * kPage], 10);
    CHECK_BYTES(client_pages + 2 * kPage + 1, kPage - 1, 7);
    CHECK_PAGE(client_pages + 3 * kPage, 7);
  });
  uint64_t token = receive_call(SYS_read), to = message.words[1];
  CHECK_EQ(raw(KINE_GIVE, token, to + kPage, server_pages + kPage, 3 * kPage), 0);
  reply(token, 0);
  token = receive_call(SYS_read);
  CHECK_BYTES(server_pages, kPages * kPage, 7);
  memset(server_pages, 8, kPages * kPage);
  reply(token, 0);
  BURY(pid);
  CHECK_BYTES(client_pages, kPages * kPage, 9);
}

TEST(accept, "accepted pages are the server's from then on, copy-on-write: neither side sees what the other writes") {
  enum { kPages = 3 };
  pid_t pid;

  make_port();
  server_pages = map_private(kPages * kPage);
  client_pages = map_private(kPages * kPage);
  CLIENT(pid, {
    memset(client_pages, 9, kPages * kPage);
    CHECK_EQ(raw(SYS_write, connection, client_pages, 0), 0);
    client_pages[0] = 10;
    CHECK_EQ(raw(SYS_write, connection, client_pages, 0), 0);
    CHECK_EQ(client_pages[0], 10);
    CHECK_BYTES(client_pages + 1, kPages * kPage - 1, 9);
  });
  uint64_t token = receive_call(SYS_write);
  CHECK_EQ(raw(KINE_ACCEPT, token, server_pages, message.words[1], kPages * kPage), 0);
  CHECK_BYTES(server_pages, kPages * kPage, 9);
  reply(token, 0);
  token = receive_call(SYS_write);
  CHECK_BYTES(server_pages, kPages * kPage, 9);
  memset(server_pages, 8, kPages * kPage);
  reply(token, 0);
  BURY(pid);
  CHECK_BYTES(server_pages, kPages * kPage, 8);
}

TEST(share_rules, "whole pages only, at most 64 MiB, in place of private memory that may be written; promises stay promises") {
  enum { kPages = 4 };
  unsigned char *const shared = map_shared(kPage);
  pid_t pid;

  make_port();
  server_pages = map_private(kPages * kPage);
  client_pages = map_private(kPages * kPage); /* good, read-only, shared, hole */
  server_pages[0] = 1;
  CLIENT(pid, {
    mprotect(client_pages + kPage, kPage, PROT_READ);
    REQUIRE(mmap(client_pages + 2 * kPage, kPage, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    munmap(client_pages + 3 * kPage, kPage);
    memset(client_pages + 2 * kPage, 6, kPage);
    CHECK_EQ(raw(SYS_write, connection, client_pages, 0), 0);
    CHECK_PAGE(client_pages + 2 * kPage, 6);
  });
  uint64_t token = receive_call(SYS_write), at = message.words[1];
  const uint64_t from = (uint64_t)server_pages;
  CHECK_EQ(raw(KINE_GIVE, token, at + 8, from, kPage), -EINVAL);
  CHECK_EQ(raw(KINE_GIVE, token, at, from + 8, kPage), -EINVAL);
  CHECK_EQ(raw(KINE_GIVE, token, at, from, kPage / 2), -EINVAL);
  CHECK_EQ(raw(KINE_GIVE, token, at, from, 0), -EINVAL);
  CHECK_EQ(raw(KINE_GIVE, token, at, from, (64UL << 20) + kPage), -EINVAL);
  CHECK_EQ(raw(KINE_GIVE, token, 1UL << 47, from, kPage), -EFAULT);
  CHECK_EQ(raw(KINE_GIVE, token, 0, from, kPage), -EFAULT);
  CHECK_EQ(raw(KINE_GIVE, token, at, 0xffff800000000000, kPage), -EFAULT);
  CHECK_EQ(raw(KINE_GIVE, token, at + kPage, from, kPage), -EFAULT);     /* read-only there */
  CHECK_EQ(raw(KINE_GIVE, token, at, from, 2 * kPage), -EFAULT);         /* … at the end */
  CHECK_EQ(raw(KINE_GIVE, token, at + 2 * kPage, from, kPage), -EINVAL); /* shared memory there */
  CHECK_EQ(raw(KINE_GIVE, token, at + 3 * kPage, from, kPage), -EFAULT); /* nothing there */
  CHECK_EQ(raw(KINE_ACCEPT, token, from, at + 3 * kPage, kPage), -EFAULT);
  CHECK_EQ(raw(KINE_ACCEPT, token, shared, at, kPage), -EINVAL);           /* the server's own is shared */
  CHECK_EQ(raw(KINE_ACCEPT, token, from, at + 2 * kPage, kPage), -EINVAL); /* shared memory is only copied … */
  CHECK_EQ(raw(KINE_READ, token, server_pages, at + 2 * kPage, kPage), 0);
  server_pages[0] = 5; /* … so the sender does not see this */
  CHECK_BYTES(server_pages + 1, kPage - 1, 6);
  struct kine_page page = {0};
  CHECK_EQ(raw(KINE_ACCEPT, token, from + kPage, at, kPage), 0);
  CHECK_EQ(raw(KINE_PAGE, from + kPage, &page), 0);
  CHECK_PAGE(server_pages + kPage, 0);
  reply(token, 0);
  BURY(pid);
}

/* --- The sender's descriptors --- */

TEST(take, "a server takes a copy of the sender's descriptor, close-on-exec; EBADF and EMFILE") {
  pid_t pid;

  make_port();
  int other_port = kine_port();
  CLIENT(pid, {
    int other = kine_mint(other_port, 3);
    CHECK_EQ(dup2(other, 77), 77);
    close(other);
    CHECK_EQ(raw(SYS_ftruncate, connection, 77), 0);
  });
  uint64_t token = receive_call(SYS_ftruncate);
  int fd = kine_take(token, (int)message.words[1]);
  REQUIRE(fd >= 0);
  CHECK_EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
  CHECK_EQ(raw(KINE_TAKE, token, 78), -EBADF);
  CHECK_EQ(raw(KINE_TAKE, token, -1), -EBADF);
  CHECK_EQ(raw(KINE_TAKE, token, 1 << 20), -EBADF);
  while (dup(fd) >= 0) continue;
  CHECK_EQ(raw(KINE_TAKE, token, 77), -EMFILE);
  reply(token, 0);
  BURY(pid);
  /* It is the same connection, and it has outlived the sender's own. */
  CLIENT(pid, CHECK_EQ(raw(SYS_fsync, fd), 4));
  REQUIRE(kine_receive(other_port, &message) == 0);
  CHECK_EQ(message.kind, KINE_CALL);
  CHECK_EQ(message.cookie, 3);
  reply(message.token, 4);
  BURY(pid);
}

TEST(identify, "a server learns the cookie of a sender's descriptor, directory or image, if it leads to its own port") {
  uint64_t cookie = 0;
  pid_t pid;

  make_port();
  int other_port = kine_port(), other = kine_mint(other_port, 3), another = kine_mint(port, 0x123456789abcdef0);
  CLIENT(pid, {
    REQUIRE(raw(KINE_ROOT, another) == 0);
    CHECK_EQ(raw(SYS_fsync, connection), 0);
  });
  uint64_t token = receive_call(SYS_fsync);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, connection, &cookie), 0);
  CHECK_EQ(cookie, kCookie);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, another, &cookie), 0);
  CHECK_EQ(cookie, 0x123456789abcdef0);
  cookie = 0;
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, KINE_FD_CWD, &cookie), 0);
  CHECK_EQ(cookie, 0x123456789abcdef0);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, KINE_FD_IMAGE, &cookie), -EXDEV); /* files' */
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, other, &cookie), -EXDEV);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, KINE_MACHINE_FD, &cookie), -EXDEV);
  CHECK_EQ(raw(KINE_IDENTIFY, token, other_port, other, &cookie), 0); /* any port of the server's */
  CHECK_EQ(cookie, 3);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, 200, &cookie), -EBADF);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, -1, &cookie), -EBADF);
  CHECK_EQ(raw(KINE_IDENTIFY, token, connection, connection, &cookie), -EINVAL);
  CHECK_EQ(raw(KINE_IDENTIFY, token, port, connection, 1), -EFAULT);
  reply(token, 0);
  BURY(pid);
}
