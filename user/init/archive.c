/* The boot archive, mapped at KINE_ARCHIVE_ADDRESS (user/cpio.h has its format): how long it is, and where a server's image lies in it. */
#include <kine.h>

#include "cpio.h"
#include "init.h"

enum { kPage = 4096 };

static const char *const start = (const char *)KINE_ARCHIVE_ADDRESS;

size_t archive_bytes(size_t mapped) {
  struct cpio_entry entry;

  for (size_t at = 0; cpio_read(start, mapped, at, &entry); at = entry.next)
    if (cpio_is_last(&entry)) return entry.next;
  return 0;
}

const void *archive_find(size_t mapped, const char *name, size_t *bytes) {
  struct cpio_entry entry;

  for (size_t at = 0; cpio_read(start, mapped, at, &entry) && !cpio_is_last(&entry); at = entry.next) {
    if (strcmp(entry.name, name) != 0 || (uintptr_t)entry.contents % kPage != 0) continue;
    *bytes = entry.bytes;
    return entry.contents;
  }
  return NULL;
}
