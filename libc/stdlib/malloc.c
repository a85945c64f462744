/* malloc: size classes over the break; large blocks by mmap.
 *
 * A block is a header of 16 bytes and the bytes that the caller may use; both ends are multiples of 16. Small blocks come in
 * classes, four to each power of two (32 48 64 80 96 112 128 160 192 224 256 320 …), so that at most a fifth of a block is wasted.
 * A freed block goes on the list of its class and serves the next request of that class; it is never split, joined, or returned
 * to the kernel. That is the whole design: both operations take constant time and touch one block only, which in a forked
 * process keeps the number of copied pages small. The price is that memory freed in one class cannot serve another.
 *
 *   small   | size = usable bytes | state = ALLOCATED, class | usable bytes …        from a region grown by sbrk
 *   large   | size = usable bytes | state = MAPPED           | usable bytes …        its own mapping, given back by free
 *   aligned | distance to the real header | state = ALIGNED  | …                     inside a small or large block
 *
 * The state lets free() recognise a pointer that it never gave out, or that was freed already, and stop the program there. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum state { ALLOCATED = 0x616c6c6f, FREED = 0x66726565, MAPPED = 0x6d617070, ALIGNED = 0x616c6967 };

struct header {
  size_t size;
  uint32_t state;
  uint32_t class;
};

struct free_block {
  struct header header;
  struct free_block *next;
};

#define HEADER sizeof(struct header)
#define PAGE 4096ul
#define SMALLEST 32ul
#define LARGEST_SMALL (128ul << 10) /* header included; anything larger is mapped */
#define REGION (64ul << 10)         /* the break grows by at least this much */
#define CLASSES 47

_Static_assert(HEADER == 16, "what malloc returns is a multiple of 16");

static struct free_block *free_list[CLASSES];
static char *region, *region_end; /* part of the break that has not been cut into blocks yet */

/* Size of the blocks of a class, header included. Classes 0, 1: 32, 48; then four a power of two from 64 on. */
static size_t class_size(unsigned class) {
  if (class < 2) return SMALLEST + 16ul * class;
  unsigned power = (class - 2) / 4, quarter = (class - 2) % 4;
  return (4ul + quarter) << (4 + power);
}

/* The smallest class whose blocks hold `size` bytes, header included. */
static unsigned class_of(size_t size) {
  if (size <= 48) return size > 32;
  unsigned power = 63 - (unsigned)__builtin_clzl(size - 1); /* 2^power <= size - 1 < 2^(power + 1) */
  unsigned quarter = (unsigned)((size - 1) >> (power - 2)) & 3;
  if (power < 6) return 2; /* 49 … 64 */
  return 2 + 4 * (power - 6) + quarter + 1;
}

static void *no_memory(void) {
  errno = ENOMEM;
  return NULL;
}

static void stop(const char *message) {
  if (write(2, message, strlen(message)) < 0) abort();
  abort();
}

