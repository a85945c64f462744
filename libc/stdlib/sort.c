/* qsort and bsearch. Heapsort: in place, no recursion, n log n in the worst case, too. Equal elements end in any order. */
#include <stdlib.h>

typedef int comparison(const void *, const void *);

static void swap(char *a, char *b, size_t size) {
  while (size--) {
    char kept = *a;
    *a++ = *b;
    *b++ = kept;
  }
}

/* Lets the element at `root` sink until no child is greater, in the heap of the first `count` elements. */
static void sink(char *base, size_t root, size_t count, size_t size, comparison *compare) {
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && compare(base + child * size, base + (child + 1) * size) < 0) child++;
    if (compare(base + root * size, base + child * size) >= 0) return;
    swap(base + root * size, base + child * size, size);
  }
}

void qsort(void *base, size_t count, size_t size, comparison *compare) {
  char *bytes = base;
  for (size_t root = count / 2; root-- > 0;) sink(bytes, root, count, size, compare);
  for (size_t last = count; last-- > 1;) {
    swap(bytes, bytes + last * size, size);
    sink(bytes, 0, last, size, compare);
  }
}

void *bsearch(const void *key, const void *base, size_t count, size_t size, comparison *compare) {
  size_t low = 0, high = count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const char *element = (const char *)base + middle * size;
    int order = compare(key, element);
    if (order == 0) return (void *)element;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}
