/* Memory for the shell: arenas and growing texts, and how it writes.
 *
 * Owns: what happens when memory ends: a message, and the shell ends too. So nobody else has to check.
 * Must never: print through stdio (see sh.h). */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sh.h"

enum { kChunk = 1024, kAlignment = 16 };

struct chunk {
  struct chunk *next;
  size_t used, size;
  _Alignas(kAlignment) char bytes[];
};

void *checked(void *memory) {
  if (memory == NULL) {
    complain("out of memory");
    _exit(kError);
  }
  return memory;
}

void *arena_allocate(struct arena *arena, size_t size) {
  struct chunk *chunk = arena->chunks;

  if (size > SIZE_MAX / 2) checked(NULL);
  size = (size + kAlignment - 1) / kAlignment * kAlignment;
  if (chunk == NULL || chunk->size - chunk->used < size) {
    size_t bytes = size > kChunk ? size : kChunk;
    chunk = checked(malloc(sizeof *chunk + bytes));
    *chunk = (struct chunk){.next = arena->chunks, .size = bytes};
    arena->chunks = chunk;
  }
  void *memory = chunk->bytes + chunk->used;
  chunk->used += size;
  return memset(memory, 0, size);
}

char *arena_copy(struct arena *arena, const char *text, size_t length) {
  char *copy = arena_allocate(arena, length + 1);

  return length > 0 ? memcpy(copy, text, length) : copy;
}

void arena_free(struct arena *arena) {
  while (arena->chunks != NULL) {
    struct chunk *chunk = arena->chunks;
    arena->chunks = chunk->next;
    free(chunk);
  }
}

void buffer_add(struct buffer *buffer, const char *text, size_t length) {
  if (length >= SIZE_MAX / 4 - buffer->length) checked(NULL);
  if (buffer->length + length >= buffer->capacity) {
    buffer->capacity = (buffer->length + length + 64) * 2;
    buffer->bytes = checked(realloc(buffer->bytes, buffer->capacity));
  }
  if (length > 0) memcpy(buffer->bytes + buffer->length, text, length);
  buffer->length += length;
  buffer->bytes[buffer->length] = '\0';
}

void buffer_free(struct buffer *buffer) {
  free(buffer->bytes);
  *buffer = (struct buffer){0};
}

char *copy_text(const char *text) { return checked(strdup(text)); }

void complain(const char *format, ...) {
  va_list arguments;

  dprintf(STDERR_FILENO, "sh: ");
  va_start(arguments, format);
  vdprintf(STDERR_FILENO, format, arguments);
  va_end(arguments);
  dprintf(STDERR_FILENO, "\n");
}

bool write_all(int fd, const char *text, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, text, length);
    if (written < 0 && errno == EINTR && !shell.interrupted) continue;
    if (written < 0) return false;
    text += written;
    length -= (size_t)written;
  }
  return true;
}
