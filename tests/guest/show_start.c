/* Not a test but what a test executes: prints the arguments and the environment, and checks what else the kernel laid out on the stack.
 * Ends with 0, or with the number of the first check that failed. */
#include <elf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

extern char _start[], etext[];

struct start {
  const Elf64_Phdr *headers;
  unsigned long header_size, header_count, page_size, entry;
  const unsigned char *random;
  int ended;
};

static struct start read_auxiliary(char **after_environment) {
  struct start start = {0};
  const Elf64_auxv_t *entry = (const Elf64_auxv_t *)after_environment;

  for (int i = 0; i < 64 && !start.ended; i++, entry++) {
    unsigned long value = entry->a_un.a_val;
    if (entry->a_type == AT_NULL) start.ended = 1;
    if (entry->a_type == AT_PHDR) start.headers = (const Elf64_Phdr *)value;
    if (entry->a_type == AT_PHENT) start.header_size = value;
    if (entry->a_type == AT_PHNUM) start.header_count = value;
    if (entry->a_type == AT_PAGESZ) start.page_size = value;
    if (entry->a_type == AT_ENTRY) start.entry = value;
    if (entry->a_type == AT_RANDOM) start.random = (const unsigned char *)value;
  }
  return start;
}

/* The program headers must be the ones that say where this very function lies. */
static int headers_fit(const struct start *start) {
  for (unsigned long i = 0; i < start->header_count; i++) {
    const Elf64_Phdr *header = &start->headers[i];
    uintptr_t here = (uintptr_t)headers_fit;
    if (header->p_type == PT_LOAD && (header->p_flags & PF_X) && here - header->p_vaddr < header->p_memsz) return 1;
  }
  return 0;
}

static int all_zero(const unsigned char *bytes, int size) {
  for (int i = 0; i < size; i++)
    if (bytes[i] != 0) return 0;
  return 1;
}

int main(int argc, char *argv[], char *envp[]) {
  char **end = envp;

  for (int i = 0; i < argc; i++) printf("argv[%d] has %zu bytes: %.40s\n", i, strlen(argv[i]), argv[i]);
  for (; *end != NULL; end++) printf("envp[%d] has %zu bytes: %.40s\n", (int)(end - envp), strlen(*end), *end);

  struct start start = read_auxiliary(end + 1);
  if (argv[argc] != NULL || envp != argv + argc + 1) return 1;
  if (!start.ended) return 2;
  if (start.page_size != 4096) return 3;
  if (start.header_size != sizeof(Elf64_Phdr)) return 4;
  if (start.entry != (unsigned long)_start) return 5;
  if (start.headers == NULL || !headers_fit(&start)) return 6;
  if (start.random == NULL || all_zero(start.random, 16)) return 7;
  if (argc > 0 && (uintptr_t)argv[0] < (uintptr_t)end) return 8; /* strings lie above the vectors */
  return 0;
}
