/* Open files: openat's flags, read, write, offsets, holes, truncation, vectors, what is shared between copies and processes. */
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "bad.h"
#include "scratch.h"

TEST(create_write_read, "what is written to a new file is read back, across pages and at every offset") {
  enum { kSize = 3 * kPage + 123 };
  unsigned char *out = map_private(4 * kPage), *in = map_private(4 * kPage);

  enter_scratch();
  for (int i = 0; i < kSize; i++) out[i] = (unsigned char)(i * 7 + i / 251);
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR | O_CREAT | O_EXCL, 0644);
  REQUIRE(fd >= 0);
  for (int at = 0, step = 1; at < kSize; at += step, step = step * 3 % 1021 + 1) {
    int part = step < kSize - at ? step : kSize - at;
    CHECK_EQ(raw(SYS_write, fd, out + at, part), part);
  }
  CHECK_EQ(raw(SYS_lseek, fd, 0, SEEK_SET), 0);
  CHECK_EQ(raw(SYS_read, fd, in, kSize + 100), kSize);
  CHECK_EQ(memcmp(in, out, kSize), 0);
  CHECK_EQ(raw(SYS_read, fd, in, 100), 0);
  for (int at = 0; at < kSize; at += 997) {
    unsigned char byte = 0;
    CHECK_EQ(raw(SYS_pread64, fd, &byte, 1, at), 1);
    CHECK_EQ(byte, out[at]);
  }
  CHECK_EQ(raw(SYS_close, fd), 0);
  CHECK_EQ(size_of("f"), kSize);
  CHECK_EQ(unlink("f"), 0);
  leave_scratch();
}

TEST(open_flags, "O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW: each does its part") {
  enter_scratch();
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "f", O_RDONLY), -ENOENT);
  make_file("f", "contents");
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "f", O_RDWR | O_CREAT | O_EXCL, 0644), -EEXIST);
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_WRONLY | O_CREAT, 0600);
  CHECK_EQ(size_of("f"), 8);
  raw(SYS_close, fd);
  fd = raw(SYS_openat, AT_FDCWD, "f", O_WRONLY | O_APPEND);
  CHECK_EQ(raw(SYS_write, fd, "++", 2), 2);
  CHECK_EQ(raw(SYS_lseek, fd, 0, SEEK_SET), 0);
  CHECK_EQ(raw(SYS_write, fd, "!", 1), 1);
  CHECK_EQ(raw(SYS_lseek, fd, 0, SEEK_CUR), 11);
  raw(SYS_close, fd);
  CHECK(has_contents("f", "contents++!"));
  fd = raw(SYS_openat, AT_FDCWD, "f", O_WRONLY | O_TRUNC);
  raw(SYS_close, fd);
  CHECK_EQ(size_of("f"), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "f", O_RDONLY | O_DIRECTORY), -ENOTDIR);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, ".", O_WRONLY), -EISDIR);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, ".", O_RDWR), -EISDIR);
  CHECK_EQ(symlink("f", "link"), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "link", O_RDONLY | O_NOFOLLOW), -ELOOP);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "link", O_RDWR | O_CREAT | O_EXCL, 0644), -EEXIST);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "f/", O_RDONLY), -ENOTDIR);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "new/", O_WRONLY | O_CREAT, 0644), -EISDIR);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "", O_RDONLY), -ENOENT);
  CHECK_EQ(raw(SYS_openat, 77, "f", O_RDONLY), -EBADF);
  unlink("link"), unlink("f");
  leave_scratch();
}

