/* pipe and pipe2: order, ends, atomic writes, capacity, O_NONBLOCK, and what happens when the other side has gone. */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "bad.h"
#include "signals.h"

enum { kPipeBuf = 4096 };

static int ends[2];
static void make_pipe(int flags) { REQUIRE(raw(SYS_pipe2, ends, flags) == 0); }
static void close_both(void) {
  close(ends[0]);
  close(ends[1]);
}

TEST(bytes_come_in_order, "what is written comes out in the same order, whatever the sizes of writes and reads") {
  unsigned char out[1000], in[1000];
  unsigned long sent = 0, received = 0;

  make_pipe(0);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  for (int round = 0; round < 400; round++) {
    long size = round * 37 % 990 + 1;
    for (long i = 0; i < size; i++) out[i] = (unsigned char)((sent + (unsigned long)i) * 31 >> 3);
    REQUIRE(raw(SYS_write, ends[1], out, size) == size);
    sent += (unsigned long)size;
    long got = raw(SYS_read, ends[0], in, round * 53 % 997 + 1);
    for (long i = 0; i < got; i++) REQUIRE(in[i] == (unsigned char)((received + (unsigned long)i) * 31 >> 3));
    if (got > 0) received += (unsigned long)got;
  }
  long got;
  while ((got = raw(SYS_read, ends[0], in, sizeof in)) > 0) received += (unsigned long)got;
  CHECK_EQ(got, -EAGAIN);
  CHECK_EQ(received, sent);
  close_both();
}

TEST(lowest_numbers, "pipe answers the two lowest free descriptors, the reading end first") {
  int other[2];

  close(3), close(4), close(5), close(6);
  CHECK_EQ(raw(SYS_pipe, ends), 0);
  CHECK_EQ(ends[0], 3);
  CHECK_EQ(ends[1], 4);
  close(3);
  CHECK_EQ(raw(SYS_pipe, other), 0);
  CHECK_EQ(other[0], 3);
  CHECK_EQ(other[1], 5);
  close(3), close(4), close(5);
}

TEST(bad_arguments, "pipe2: EINVAL for unknown flags, EFAULT for an address, and then no descriptor is left open") {
  int lowest = (int)raw(NR_dup, 1);

  close(lowest);
  CHECK_EQ(raw(SYS_pipe2, ends, 1), -EINVAL);
  CHECK_EQ(raw(SYS_pipe2, ends, -1), -EINVAL);
  CHECK_EFAULT(8, kForWriting, raw(SYS_pipe, p));
  CHECK_EFAULT(8, kForWriting, raw(SYS_pipe2, p, O_CLOEXEC));
  CHECK_EQ(raw(NR_dup, 1), lowest);
  close(lowest);
}

TEST(no_descriptors_left, "with one descriptor free, or none, pipe answers EMFILE and changes nothing") {
  long last = 0, next;

  while ((next = raw(NR_dup, 1)) >= 0) last = next;
  CHECK_EQ(raw(SYS_pipe, ends), -EMFILE);
  close((int)last);
  CHECK_EQ(raw(SYS_pipe, ends), -EMFILE);
  CHECK_EQ(raw(NR_dup, 1), last);
}

TEST(end_of_file, "when no writer is left a reader gets what is there, and then 0, again and again") {
  char in[10];

  make_pipe(0);
  raw(SYS_write, ends[1], "abc", 3);
  close(ends[1]);
  CHECK_EQ(raw(SYS_read, ends[0], in, 2), 2);
  CHECK_EQ(raw(SYS_read, ends[0], in, 10), 1);
  CHECK_EQ(raw(SYS_read, ends[0], in, 10), 0);
  CHECK_EQ(raw(SYS_read, ends[0], in, 10), 0);
  close(ends[0]);
}

TEST(last_copy_counts, "an end is open as long as one copy of it is, in whichever process") {
  char in[10];

  make_pipe(0);
  int copy = dup(ends[1]);
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    close(copy);
    copy = -1;
    _exit(read(ends[0], in, 1) == 1 && read(ends[0], in, 1) == 0 ? 0 : 1);
  }
  close(ends[1]);
  CHECK_EQ(raw(SYS_write, copy, "x", 1), 1);
  milliseconds(30);
  CHECK_EQ(waitpid(child, NULL, WNOHANG), 0); /* it waits for more */
  close(copy);
  CHECK_EQ(ending_of(child), 0);
  close(ends[0]);
}

