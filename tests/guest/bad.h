/* Addresses that no system call may believe.
 *
 * Owns: the list for an object of a given size. `kForReading` lists what the kernel cannot read the object from, `kForWriting` adds
 * what it cannot write it to: a page without PROT_WRITE, and program text. Each entry has a name for the failure's message.
 * An object whose first bytes are good and whose last ones lie in an unmapped page is the case that kernels get wrong. */
#ifndef BAD_H
#define BAD_H

#include "test.h"

struct bad_address {
  const char *name;
  void *address;
};

enum { kForReading = 0, kForWriting = 1, kOrNull = 2 /* a null pointer means "none" and is no error */, kMaxBad = 20 };

static inline unsigned bad_addresses(struct bad_address bad[kMaxBad], size_t size, int use) {
  unsigned char *pages = map_private(4 * kPage); /* good, hole, no rights, read-only */
  unsigned n = 0;

  memset(pages, 0x5a, 4 * kPage);
  munmap(pages + kPage, kPage);
  mprotect(pages + 2 * kPage, kPage, PROT_NONE);
  mprotect(pages + 3 * kPage, kPage, PROT_READ);
  if (!(use & kOrNull)) bad[n++] = (struct bad_address){"null", NULL};
  bad[n++] = (struct bad_address){"1", (void *)1};
  bad[n++] = (struct bad_address){"an unmapped page", pages + kPage};
  bad[n++] = (struct bad_address){"the last byte of an unmapped page", pages + 2 * kPage - 1};
  bad[n++] = (struct bad_address){"a page of PROT_NONE", pages + 2 * kPage};
  bad[n++] = (struct bad_address){"the first address that is not canonical", (void *)0x0000800000000000};
  bad[n++] = (struct bad_address){"the middle of what is not canonical", (void *)0x4141414141414141};
  bad[n++] = (struct bad_address){"the last address that is not canonical", (void *)0xffff7fffffffffff};
  bad[n++] = (struct bad_address){"the first kernel address", (void *)0xffff800000000000};
  bad[n++] = (struct bad_address){"a kernel address", (void *)0xffffffff80100000};
  bad[n++] = (struct bad_address){"-1", (void *)-1};
  bad[n++] = (struct bad_address){"-4096", (void *)-4096};
  if (size > 1) {
    bad[n++] = (struct bad_address){"an object whose last byte is unmapped", pages + kPage - (size - 1)};
    bad[n++] = (struct bad_address){"an object whose first byte alone is mapped", pages + kPage - 1};
    bad[n++] = (struct bad_address){"an object that leaves the user half", (void *)(0x00007ffffffff000 - (size - 1))};
    bad[n++] = (struct bad_address){"an object that wraps round to 0", (void *)-(size - 1)};
  }
  if (use & kForWriting) {
    bad[n++] = (struct bad_address){"a read-only page", pages + 3 * kPage};
    bad[n++] = (struct bad_address){"program text", (void *)(uintptr_t)bad_addresses};
  }
  return n;
}

/* The call, written with `p` where the address goes, must answer EFAULT for each of them. */
#define CHECK_EFAULT(size, use, ...)                                                                                     \
  do {                                                                                                                   \
    struct bad_address bad_list[kMaxBad];                                                                                \
    unsigned bad_count = bad_addresses(bad_list, size, use);                                                             \
    for (unsigned bad_i = 0; bad_i < bad_count; bad_i++) {                                                               \
      void *p = bad_list[bad_i].address;                                                                                 \
      long bad_seen = (long)(__VA_ARGS__);                                                                               \
      char bad_text[48];                                                                                                 \
      if (bad_seen != -EFAULT)                                                                                           \
        test_fail(__FILE__, __LINE__, #__VA_ARGS__ " with p = %s: expected -14 (EFAULT), seen %s", bad_list[bad_i].name, \
                  value_text(bad_seen, bad_text));                                                                       \
    }                                                                                                                    \
  } while (0)

#endif