/* Makes the region at least `size` bytes long. What was left of the old one is lost if the new one does not follow it. */
static int grow(size_t size) {
  size_t wanted = size > REGION ? size : REGION;
  wanted = (wanted + PAGE - 1) & -PAGE;
  char *start = sbrk((intptr_t)wanted);
  if (start == (void *)-1) {
    start = mmap(NULL, wanted, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return -1;
  }
  if (start == region_end) {
    region_end += wanted;
  } else {
    region = (char *)(((uintptr_t)start + 15) & -16ul); /* somebody else may have moved the break */
    region_end = start + wanted;
  }
  return (size_t)(region_end - region) >= size ? 0 : grow(size);
}

static void *allocate_small(size_t size) {
  unsigned class = class_of(size);
  struct free_block *block = free_list[class];
  if (block) {
    free_list[class] = block->next;
  } else {
    size = class_size(class);
    if ((size_t)(region_end - region) < size && grow(size) < 0) return no_memory();
    block = (struct free_block *)region;
    region += size;
    block->header.size = size - HEADER;
    block->header.class = class;
  }
  block->header.state = ALLOCATED;
  return (char *)block + HEADER;
}

static void *allocate_large(size_t size) {
  size = (size + PAGE - 1) & -PAGE;
  struct header *header = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (header == MAP_FAILED) return no_memory();
  *header = (struct header){.size = size - HEADER, .state = MAPPED};
  return header + 1;
}

void *malloc(size_t size) {
  if (size > PTRDIFF_MAX - PAGE) return no_memory();
  size += HEADER;
  return size <= LARGEST_SMALL ? allocate_small(size) : allocate_large(size);
}

/* The header of the block that holds `memory`; ends the program if there is none. */
static struct header *header_of(void *memory) {
  struct header *header = (struct header *)memory - 1;
  if (header->state == ALIGNED) header = (struct header *)((char *)header - header->size);
  if (header->state == FREED) stop("free(): memory was freed already\n");
  if (header->state != ALLOCATED && header->state != MAPPED) stop("free(): not a pointer from malloc\n");
  return header;
}

void free(void *memory) {
  if (!memory) return;
  struct header *header = header_of(memory);
  if (header->state == MAPPED) {
    int saved = errno;
    munmap(header, header->size + HEADER);
    errno = saved;
    return;
  }
  struct free_block *block = (struct free_block *)header;
  header->state = FREED;
  block->next = free_list[header->class];
  free_list[header->class] = block;
}

size_t malloc_usable_size(void *memory) {
  if (!memory) return 0;
  struct header *header = header_of(memory);
  return header->size - (size_t)((char *)memory - (char *)(header + 1));
}

void *calloc(size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) return no_memory();
  char *memory = malloc(total);
  /* A fresh mapping is zero already, and clearing it would give every page a frame. */
  if (memory && ((struct header *)memory - 1)->state != MAPPED) memset(memory, 0, total);
  return memory;
}

void *realloc(void *memory, size_t size) {
  if (!memory) return malloc(size);
  if (size == 0) {
    free(memory);
    return NULL;
  }
  if (size > PTRDIFF_MAX - PAGE) return no_memory();
  struct header *header = header_of(memory);
  size_t usable = malloc_usable_size(memory);
  if (header->state == MAPPED && memory == header + 1 && size + HEADER > LARGEST_SMALL) {
    size_t wanted = (size + HEADER + PAGE - 1) & -PAGE;
    header = mremap(header, header->size + HEADER, wanted, MREMAP_MAYMOVE);
    if (header != MAP_FAILED) {
      header->size = wanted - HEADER;
      return header + 1;
    }
    if (size <= usable) return memory;
  } else if (size <= usable && header->state != MAPPED && (size >= usable / 2 || usable <= 128)) {
    return memory;
  }
  void *moved = malloc(size);
  if (!moved) return size <= usable ? memory : NULL;
  memcpy(moved, memory, size < usable ? size : usable);
  free(memory);
  return moved;
}

void *reallocarray(void *memory, size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) return no_memory();
  return realloc(memory, total);
}

/* A block with room to move the start up to a multiple of `alignment`, with a header of its own right in front of it. */
void *aligned_alloc(size_t alignment, size_t size) {
  if (alignment == 0 || (alignment & (alignment - 1))) {
    errno = EINVAL;
    return NULL;
  }
  if (alignment <= 16) return malloc(size);
  size_t total;
  if (__builtin_add_overflow(size, alignment, &total)) return no_memory();
  char *memory = malloc(total);
  if (!memory) return NULL;
  char *aligned = (char *)(((uintptr_t)memory + alignment - 1) & -alignment);
  if (aligned == memory) return memory;
  struct header *real = (struct header *)memory - 1, *copy = (struct header *)aligned - 1; /* at least 16 bytes apart */
  *copy = (struct header){.size = (size_t)((char *)copy - (char *)real), .state = ALIGNED};
  return aligned;
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (alignment % sizeof(void *)) return EINVAL;
  int saved = errno;
  void *result = aligned_alloc(alignment, size);
  int error = result ? 0 : errno;
  errno = saved;
  if (result) *memory = result;
  return error;
}