TEST(no_reader, "a write without a reader sends SIGPIPE, and answers EPIPE to who lives on") {
  make_pipe(0);
  close(ends[0]);
  CHECK_ENDS(KILLED_BY(SIGPIPE), raw(SYS_write, ends[1], "x", 1));
  handle(SIGPIPE, SIG_IGN, 0);
  CHECK_EQ(raw(SYS_write, ends[1], "x", 1), -EPIPE);
  CHECK_EQ(raw(SYS_write, ends[1], "x", 0), 0);
  handle(SIGPIPE, note, SA_RESTART);
  CHECK_EQ(raw(SYS_write, ends[1], "x", 1), -EPIPE);
  CHECK_EQ(noted[SIGPIPE], 1);
  struct iovec piece = {"abc", 3};
  CHECK_EQ(raw(SYS_writev, ends[1], &piece, 1), -EPIPE);
  CHECK_EQ(noted[SIGPIPE], 2);
  close(ends[1]);
}

TEST(reader_goes_while_a_writer_waits,
     "the last reader leaves: a writer that waits for room gets SIGPIPE, or the part that it has written") {
  static char much[300000];

  make_pipe(0);
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    raw(SYS_write, ends[1], much, sizeof much);
    raw(SYS_write, ends[1], much, sizeof much);
    _exit(0);
  }
  close(ends[1]);
  milliseconds(50);
  close(ends[0]);
  CHECK_EQ(ending_of(child), KILLED_BY(SIGPIPE));
}

TEST(wrong_end, "reading from the writing end and writing to the reading end answer EBADF") {
  char byte;

  make_pipe(0);
  CHECK_EQ(raw(SYS_read, ends[1], &byte, 1), -EBADF);
  CHECK_EQ(raw(SYS_write, ends[0], "x", 1), -EBADF);
  CHECK_EQ(raw(SYS_lseek, ends[0], 0, SEEK_CUR), -ESPIPE);
  CHECK_EQ(raw(SYS_pread64, ends[0], &byte, 1, 0), -ESPIPE);
  CHECK_EQ(raw(SYS_pwrite64, ends[1], &byte, 1, 0), -ESPIPE);
  CHECK_EQ(raw(SYS_ftruncate, ends[1], 0), -EINVAL);
  CHECK_EQ(raw(NR_ioctl, ends[0], TCGETS, map_private(kPage)), -ENOTTY);
  close_both();
}

TEST(capacity, "an empty pipe takes 64 KiB; then O_NONBLOCK answers EAGAIN; a page of room comes back when it is read") {
  static char block[kPipeBuf];
  long total = 0, got;

  make_pipe(O_NONBLOCK);
  while ((got = raw(SYS_write, ends[1], block, sizeof block)) > 0) total += got;
  CHECK_EQ(got, -EAGAIN);
  CHECK_EQ(total, 65536);
  CHECK_EQ(raw(SYS_fcntl, ends[1], F_GETPIPE_SZ), 65536);
  CHECK_EQ(raw(SYS_write, ends[1], block, 1), -EAGAIN);
  CHECK_EQ(raw(SYS_read, ends[0], block, kPipeBuf), kPipeBuf);
  CHECK_EQ(raw(SYS_write, ends[1], block, kPipeBuf), kPipeBuf);
  CHECK_EQ(raw(SYS_write, ends[1], block, kPipeBuf), -EAGAIN);
  int waiting = 0;
  CHECK_EQ(raw(NR_ioctl, ends[0], FIONREAD, &waiting), 0);
  CHECK_EQ(waiting, 65536);
  close_both();
}

TEST(partial_write, "without blocking, more than PIPE_BUF is written as far as it fits; at most PIPE_BUF wholly or not at all") {
  static char much[100000];

  make_pipe(O_NONBLOCK);
  CHECK_EQ(raw(SYS_write, ends[1], much, sizeof much), 65536);
  CHECK_EQ(raw(SYS_read, ends[0], much, kPipeBuf), kPipeBuf);
  CHECK_EQ(raw(SYS_write, ends[1], much, kPipeBuf + 1), kPipeBuf);
  CHECK_EQ(raw(SYS_write, ends[1], much, kPipeBuf + 1), -EAGAIN);
  close_both();
}

