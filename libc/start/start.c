/* What happens between the entry point and main: a static PIE relocates itself, the environment is published, C++ constructors
 * run. Must not touch a global variable whose address needs a relocation before relocate() is done. */
#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))

/* From the linker. */
typedef void initializer(int, char **, char **);
extern initializer *const __preinit_array_start[] HIDDEN, *const __preinit_array_end[] HIDDEN;
extern initializer *const __init_array_start[] HIDDEN, *const __init_array_end[] HIDDEN;

int main(int argc, char **argv, char **envp);

char **environ;
char *program_invocation_name = (char *)"";
char *program_invocation_short_name = (char *)"";
static const Elf64_auxv_t *auxiliary; /* behind the environment on the stack */

/* Adds the load address (base) to every word that holds an address: a position-independent program needs nothing else
 * (R_X86_64_RELATIVE), since all of it is in the one file. */
static void relocate(const Elf64_Dyn *dynamic, char *base) {
  const Elf64_Rela *table = NULL;
  size_t size = 0;
  for (; dynamic->d_tag != DT_NULL; dynamic++) {
    if (dynamic->d_tag == DT_RELA) table = (const Elf64_Rela *)(base + dynamic->d_un.d_ptr);
    if (dynamic->d_tag == DT_RELASZ) size = dynamic->d_un.d_val;
  }
  for (size_t i = 0; i < size / sizeof *table; i++) {
    if (ELF64_R_TYPE(table[i].r_info) != R_X86_64_RELATIVE) continue;
    *(Elf64_Addr *)(base + table[i].r_offset) = (Elf64_Addr)base + (Elf64_Addr)table[i].r_addend;
  }
}

static void run(initializer *const *at, initializer *const *end, int argc, char **argv) {
  for (; at < end; at++) (*at)(argc, argv, environ);
}

/* Apart from __libc_start, so that the compiler cannot fetch an address ahead of the relocation. */
__attribute__((noinline, noreturn)) static void begin(int argc, char **argv) {
  environ = argv + argc + 1;
  char **end = environ;
  while (*end) end++;
  auxiliary = (const Elf64_auxv_t *)(end + 1);
  if (argc > 0) {
    program_invocation_name = argv[0];
    char *slash = strrchr(argv[0], '/');
    program_invocation_short_name = slash ? slash + 1 : argv[0];
  }
  run(__preinit_array_start, __preinit_array_end, argc, argv);
  run(__init_array_start, __init_array_end, argc, argv);
  exit(main(argc, argv, environ));
}

unsigned long getauxval(unsigned long type) {
  for (const Elf64_auxv_t *entry = auxiliary; entry->a_type != AT_NULL; entry++)
    if (entry->a_type == type) return entry->a_un.a_val;
  errno = ENOENT;
  return 0;
}

/* stack: where the kernel put argc. dynamic: NULL, or the dynamic section of a static PIE. header: its ELF header, which is linked
 * at address 0, so that its address now is the distance between the two. */
void __libc_start(long *stack, const Elf64_Dyn *dynamic, char *header);
__attribute__((noreturn)) void __libc_start(long *stack, const Elf64_Dyn *dynamic, char *header) {
  if (dynamic) relocate(dynamic, header);
  __asm__ volatile("" ::: "memory");
  begin((int)stack[0], (char **)(stack + 1));
}