TEST(access_modes, "a descriptor opened for one thing answers EBADF to the other; F_GETFL tells how it was opened") {
  char byte = 0;

  enter_scratch();
  make_file("f", "abc");
  long reading = raw(SYS_openat, AT_FDCWD, "f", O_RDONLY), writing = raw(SYS_openat, AT_FDCWD, "f", O_WRONLY | O_APPEND | O_NONBLOCK);
  CHECK_EQ(raw(SYS_write, reading, "x", 1), -EBADF);
  CHECK_EQ(raw(SYS_pwrite64, reading, "x", 1, 0), -EBADF);
  CHECK_EQ(raw(SYS_ftruncate, reading, 0), -EINVAL);
  CHECK_EQ(raw(SYS_read, writing, &byte, 1), -EBADF);
  CHECK_EQ(raw(SYS_pread64, writing, &byte, 1, 0), -EBADF);
  CHECK_EQ(raw(SYS_fcntl, reading, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDONLY);
  CHECK_EQ(raw(SYS_fcntl, writing, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_WRONLY | O_APPEND | O_NONBLOCK);
  CHECK_EQ(raw(SYS_fcntl, writing, F_SETFL, 0), 0);
  CHECK_EQ(raw(SYS_fcntl, writing, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_WRONLY);
  CHECK_EQ(raw(SYS_write, writing, "X", 1), 1);
  CHECK(has_contents("f", "Xbc")); /* it no longer appends */
  raw(SYS_close, reading), raw(SYS_close, writing);
  unlink("f");
  leave_scratch();
}

TEST(offsets, "lseek moves from the beginning, from here, from the end; never before the beginning") {
  char in[4];

  enter_scratch();
  make_file("f", "0123456789");
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR);
  CHECK_EQ(raw(SYS_lseek, fd, 3, SEEK_SET), 3);
  CHECK_EQ(raw(SYS_lseek, fd, 2, SEEK_CUR), 5);
  CHECK_EQ(raw(SYS_lseek, fd, -1, SEEK_END), 9);
  CHECK_EQ(raw(SYS_read, fd, in, 4), 1);
  CHECK_EQ(raw(SYS_lseek, fd, -11, SEEK_END), -EINVAL);
  CHECK_EQ(raw(SYS_lseek, fd, -1, SEEK_SET), -EINVAL);
  CHECK_EQ(raw(SYS_lseek, fd, 0, 99), -EINVAL);
  CHECK_EQ(raw(SYS_lseek, fd, INT64_MIN, SEEK_CUR), -EINVAL);
  CHECK_EQ(raw(SYS_lseek, fd, 0, SEEK_CUR), 10);
  CHECK_EQ(raw(SYS_lseek, fd, 100, SEEK_END), 110);
  CHECK_EQ(raw(SYS_read, fd, in, 4), 0);
  CHECK_EQ(raw(SYS_pread64, fd, in, 4, 8), 2);
  CHECK_EQ(memcmp(in, "89", 2), 0);
  CHECK_EQ(raw(SYS_pread64, fd, in, 4, -1), -EINVAL);
  CHECK_EQ(raw(SYS_pwrite64, fd, in, 4, -1), -EINVAL);
  CHECK_EQ(raw(SYS_pwrite64, fd, "ab", 2, 4), 2);
  CHECK_EQ(raw(SYS_lseek, fd, 0, SEEK_CUR), 110); /* p… leave the offset alone */
  CHECK(has_contents("f", "0123ab6789"));
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}

TEST(shared_offset, "copies and children share an offset; another open of the same file has its own") {
  char in[4] = "";

  enter_scratch();
  make_file("f", "abcdefghij");
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDONLY), copy = raw(NR_dup, fd), other = raw(SYS_openat, AT_FDCWD, "f", O_RDONLY);
  CHECK_EQ(raw(SYS_read, fd, in, 2), 2);
  CHECK_EQ(raw(SYS_read, copy, in, 2), 2);
  CHECK_EQ(memcmp(in, "cd", 2), 0);
  CHECK_ENDS(0, _exit(read((int)fd, in, 2) == 2 && memcmp(in, "ef", 2) == 0 ? 0 : 1));
  CHECK_EQ(raw(SYS_read, fd, in, 2), 2);
  CHECK_EQ(memcmp(in, "gh", 2), 0);
  CHECK_EQ(raw(SYS_read, other, in, 2), 2);
  CHECK_EQ(memcmp(in, "ab", 2), 0);
  raw(SYS_close, fd), raw(SYS_close, copy), raw(SYS_close, other);
  unlink("f");
  leave_scratch();
}

TEST(holes, "what was never written reads as zeros; a write far behind the end makes the file long, not large") {
  unsigned char *in = map_private(2 * kPage);
  struct stat status;

  enter_scratch();
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR | O_CREAT, 0644);
  CHECK_EQ(raw(SYS_pwrite64, fd, "end", 3, 50 * MiB), 3);
  CHECK_EQ(raw(SYS_fstat, fd, &status), 0);
  CHECK_EQ(status.st_size, 50 * MiB + 3);
  CHECK(status.st_blocks < 2048); /* of 512 bytes */
  memset(in, 9, 2 * kPage);
  CHECK_EQ(raw(SYS_pread64, fd, in, 2 * kPage, 20 * MiB - 100), 2 * kPage);
  CHECK_BYTES(in, 2 * kPage, 0);
  CHECK_EQ(raw(SYS_pread64, fd, in, 2 * kPage, 50 * MiB - 5), 8);
  CHECK_EQ(memcmp(in, "\0\0\0\0\0end", 8), 0);
  CHECK_EQ(raw(SYS_pwrite64, fd, "mid", 3, 7 * MiB + 1000), 3);
  CHECK_EQ(raw(SYS_pread64, fd, in, 10, 7 * MiB + 998), 10);
  CHECK_EQ(memcmp(in, "\0\0mid\0\0\0\0\0", 10), 0);
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}

