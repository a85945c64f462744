/* crash: why the last process that crashed did.
 *
 * The kernel keeps a record of it (struct kine_crash), which /proc/crash shows to root. The function's name comes from the symbols of the
 * program's file, if it still lies in /bin or where the tests have theirs, and was linked to a fixed address. */
#include <elf.h>
#include <fcntl.h>
#include <kine_abi.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Places in kine_crash's registers. */
enum { kRbp = 4, kVector = 15, kError = 16, kRip = 17, kRsp = 20 };
/* Exceptions, and the bits of a page fault's error code (Intel SDM vol. 3A, 6.3.1, 4.7). */
enum { kPageFault = 14, kVectors = 20 };
enum { kWrite = 1 << 1, kFetch = 1 << 4 };
/* Addresses: of null pointers to small structures, beyond every program's; and how far below the stack pointer a function reaches. */
#define kNullPage 0x1000ul
#define kUserEnd 0x800000000000ul
#define kReach 0x10000ul

static const char *const exceptions[kVectors] = {
    [0] = "a division by zero, or whose result is too large",
    [1] = "a debug trap",
    [3] = "a breakpoint instruction",
    [6] = "an instruction that does not exist",
    [12] = "a stack access beyond the address space",
    [13] = "a general protection fault: an instruction that only the kernel may use, or an address that cannot exist",
    [16] = "an x87 floating-point error",
    [17] = "a misaligned access",
    [19] = "a floating-point error",
};

/* --- The function --- */

struct file {
  const uint8_t *bytes;
  size_t size;
};

static bool open_file(const char *path, struct file *file) {
  struct stat attributes;
  const int fd = open(path, O_RDONLY);

  if (fd < 0) return false;
  void *mapped = fstat(fd, &attributes) == 0 && attributes.st_size > 0
                     ? mmap(NULL, (size_t)attributes.st_size, PROT_READ, MAP_PRIVATE, fd, 0)
                     : MAP_FAILED;
  close(fd);
  if (mapped == MAP_FAILED) return false;
  *file = (struct file){mapped, (size_t)attributes.st_size};
  return true;
}

static bool inside(const struct file *file, uint64_t offset, uint64_t size) { return offset <= file->size && size <= file->size - offset; }

/* The function that the address lies in, from the table of symbols; NULL: unknown. */
static const char *function_at(const struct file *file, uint64_t address, uint64_t *offset) {
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)file->bytes;

  if (!inside(file, 0, sizeof *header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_type != ET_EXEC) return NULL;
  if (!inside(file, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr)) || header->e_shoff % 8 != 0) return NULL;
  const Elf64_Shdr *sections = (const Elf64_Shdr *)(file->bytes + header->e_shoff);
  for (unsigned i = 0; i < header->e_shnum; i++) {
    const Elf64_Shdr *table = &sections[i];
    if (table->sh_type != SHT_SYMTAB || table->sh_link >= header->e_shnum || table->sh_offset % 8 != 0) continue;
    const Elf64_Shdr *names = &sections[table->sh_link];
    if (!inside(file, table->sh_offset, table->sh_size) || !inside(file, names->sh_offset, names->sh_size)) continue;
    if (names->sh_size == 0 || file->bytes[names->sh_offset + names->sh_size - 1] != '\0') continue;
    const Elf64_Sym *symbols = (const Elf64_Sym *)(file->bytes + table->sh_offset);
    for (uint64_t s = 0; s < table->sh_size / sizeof *symbols; s++) {
      if (ELF64_ST_TYPE(symbols[s].st_info) != STT_FUNC || symbols[s].st_name >= names->sh_size) continue;
      *offset = address - symbols[s].st_value;
      if (address >= symbols[s].st_value && *offset < symbols[s].st_size)
        return (const char *)file->bytes + names->sh_offset + symbols[s].st_name;
    }
  }
  return NULL;
}

static void print_place(const struct kine_crash *crash, uint64_t address) {
  static const char *const folders[] = {"/bin", "/test", "/servers"};
  const char *name = NULL;
  struct file file;
  uint64_t offset;
  char path[64];

  for (unsigned i = 0; i < sizeof folders / sizeof folders[0] && name == NULL; i++) {
    snprintf(path, sizeof path, "%s/%.*s", folders[i], (int)sizeof crash->name, crash->name);
    if (open_file(path, &file)) name = function_at(&file, address, &offset);
  }
  printf("  at %#lx", address);
  if (name != NULL) printf(", %s+0x%lx", name, offset);
  printf("\n");
}

/* --- The reason --- */

static void print_page(const struct kine_crash *crash) {
  const struct kine_page *page = &crash->page;

  if (!crash->mapped) {
    printf("%s\n", crash->address >= kUserEnd   ? "the kernel's half of memory"
                   : crash->address < kNullPage ? "nothing is mapped there: a null pointer"
                                                : "nothing is mapped there");
    return;
  }
  printf("the page is mapped %c%c%c%s", page->rights & PROT_READ ? 'r' : '-', page->rights & PROT_WRITE ? 'w' : '-',
         page->rights & PROT_EXEC ? 'x' : '-', page->shared ? ", MAP_SHARED" : "");
  if (page->frame == 0)
    printf(", and has no frame yet\n");
  else
    printf(", in frame %lu, which has %u reference%s\n", page->frame, page->references, page->references == 1 ? "" : "s");
}

static void print_reason(const struct kine_crash *crash) {
  const uint64_t vector = crash->registers[kVector], error = crash->registers[kError];

  if (vector == kPageFault) {
    const bool by_stack = crash->page.rights == 0 && crash->mapped && crash->registers[kRsp] - crash->address + kReach < 2 * kReach;
    printf("  %s %#lx: ", error & kFetch ? "an execution of" : error & kWrite ? "a write to" : "a read of", crash->address);
    print_page(crash);
    if (by_stack) printf("  the stack has grown into its guard: a recursion without end, perhaps\n");
    if (crash->signal == SIGKILL) printf("  no memory was left to answer the fault\n");
  } else if (vector < kVectors && exceptions[vector] != NULL) {
    printf("  %s\n", exceptions[vector]);
  } else {
    printf("  no room for a signal's frame at %#lx, or a damaged one there\n", crash->address);
  }
}

static void print_registers(const struct kine_crash *crash) {
  static const char *const names[] = {"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "rdi",
                                      "rsi", "rdx", "r10", "r8",  "r9",  "rcx", "rax"};
  enum { kGeneral = sizeof names / sizeof names[0], kPerLine = 4 };

  printf("  rip=%#lx rsp=%#lx", crash->registers[kRip], crash->registers[kRsp]);
  for (unsigned i = 0; i < kGeneral; i++) {
    const unsigned number = kGeneral - 1 - i;
    printf("%s%s=0x%lx", i % kPerLine == 0 ? "\n  " : " ", names[number], crash->registers[number]);
  }
  printf("\n");
}

int main(void) {
  struct kine_crash crash;
  FILE *file = fopen("/proc/crash", "r");

  if (file == NULL) {
    perror("crash: /proc/crash");
    return 1;
  }
  const bool any = fread(&crash, sizeof crash, 1, file) == 1;
  fclose(file);
  if (!any) {
    printf("nothing has crashed\n");
    return 0;
  }
  printf("process %d (%.*s): %s\n", crash.pid, (int)sizeof crash.name, crash.name, strsignal((int)crash.signal));
  print_reason(&crash);
  print_place(&crash, crash.registers[kRip]);
  print_registers(&crash);
  if (crash.number > 1) printf("%lu processes have crashed since the start; this was the last\n", crash.number);
  return fflush(stdout) == 0 ? 0 : 1;
}