TEST(empty_read, "reading an empty pipe without blocking answers EAGAIN; nothing asked for, 0") {
  char byte;

  make_pipe(O_NONBLOCK);
  CHECK_EQ(raw(SYS_read, ends[0], &byte, 1), -EAGAIN);
  CHECK_EQ(raw(SYS_read, ends[0], &byte, 0), 0);
  CHECK_EQ(raw(SYS_write, ends[1], &byte, 0), 0);
  CHECK_EQ(raw(SYS_read, ends[0], &byte, 1), -EAGAIN); /* an empty write is nothing */
  close_both();
}

TEST(atomic_writes, "writes of at most PIPE_BUF bytes by several processes never mix") {
  enum { kWriters = 4, kRecords = 60, kRecord = 3000 };
  static unsigned char record[kRecord];
  int count[kWriters] = {0};

  make_pipe(0);
  for (int writer = 0; writer < kWriters; writer++)
    if (fork() == 0) {
      close(ends[0]);
      memset(record, writer, sizeof record);
      for (int i = 0; i < kRecords; i++)
        if (raw(SYS_write, ends[1], record, kRecord) != kRecord) _exit(1);
      _exit(0);
    }
  close(ends[1]);
  for (;;) {
    long have = 0, got = 1;
    while (have < kRecord && (got = raw(SYS_read, ends[0], record + have, kRecord - have)) > 0) have += got;
    if (have == 0) break;
    REQUIRE(have == kRecord && record[0] < kWriters);
    REQUIRE(CHECK_BYTES(record, kRecord, record[0]));
    count[record[0]]++;
  }
  for (int writer = 0; writer < kWriters; writer++) {
    int status;
    CHECK_EQ(count[writer], kRecords);
    CHECK(wait(&status) > 0 && status == 0);
  }
  close(ends[0]);
}

TEST(large_write_is_whole, "a blocking write of any size is written wholly, in order") {
  enum { kSize = 1000000 };
  static unsigned char part[70000];
  unsigned long at = 0;
  long got;

  make_pipe(0);
  pid_t child = fork();
  if (child == 0) {
    unsigned char *all = map_private(kSize);
    for (unsigned i = 0; i < kSize; i++) all[i] = (unsigned char)(i * 7 + i / 251);
    close(ends[0]);
    _exit(raw(SYS_write, ends[1], all, kSize) != kSize);
  }
  close(ends[1]);
  while ((got = raw(SYS_read, ends[0], part, at % 70000 + 1)) > 0)
    for (long i = 0; i < got; i++, at++) REQUIRE(part[i] == (unsigned char)(at * 7 + at / 251));
  CHECK_EQ(got, 0);
  CHECK_EQ(at, kSize);
  CHECK_EQ(ending_of(child), 0);
  close(ends[0]);
}

TEST(vectors, "readv and writev: pieces in order, one after another") {
  char a[3] = "", b[10] = "";
  struct iovec out[] = {{"one", 3}, {"", 0}, {"twothree", 8}}, in[] = {{a, 2}, {NULL, 0}, {b, 9}};

  make_pipe(0);
  CHECK_EQ(raw(SYS_writev, ends[1], out, 3), 11);
  CHECK_EQ(raw(SYS_readv, ends[0], in, 3), 11);
  CHECK_EQ(memcmp(a, "on", 2), 0);
  CHECK_EQ(memcmp(b, "etwothree", 9), 0);
  close_both();
}

TEST(bad_buffers, "EFAULT for a buffer that cannot be used; what was in the pipe stays") {
  char in[10];

  make_pipe(O_NONBLOCK);
  raw(SYS_write, ends[1], "stays", 5);
  CHECK_EFAULT(1, kForWriting, raw(SYS_read, ends[0], p, 1));
  CHECK_EFAULT(1, kForReading, raw(SYS_write, ends[1], p, 1));
  CHECK_EQ(raw(SYS_read, ends[0], in, 10), 5);
  CHECK_EQ(memcmp(in, "stays", 5), 0);
  CHECK_EQ(raw(SYS_read, ends[0], in, 10), -EAGAIN);
  close_both();
}

