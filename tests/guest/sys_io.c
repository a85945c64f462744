/* read, write, writev, close, dup, dup2, ioctl: what they do, and every bad argument. */
#include <sys/ioctl.h>
#include <sys/uio.h>

#include "bad.h"
#include "test.h"

enum { kClosed = 77 }; /* a descriptor that nobody has opened */

/* To standard error, which the comparison with Linux leaves alone: there, how much of a half-good buffer arrives depends on the file. */
static int refused_or_short(long seen, long good) { return seen == -EFAULT || (seen >= 0 && seen <= good) || !on_kine(); }

TEST(write_returns_the_length, "write answers the number of bytes written") {
  CHECK_EQ(raw(NR_write, 1, "written by write\n", 17), 17);
  CHECK_EQ(raw(NR_write, 1, "", 0), 0);
  CHECK_EQ(raw(NR_write, 1, NULL, 0), 0);
}

TEST(write_across_pages, "a buffer may span pages, whether touched or not") {
  char *memory = (char *)map_private(2 * kPage);

  memcpy(memory + kPage - 6, "one li", 6);
  memcpy(memory + kPage, "ne\n", 3);
  CHECK_EQ(raw(NR_write, 1, memory + kPage - 6, 9), 9);
  /* Bytes that are zero, and not printed as such: a promise is readable by the kernel too. */
  char *untouched = (char *)map_private(kPage);
  CHECK_EQ(raw(NR_write, 2, untouched, 0), 0);
  CHECK_EQ(raw(NR_write, 2, untouched + 100, 1), 1);
}

TEST(write_bad_descriptor, "a descriptor that is not open answers EBADF, before anything else is looked at") {
  static const long bad[] = {-1, kClosed, 255, 1000000, INT32_MAX, INT32_MIN};

  raw(NR_close, kClosed);
  raw(NR_close, 255);
  for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    CHECK_EQ(raw(NR_write, bad[i], "x", 1), -EBADF);
    CHECK_EQ(raw(NR_write, bad[i], "x", 0), -EBADF);
    CHECK_EQ(raw(NR_write, bad[i], NULL, 1), -EBADF);
    CHECK_EQ(raw(NR_read, bad[i], NULL, 1), -EBADF);
    CHECK_EQ(raw(NR_writev, bad[i], NULL, 1), -EBADF);
    CHECK_EQ(raw(NR_ioctl, bad[i], TCGETS, NULL), -EBADF);
    CHECK_EQ(raw(NR_close, bad[i]), -EBADF);
    CHECK_EQ(raw(NR_dup, bad[i]), -EBADF);
    CHECK_EQ(raw(NR_dup2, bad[i], 1), -EBADF);
  }
}

TEST(descriptor_is_32_bits, "a descriptor is an int: the upper half of the register does not count") {
  CHECK_EQ(raw(NR_write, 0x100000001, "low half\n", 9), 9);
  CHECK_EQ(raw(NR_write, 0x7fffffff00000001, "", 0), 0);
}

TEST(write_bad_buffer, "a buffer that cannot be read answers EFAULT") { CHECK_EFAULT(1, kForReading, raw(NR_write, 1, p, 1)); }

TEST(write_huge, "a length that leaves the user half answers EFAULT") {
  char byte = 'x';

  CHECK_EQ(raw(NR_write, 2, &byte, -1), -EFAULT);
  CHECK_EQ(raw(NR_write, 2, &byte, INT64_MAX), -EFAULT);
  CHECK_EQ(raw(NR_write, 2, &byte, INT64_MIN), -EFAULT);
  CHECK_EQ(raw(NR_write, 2, &byte, 0x0000800000000000), -EFAULT);
}

TEST(write_half_good, "of a buffer that ends in an unmapped page, nothing or the good part is written") {
  char *memory = (char *)map_private(2 * kPage);

  memset(memory, '.', kPage);
  munmap(memory + kPage, kPage);
  CHECK(refused_or_short(raw(NR_write, 2, memory + kPage - 5, 10), 5));
  CHECK(refused_or_short(raw(NR_write, 2, memory + kPage - 1, kPage), 1));
  CHECK(refused_or_short(raw(NR_write, 2, memory + kPage - 1, 1UL << 30), 1));
}

TEST(writev_joins, "writev writes its pieces in order and answers their sum") {
  struct iovec pieces[] = {{"three ", 6}, {NULL, 0}, {"pieces ", 7}, {"\n", 1}};

  CHECK_EQ(raw(NR_writev, 1, pieces, 4), 14);
  CHECK_EQ(raw(NR_writev, 1, pieces, 0), 0);
  CHECK_EQ(raw(NR_writev, 1, NULL, 0), 0);
}

TEST(writev_many, "1,024 pieces are allowed, one more is not") {
  static struct iovec pieces[1025];

  for (int i = 0; i < 1025; i++) pieces[i] = (struct iovec){"", 0};
  pieces[1023] = (struct iovec){"the last of 1,024\n", 18};
  CHECK_EQ(raw(NR_writev, 1, pieces, 1024), 18);
  CHECK_EQ(raw(NR_writev, 1, pieces, 1025), -EINVAL);
  CHECK_EQ(raw(NR_writev, 1, pieces, -1), -EINVAL);
  CHECK_EQ(raw(NR_writev, 1, pieces, INT64_MAX), -EINVAL);
  CHECK_EQ(raw(NR_writev, 1, pieces, 0x1000000080000001), -EINVAL); /* times 16 wraps round */
}

TEST(writev_bad_vector, "a vector that cannot be read answers EFAULT") {
  CHECK_EFAULT(sizeof(struct iovec), kForReading, raw(NR_writev, 1, p, 1));
}