TEST(truncation, "ftruncate and truncate cut and grow; what is cut off is zeros when it comes back") {
  char in[10];

  enter_scratch();
  make_file("f", "0123456789");
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR);
  CHECK_EQ(raw(SYS_ftruncate, fd, 4), 0);
  CHECK_EQ(size_of("f"), 4);
  CHECK_EQ(raw(SYS_ftruncate, fd, 8), 0);
  CHECK_EQ(raw(SYS_pread64, fd, in, 10, 0), 8);
  CHECK_EQ(memcmp(in, "0123\0\0\0\0", 8), 0);
  CHECK_EQ(raw(SYS_ftruncate, fd, -1), -EINVAL);
  CHECK_EQ(raw(SYS_truncate, "f", 100000), 0);
  CHECK_EQ(size_of("f"), 100000);
  CHECK_EQ(raw(SYS_truncate, "f", 0), 0);
  CHECK_EQ(raw(SYS_truncate, "f", -1), -EINVAL);
  CHECK_EQ(raw(SYS_truncate, "nothing", 0), -ENOENT);
  CHECK_EQ(raw(SYS_truncate, ".", 0), -EISDIR);
  CHECK_EQ(raw(SYS_write, fd, "x", 1), 1);
  CHECK_EQ(size_of("f"), 1);
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}

TEST(gone_but_open, "a file without a name lives as long as somebody has it open") {
  char in[10];
  struct stat status;

  enter_scratch();
  make_file("f", "still here");
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR);
  CHECK_EQ(raw(SYS_unlink, "f"), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "f", O_RDONLY), -ENOENT);
  CHECK_EQ(raw(SYS_fstat, fd, &status), 0);
  CHECK_EQ(status.st_nlink, 0);
  make_file("f", "another one");
  CHECK_EQ(raw(SYS_read, fd, in, 10), 10);
  CHECK_EQ(memcmp(in, "still here", 10), 0);
  CHECK_EQ(raw(SYS_write, fd, " and writable", 13), 13);
  CHECK(has_contents("f", "another one"));
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}

TEST(vectors, "readv and writev work on files, in order, at the offset") {
  char a[4] = "", b[10] = "";
  struct iovec out[] = {{"one ", 4}, {NULL, 0}, {"two", 3}}, in[] = {{a, 3}, {b, 10}};

  enter_scratch();
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR | O_CREAT, 0644);
  CHECK_EQ(raw(SYS_writev, fd, out, 3), 7);
  raw(SYS_lseek, fd, 0, SEEK_SET);
  CHECK_EQ(raw(SYS_readv, fd, in, 2), 7);
  CHECK_EQ(memcmp(a, "one", 3), 0);
  CHECK_EQ(memcmp(b, " two", 4), 0);
  CHECK_EQ(raw(SYS_readv, fd, in, -1), -EINVAL);
  CHECK_EFAULT(16, kForReading, raw(SYS_readv, fd, p, 1));
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}

TEST(bad_buffers, "EFAULT for buffers that cannot be used, and the offset stays") {
  struct stat status;

  enter_scratch();
  make_file("f", "some bytes that are there");
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR);
  CHECK_EFAULT(1, kForWriting, raw(SYS_read, fd, p, 1));
  CHECK_EFAULT(1, kForReading, raw(SYS_write, fd, p, 1));
  CHECK_EFAULT(1, kForWriting, raw(SYS_pread64, fd, p, 1, 0));
  CHECK_EFAULT(144, kForWriting, raw(SYS_fstat, fd, p));
  CHECK_EFAULT(2, kForReading, raw(SYS_openat, AT_FDCWD, p, O_RDONLY));
  CHECK_EFAULT(2, kForReading, raw(SYS_newfstatat, AT_FDCWD, p, &status, 0));
  CHECK_EFAULT(144, kForWriting, raw(SYS_newfstatat, AT_FDCWD, "f", p, 0));
  CHECK_EQ(raw(SYS_lseek, fd, 0, SEEK_CUR), 0);
  CHECK(has_contents("f", "some bytes that are there"));
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}

