/* Reading the boot archive: a cpio file ("newc", cpio(5)), for init, which starts servers from it, and files, which makes a tree of it.
 *
 * An entry is a header of 110 bytes ("070701" and 13 numbers of 8 hexadecimal digits), the name with its NUL, and the contents, each padded
 * to a multiple of four; there may be zeros between entries. The kernel's tools make it, but nothing here relies on a number that was not
 * compared with the end of the memory. */
#ifndef CPIO_H
#define CPIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cpio_entry {
  const char *name;
  const char *contents;
  uint32_t bytes, mode, uid;
  size_t next; /* where the next entry begins, from the archive's start on */
};

/* A number of the header. False: it is none. */
static inline bool cpio_number(const char *header, unsigned index, uint32_t *value) {
  *value = 0;
  for (unsigned i = 0; i < 8; i++) {
    const char c = header[6 + index * 8 + i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit < 0) return false;
    *value = *value << 4 | (uint32_t)digit;
  }
  return true;
}

/* The entry at `at` or behind the zeros there. False: none lies whole within the mapped bytes. */
static inline bool cpio_read(const char *start, size_t mapped, size_t at, struct cpio_entry *entry) {
  enum { kHeader = 110, kMode = 1, kUid = 2, kBytes = 6, kNameBytes = 11 }; /* numbers, by index */
  uint32_t name_bytes;

  while (at + 4 <= mapped && memcmp(start + at, "\0\0\0\0", 4) == 0) at += 4;
  if (at > mapped || mapped - at < kHeader) return false;
  const char *header = start + at;
  if (memcmp(header, "070701", 6) != 0 || !cpio_number(header, kMode, &entry->mode) || !cpio_number(header, kUid, &entry->uid))
    return false;
  if (!cpio_number(header, kBytes, &entry->bytes) || !cpio_number(header, kNameBytes, &name_bytes)) return false;
  /* Both numbers have 32 bits, so none of these sums overflows. */
  const size_t contents = (at + kHeader + name_bytes + 3) & ~(size_t)3;
  if (contents > mapped || entry->bytes > mapped - contents) return false;
  entry->name = header + kHeader;
  if (memchr(entry->name, '\0', name_bytes) == NULL) return false;
  entry->contents = start + contents;
  entry->next = (contents + entry->bytes + 3) & ~(size_t)3;
  return true;
}

static inline bool cpio_is_last(const struct cpio_entry *entry) { return strcmp(entry->name, "TRAILER!!!") == 0; }

#endif
