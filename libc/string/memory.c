/* mem* functions. memcpy and memset are the string instructions themselves, words first and then the odd bytes. */
#include <stdint.h>
#include <string.h>
#include <strings.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size) { return memmove(to, from, size); }

/* Upwards is right unless the target begins inside the source. */
void *memmove(void *to, const void *from, size_t size) {
  char *target = to;
  const char *source = from;
  size_t words = size / 8, bytes = size % 8;
  if ((uintptr_t)to - (uintptr_t)from >= size) {
    __asm__ volatile("rep movsq" : "+D"(target), "+S"(source), "+c"(words) : : "memory");
    __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(bytes) : : "memory");
  } else {
    /* The first word or byte that moves is the last one. The direction flag must be clear again for everybody else. */
    target += size - 1;
    source += size - 1;
    __asm__ volatile("std; rep movsb" : "+D"(target), "+S"(source), "+c"(bytes) : : "memory");
    target -= 7;
    source -= 7;
    __asm__ volatile("rep movsq; cld" : "+D"(target), "+S"(source), "+c"(words) : : "memory");
  }
  return to;
}

void *mempcpy(void *restrict to, const void *restrict from, size_t size) { return (char *)memcpy(to, from, size) + size; }

void *memset(void *to, int byte, size_t size) {
  char *target = to;
  size_t words = size / 8, bytes = size % 8;
  uint64_t pattern = (unsigned char)byte * UINT64_C(0x0101010101010101);
  __asm__ volatile("rep stosq" : "+D"(target), "+c"(words) : "a"(pattern) : "memory");
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(bytes) : "a"(pattern) : "memory");
  return to;
}

void bzero(void *memory, size_t size) { memset(memory, 0, size); }
int bcmp(const void *a, const void *b, size_t size) { return memcmp(a, b, size); } /* clang makes it of memcmp(…) == 0 */

int memcmp(const void *a, const void *b, size_t size) {
  const unsigned char *x = a, *y = b;
  for (; size; size--, x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}

void *memchr(const void *memory, int byte, size_t size) {
  const unsigned char *at = memory;
  for (; size; size--, at++)
    if (*at == (unsigned char)byte) return (void *)at;
  return NULL;
}

void *memrchr(const void *memory, int byte, size_t size) {
  const unsigned char *at = memory;
  while (size--)
    if (at[size] == (unsigned char)byte) return (void *)(at + size);
  return NULL;
}

void *memmem(const void *memory, size_t size, const void *needle, size_t needle_size) {
  const char *at = memory;
  for (; size >= needle_size; size--, at++)
    if (memcmp(at, needle, needle_size) == 0) return (void *)at;
  return NULL;
}