TEST(appending_together, "processes that append to one file overwrite nothing") {
  enum { kWriters = 4, kLines = 50 };
  static char all[kWriters * kLines * 8 + 8];
  int seen[kWriters] = {0};

  enter_scratch();
  for (int writer = 0; writer < kWriters; writer++)
    if (fork() == 0) {
      long fd = raw(SYS_openat, AT_FDCWD, "log", O_WRONLY | O_CREAT | O_APPEND, 0644);
      char line[9];
      snprintf(line, sizeof line, "line %d.\n", writer);
      for (int i = 0; i < kLines; i++)
        if (raw(SYS_write, fd, line, 8) != 8) _exit(1);
      _exit(0);
    }
  for (int i = 0; i < kWriters; i++) CHECK(wait(NULL) > 0);
  long fd = raw(SYS_openat, AT_FDCWD, "log", O_RDONLY), size = raw(SYS_read, fd, all, sizeof all);
  CHECK_EQ(size, kWriters * kLines * 8);
  for (long at = 0; at + 8 <= size; at += 8) {
    REQUIRE(memcmp(all + at, "line ", 5) == 0 && all[at + 5] >= '0' && all[at + 5] < '0' + kWriters);
    seen[all[at + 5] - '0']++;
  }
  for (int i = 0; i < kWriters; i++) CHECK_EQ(seen[i], kLines);
  raw(SYS_close, fd);
  unlink("log");
  leave_scratch();
}

TEST(large_file, "a file of 8 MiB, written and read in odd pieces, and copied") {
  enum { kPiece = 70001, kPieces = 120 };
  static unsigned char piece[kPiece];

  enter_scratch();
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR | O_CREAT, 0644);
  for (int i = 0; i < kPieces; i++) {
    for (int j = 0; j < kPiece; j++) piece[j] = (unsigned char)(j * 3 + i);
    REQUIRE(raw(SYS_write, fd, piece, kPiece) == kPiece);
  }
  CHECK_EQ(size_of("f"), kPiece * kPieces);
  raw(SYS_lseek, fd, 0, SEEK_SET);
  for (int i = 0; i < kPieces; i++) {
    REQUIRE(raw(SYS_read, fd, piece, kPiece) == kPiece);
    for (int j = 0; j < kPiece; j += 1013) REQUIRE(piece[j] == (unsigned char)(j * 3 + i));
  }
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}

TEST(devices, "/dev/null takes all and gives nothing, /dev/zero gives zeros, /dev/urandom noise") {
  unsigned char *in = map_private(2 * kPage);
  struct stat status;

  long null = raw(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
  CHECK_EQ(raw(SYS_write, null, in, 2 * kPage), 2 * kPage);
  CHECK_EQ(raw(SYS_read, null, in, kPage), 0);
  CHECK_EQ(raw(SYS_fstat, null, &status), 0);
  CHECK(S_ISCHR(status.st_mode));
  CHECK_EQ(status.st_rdev, 1 << 8 | 3);
  CHECK_EQ(raw(NR_ioctl, null, TCGETS, in), -ENOTTY);
  long zero = raw(SYS_openat, AT_FDCWD, "/dev/zero", O_RDONLY);
  memset(in, 7, 2 * kPage);
  CHECK_EQ(raw(SYS_read, zero, in, kPage + 1), kPage + 1);
  CHECK_BYTES(in, kPage + 1, 0);
  CHECK_EQ(in[kPage + 1], 7);
  long random = raw(SYS_openat, AT_FDCWD, "/dev/urandom", O_RDONLY);
  CHECK_EQ(raw(SYS_read, random, in, 256), 256);
  int zeros = 0;
  for (int i = 0; i < 256; i++) zeros += in[i] == 0;
  CHECK(zeros < 20);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "/dev/null/x", O_RDONLY), -ENOTDIR);
  raw(SYS_close, null), raw(SYS_close, zero), raw(SYS_close, random);
}

