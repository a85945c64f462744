/* What a file contains: a range of this server's address space.
 *
 *   page    0    1    2    3    4    5    6    7
 *   range [data|data|    |    |data|    |    |    ]   capacity 8: grown by mremap, which moves page-table entries and copies nothing
 *   map     1    1    0    0    1                     mapped 5 (in fact a multiple of 64); the bytes behind `size` are zeros
 *
 * Growing a file copies nothing, a copy of a file shares all pages, and a hole costs nothing: all three are the kernel's copy-on-write.
 * Owns: files' ranges, limits.pages_used. Must never: touch a page, of a range or of a map, without room_for's permission right before: a
 * fault that finds no frame ends the server. (The senders' bytes are put there by KINE_READ, which answers ENOMEM.) */
#include <sys/mman.h>

#include "node.h"

enum { kWord = 64, kMapPage = 8 * kPage /* bits */, kTables = 2 * kPage /* bytes of page tables for what is new */ };

bool data_holds(const struct data *data, uint64_t page) { return page < data->mapped && (data->map[page / kWord] >> page % kWord & 1); }

uint64_t data_run(const struct data *data, uint64_t offset, uint64_t bytes, bool *present) {
  uint64_t page = offset / kPage;

  *present = data_holds(data, page);
  const uint64_t most = *present ? kShareMost : kZeros;
  if (bytes > most) bytes = most;
  const uint64_t end = pages_of(offset + bytes);
  while (page < end && data_holds(data, page) == *present) page++;
  return page < end ? page * kPage - offset : bytes;
}

/* The map becomes `pages` long, and all of it is touched now: later nobody asks whether there is room. */
static int grow_map(struct data *data, uint64_t pages) {
  uint64_t *map = room_for(pages / 8) ? realloc(data->map, pages / 8) : NULL;

  if (map == NULL) return -ENOSPC;
  memset(map + data->mapped / kWord, 0, (pages - data->mapped) / 8);
  limits.pages_used += pages / kMapPage - data->mapped / kMapPage;
  data->map = map;
  data->mapped = pages;
  return 0;
}

/* Notes that the page holds something, or no more. */
static void hold(struct data *data, uint64_t page, bool holds) {
  const uint64_t more = holds ? 1 : UINT64_MAX;

  if (data_holds(data, page) == holds) return;
  data->map[page / kWord] ^= (uint64_t)1 << page % kWord;
  data->pages += more;
  limits.pages_used += more;
}

/* The range becomes `pages` long, which is not 0; new ones are promises. */
static int set_capacity(struct data *data, uint64_t pages) {
  if (pages > data->capacity && !room_for(kTables)) return -ENOSPC;
  void *bytes = data->capacity > 0 ? mremap(data->bytes, data->capacity * kPage, pages * kPage, MREMAP_MAYMOVE)
                                   : mmap(NULL, pages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (bytes == MAP_FAILED) return -ENOSPC;
  data->bytes = bytes;
  data->capacity = pages;
  return 0;
}

int data_prepare(struct data *data, uint64_t offset, uint64_t bytes) {
  if (offset > kSizeMax || bytes > kSizeMax - offset) return -EFBIG;
  const uint64_t first = offset / kPage, end = pages_of(offset + bytes);
  uint64_t wanted = data->mapped; /* of the map, and then of the range */

  if (end > wanted) wanted = ((end > 2 * wanted || end > kSizeMax / kPage / 2 ? end : 2 * wanted) + kWord - 1) / kWord * kWord;
  uint64_t missing = wanted / kMapPage - data->mapped / kMapPage;
  for (uint64_t page = first; page < end; page++) missing += !data_holds(data, page);
  /* Pages that are there may be shared: writing copies them. */
  if (limits.pages_used + missing > limits.pages || !room_for((end - first) * kPage + kTables)) return -ENOSPC;
  if (wanted > data->mapped && grow_map(data, wanted) != 0) return -ENOSPC;
  return end > data->capacity ? set_capacity(data, wanted) : 0;
}

void data_written(struct data *data, uint64_t offset, uint64_t bytes) {
  if (bytes == 0) return;
  for (uint64_t page = offset / kPage; page < pages_of(offset + bytes); page++) hold(data, page, true);
  if (offset + bytes > data->size) data->size = offset + bytes;
}

int data_resize(struct data *data, uint64_t size) {
  const uint64_t keep = pages_of(size), tail = size % kPage;

  if (size > kSizeMax) return -EFBIG;
  if (size == 0) data_free(data);
  if (size < data->size) {
    const bool clears = tail > 0 && data_holds(data, keep - 1);
    if ((clears && !room_for(kPage)) || (keep < data->capacity && set_capacity(data, keep) != 0)) return -ENOSPC;
    if (clears) memset(data->bytes + size, 0, kPage - tail);
    for (uint64_t page = keep; page < data->mapped; page++) hold(data, page, false);
  }
  if (keep > data->capacity && set_capacity(data, keep) != 0) return -ENOSPC;
  data->size = size;
  return 0;
}

int data_clone(struct data *to, const struct data *from) {
  struct data copy = {.size = from->size};

  if (limits.pages_used - to->pages + from->pages > limits.pages || !room_for(kTables)) return -ENOSPC;
  if (from->mapped > 0 && grow_map(&copy, from->mapped) != 0) return -ENOSPC;
  if (from->mapped > 0) memcpy(copy.map, from->map, from->mapped / 8);
  /* An old size of nothing leaves the old pages where they are, too. */
  if (from->capacity > 0) copy.bytes = mremap(from->bytes, 0, from->capacity * kPage, MREMAP_MAYMOVE);
  if (copy.bytes == MAP_FAILED) {
    data_free(&copy); /* whose capacity is none yet */
    return -ENOSPC;
  }
  copy.capacity = from->capacity;
  copy.pages = from->pages;
  data_free(to);
  *to = copy;
  limits.pages_used += to->pages;
  return 0;
}

int data_put(struct data *data, char *bytes, uint64_t size, bool adopt) {
  const uint64_t whole = pages_of(size) * kPage;

  data_free(data);
  const int error = size > 0 ? data_prepare(data, 0, size) : 0;
  if (error != 0 || size == 0) return error;
  if (!adopt)
    memcpy(data->bytes, bytes, size);
  else if (mremap(bytes, whole, whole, MREMAP_MAYMOVE | MREMAP_FIXED, data->bytes) == MAP_FAILED)
    return -ENOSPC;
  data_written(data, 0, size);
  return 0;
}

void data_free(struct data *data) {
  limits.pages_used -= data->pages + data->mapped / kMapPage;
  if (data->capacity > 0) munmap(data->bytes, data->capacity * kPage);
  free(data->map);
  *data = (struct data){0};
}