TEST(flags_are_per_end, "O_NONBLOCK belongs to an end, and to all its copies; O_CLOEXEC to a descriptor") {
  char byte;

  make_pipe(O_CLOEXEC);
  CHECK_EQ(raw(SYS_fcntl, ends[0], F_GETFD), FD_CLOEXEC);
  CHECK_EQ(raw(SYS_fcntl, ends[1], F_GETFD), FD_CLOEXEC);
  CHECK_EQ(raw(SYS_fcntl, ends[0], F_GETFL) & O_ACCMODE, O_RDONLY);
  CHECK_EQ(raw(SYS_fcntl, ends[1], F_GETFL) & O_ACCMODE, O_WRONLY);
  int copy = dup(ends[0]);
  CHECK_EQ(raw(SYS_fcntl, copy, F_GETFD), 0);
  CHECK_EQ(raw(SYS_fcntl, copy, F_SETFL, O_NONBLOCK), 0);
  CHECK_EQ(raw(SYS_fcntl, ends[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  CHECK_EQ(raw(SYS_fcntl, ends[1], F_GETFL) & O_NONBLOCK, 0);
  CHECK_EQ(raw(SYS_read, ends[0], &byte, 1), -EAGAIN);
  CHECK_EQ(raw(SYS_fcntl, ends[0], F_SETFL, 0), 0);
  CHECK_EQ(raw(SYS_fcntl, copy, F_GETFL) & O_NONBLOCK, 0);
  close(copy);
  close_both();
}

TEST(stat_of_a_pipe, "fstat says that a pipe is a FIFO, and both ends are the same one") {
  struct stat a, b;

  make_pipe(0);
  CHECK_EQ(raw(SYS_fstat, ends[0], &a), 0);
  CHECK_EQ(raw(SYS_fstat, ends[1], &b), 0);
  CHECK(S_ISFIFO(a.st_mode) && S_ISFIFO(b.st_mode));
  CHECK_EQ(a.st_ino, b.st_ino);
  CHECK_EQ(a.st_size, 0);
  CHECK_EQ(a.st_uid, getuid());
  close_both();
}

TEST(many_pipes, "a hundred pipes at once keep their bytes apart") {
  enum { kPipes = 100 };
  static int all[kPipes][2];
  char in[4];

  for (int i = 0; i < kPipes; i++) {
    REQUIRE(raw(SYS_pipe, all[i]) == 0);
    in[0] = (char)i;
    CHECK_EQ(raw(SYS_write, all[i][1], in, 1), 1);
  }
  for (int i = kPipes - 1; i >= 0; i--) {
    CHECK_EQ(raw(SYS_read, all[i][0], in, 4), 1);
    CHECK_EQ(in[0], i);
    close(all[i][0]);
    close(all[i][1]);
  }
}

TEST(a_chain, "a token goes round a ring of ten processes") {
  enum { kRing = 10, kRounds = 20 };
  int ring[kRing][2];
  char token = 0;

  for (int i = 0; i < kRing; i++) REQUIRE(pipe(ring[i]) == 0);
  for (int i = 1; i < kRing; i++)
    if (fork() == 0) {
      for (int round = 0; round < kRounds; round++) {
        if (read(ring[i - 1][0], &token, 1) != 1) _exit(1);
        token++;
        if (write(ring[i][1], &token, 1) != 1) _exit(1);
      }
      _exit(0);
    }
  for (int round = 0; round < kRounds; round++) {
    CHECK_EQ(raw(SYS_write, ring[0][1], &token, 1), 1);
    CHECK_EQ(raw(SYS_read, ring[kRing - 1][0], &token, 1), 1);
  }
  CHECK_EQ((unsigned char)token, kRounds * (kRing - 1) % 256);
  for (int i = 1; i < kRing; i++) CHECK_EQ(wait(NULL) > 0, 1);
  for (int i = 0; i < kRing; i++) close(ring[i][0]), close(ring[i][1]);
}

TEST(both_ends_in_one, "the ends of one process that ends with bytes in the pipe are all cleared away") {
  for (int i = 0; i < 20; i++) CHECK_ENDS(0, make_pipe(0); _exit(write(ends[1], "left behind", 11) != 11));
}