TEST(private_mappings, "a file mapped privately shows its bytes, with zeros behind them; writes stay in the process") {
  unsigned char *out = map_private(3 * kPage);

  enter_scratch();
  memset(out, 0x21, 2 * kPage);
  memset(out + 2 * kPage, 0x22, 100);
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR | O_CREAT, 0644);
  CHECK_EQ(raw(SYS_write, fd, out, 2 * kPage + 100), 2 * kPage + 100);
  unsigned char *map = mmap(NULL, 3 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE, (int)fd, 0);
  REQUIRE(map != MAP_FAILED);
  CHECK_BYTES(map, 2 * kPage, 0x21);
  CHECK_BYTES(map + 2 * kPage, 100, 0x22);
  CHECK_BYTES(map + 2 * kPage + 100, kPage - 100, 0);
  map[0] = 1, map[2 * kPage] = 2;
  unsigned char byte;
  CHECK_EQ(raw(SYS_pread64, fd, &byte, 1, 0), 1);
  CHECK_EQ(byte, 0x21);
  CHECK_EQ(raw(SYS_pwrite64, fd, "\x33", 1, 0), 1);
  CHECK_EQ(map[0], 1);
  unsigned char *second = mmap(NULL, kPage, PROT_READ, MAP_PRIVATE, (int)fd, kPage);
  REQUIRE(second != MAP_FAILED);
  CHECK_PAGE(second, 0x21);
  raw(SYS_close, fd);
  unlink("f");
  CHECK_EQ(map[1], 0x21); /* the mapping outlives descriptor and name */
  CHECK_ENDS(0, map[1] = 4; _exit(second[0] != 0x21));
  CHECK_EQ(map[1], 0x21);
  munmap(map, 3 * kPage), munmap(second, kPage);
  leave_scratch();
}

TEST(mapping_mistakes, "mmap of a file: EBADF, EACCES, EINVAL; a page wholly behind the end raises SIGBUS, or on Kine is zero") {
  enter_scratch();
  make_file("f", "short");
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_WRONLY), rd = raw(SYS_openat, AT_FDCWD, "f", O_RDONLY);
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, MAP_PRIVATE, fd, 0), -EACCES);
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, MAP_PRIVATE, 77, 0), -EBADF);
  CHECK_EQ(raw(NR_mmap, 0, kPage, PROT_READ, MAP_PRIVATE, rd, 5), -EINVAL);
  CHECK_EQ(raw(NR_mmap, 0, 0, PROT_READ, MAP_PRIVATE, rd, 0), -EINVAL);
  unsigned char *map = mmap(NULL, 2 * kPage, PROT_READ, MAP_PRIVATE, (int)rd, 0);
  if (map != MAP_FAILED) {
    CHECK_EQ(memcmp(map, "short\0", 6), 0);
    pid_t child = fork();
    if (child == 0) _exit(((volatile unsigned char *)map)[kPage]);
    CHECK_EQ(ending_of(child), on_kine() ? 0 : KILLED_BY(SIGBUS));
  }
  raw(SYS_close, fd), raw(SYS_close, rd);
  unlink("f");
  leave_scratch();
}

TEST(sync_calls, "fsync, fdatasync and sync answer 0; flock, fadvise and the like do no harm") {
  enter_scratch();
  make_file("f", "x");
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDWR);
  CHECK_EQ(raw(SYS_fsync, fd), 0);
  CHECK_EQ(raw(SYS_fdatasync, fd), 0);
  CHECK_EQ(raw(SYS_fsync, 77), -EBADF);
  CHECK_EQ(raw(SYS_fadvise64, fd, 0, 0, POSIX_FADV_SEQUENTIAL), 0);
  CHECK_EQ(raw(SYS_fallocate, fd, 0, 0, 10000), 0);
  CHECK_EQ(size_of("f"), 10000);
  CHECK_EQ(raw(SYS_fallocate, fd, FALLOC_FL_KEEP_SIZE, 0, 20000), 0);
  CHECK_EQ(size_of("f"), 10000);
  CHECK_EQ(raw(SYS_fallocate, fd, 0, -1, 10), -EINVAL);
  raw(SYS_close, fd);
  unlink("f");
  leave_scratch();
}