TEST(writev_bad_pieces, "a piece that cannot be read answers EFAULT, a negative length EINVAL") {
  struct iovec one = {NULL, 1};
  struct iovec negative[] = {{"x", 1}, {"y", (size_t)-1}};

  CHECK_EFAULT(1, kForReading, (one.iov_base = p, raw(NR_writev, 1, &one, 1)));
  CHECK_EQ(raw(NR_writev, 2, negative, 2), -EINVAL);
  struct iovec wrapping[] = {{"x", INT64_MAX}, {"y", INT64_MAX}};
  CHECK_EQ(raw(NR_writev, 2, wrapping, 2), -EFAULT);
  struct iovec half_good[] = {{"..", 2}, {(void *)1, 1}};
  CHECK(refused_or_short(raw(NR_writev, 2, half_good, 2), 2));
}

TEST(read_at_end, "read answers 0 at the end of the input") {
  char bytes[10] = "untouched";

  CHECK_EQ(raw(NR_read, 0, bytes, sizeof bytes), 0);
  CHECK_EQ(raw(NR_read, 0, bytes, 0), 0);
  CHECK_EQ(raw(NR_read, 0, bytes, sizeof bytes), 0); /* and again: an end stays one */
  CHECK_EQ(strcmp(bytes, "untouched"), 0);
}

TEST(read_bad_buffer, "a buffer in the kernel half answers EFAULT even at the end of the input") {
  char byte;

  CHECK_EQ(raw(NR_read, 0, 0xffff800000000000, 1), -EFAULT);
  CHECK_EQ(raw(NR_read, 0, 0xffffffff80100000, 4096), -EFAULT);
  CHECK_EQ(raw(NR_read, 0, 0x4141414141414141, 1), -EFAULT);
  CHECK_EQ(raw(NR_read, 0, -1, 1), -EFAULT);
  CHECK_EQ(raw(NR_read, 0, &byte, -1), -EFAULT);
}

TEST(dup_gives_the_lowest, "dup answers the lowest free descriptor, and both lead to the same place") {
  raw(NR_close, 3);
  raw(NR_close, 4);
  CHECK_EQ(raw(NR_dup, 1), 3);
  CHECK_EQ(raw(NR_dup, 3), 4);
  CHECK_EQ(raw(NR_write, 4, "through a copy of a copy\n", 25), 25);
  CHECK_EQ(raw(NR_close, 3), 0);
  CHECK_EQ(raw(NR_close, 3), -EBADF);
  CHECK_EQ(raw(NR_write, 4, "still open\n", 11), 11);
  CHECK_EQ(raw(NR_dup, 4), 3);
  CHECK_EQ(raw(NR_close, 3), 0);
  CHECK_EQ(raw(NR_close, 4), 0);
}

TEST(dup2_places, "dup2 puts the copy where it was told, closing what was there") {
  CHECK_EQ(raw(NR_dup2, 1, 1), 1);
  CHECK_EQ(raw(NR_dup2, 1, 20), 20);
  CHECK_EQ(raw(NR_dup2, 1, 20), 20);
  CHECK_EQ(raw(NR_write, 20, "by descriptor 20\n", 17), 17);
  CHECK_EQ(raw(NR_close, 20), 0);
  raw(NR_close, kClosed);
  CHECK_EQ(raw(NR_dup2, kClosed, kClosed), -EBADF);
  CHECK_EQ(raw(NR_dup2, 1, -1), -EBADF);
  CHECK_EQ(raw(NR_dup2, 1, INT32_MAX), -EBADF);
  CHECK_EQ(raw(NR_dup2, kClosed, 1), -EBADF); /* and descriptor 1 stays open: */
  CHECK_EQ(raw(NR_write, 1, "", 0), 0);
}

TEST(descriptors_run_out, "a full table answers EMFILE, and has room again after a close") {
  long last = 0, next;

  while ((next = raw(NR_dup, 1)) >= 0) last = next;
  CHECK_EQ(next, -EMFILE);
  CHECK_EQ(raw(NR_dup, 1), -EMFILE);
  CHECK_EQ(raw(NR_dup2, 1, last + 1 + on_kine()), -EBADF); /* there the last is the right to the machine */
  CHECK_EQ(raw(NR_close, last), 0);
  CHECK_EQ(raw(NR_dup, 1), last);
}

TEST(fork_copies_descriptors, "a child has copies: what it closes stays open in the parent") {
  raw(NR_dup2, 1, 30);
  CHECK_ENDS(0, raw(NR_close, 30); _exit(raw(NR_write, 30, "", 0) != -EBADF));
  CHECK_EQ(raw(NR_write, 30, "", 0), 0);
  CHECK_ENDS(0, _exit(raw(NR_write, 30, "the child writes to its copy\n", 29) != 29));
}

TEST(ioctl_answers, "what is no terminal answers ENOTTY to terminal requests, and an unknown request ENOTTY") {
  char settings[256];

  if (raw(NR_ioctl, 1, TCGETS, settings) != 0) {
    CHECK_EQ(raw(NR_ioctl, 1, TCGETS, settings), -ENOTTY);
    CHECK_EQ(raw(NR_ioctl, 1, TCGETS, 1), -ENOTTY);
    CHECK_EQ(raw(NR_ioctl, 1, TIOCGWINSZ, settings), -ENOTTY);
  } else {
    CHECK_EFAULT(36, kForWriting, raw(NR_ioctl, 1, TCGETS, p));
  }
  CHECK_EQ(raw(NR_ioctl, 1, 0x12345678, settings), -ENOTTY);
}
