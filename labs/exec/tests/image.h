/* An ELF file made here, byte by byte, so that the grader knows all of it. Its code stores rsp and goes round in a loop, and touches nothing else.
 *
 *   file page    0: headers, and code at kCode      1          2   3 (only kDataBytes of both)     4
 *                └─ r-x at kText ────────────┘      └ r--      └ rw- at kData, kDataMemory long     not loaded
 *   and rw- without a file at kScratch: the word that rsp is stored in. */
#ifndef IMAGE_H
#define IMAGE_H

#include <elf.h>

#include "lab.h"

/* What no program of this system says (System V ABI, chapter 4). */
enum { kOtherMachine = 3, kClass32 = 1, kBigEndian = 2, kObjectFile = 1 };
enum { kFilePages = 5, kSegments = 4, kCode = 0x800, kDataBytes = 0x1234, kDataMemory = 0x5000 };
enum { kText = 0x400000, kConstants = 0x500000, kData = 0x600000, kScratch = 0x700000 };

static inline Elf64_Ehdr *image_header(unsigned char *file) { return (Elf64_Ehdr *)file; }
static inline Elf64_Phdr *image_segments(unsigned char *file) { return (Elf64_Phdr *)(file + sizeof(Elf64_Ehdr)); }

static inline void image_segment(unsigned char *file, int i, uint32_t flags, uint64_t address, uint64_t page, uint64_t bytes, uint64_t memory) {
  image_segments(file)[i] = (Elf64_Phdr){
      .p_type = PT_LOAD, .p_flags = flags, .p_offset = page * kPage, .p_vaddr = address, .p_filesz = bytes, .p_memsz = memory, .p_align = kPage};
}

/* Fills `file`, kFilePages of memory. `type`: ET_EXEC; or ET_DYN, whose addresses begin at 0. */
static inline void image_build(unsigned char *file, uint16_t type) {
  const uint64_t base = type == ET_DYN ? kText : 0;
  const int32_t to_scratch = kScratch - (kText + kCode + 7);
  const unsigned char code[] = {0x48, 0x89, 0x25, 0, 0, 0, 0 /* mov [rel kScratch], rsp */, 0xeb, 0xfe /* jmp $ */};

  for (uint64_t i = 0; i < kFilePages; i++) lab_fill(file + i * kPage, i);
  *image_header(file) = (Elf64_Ehdr){
      .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
      .e_type = type,
      .e_machine = EM_X86_64,
      .e_version = EV_CURRENT,
      .e_entry = kText + kCode - base,
      .e_phoff = sizeof(Elf64_Ehdr),
      .e_ehsize = sizeof(Elf64_Ehdr),
      .e_phentsize = sizeof(Elf64_Phdr),
      .e_phnum = kSegments,
  };
  image_segment(file, 0, PF_R | PF_X, kText - base, 0, kPage, kPage);
  image_segment(file, 1, PF_R, kConstants - base, 1, kPage, kPage);
  image_segment(file, 2, PF_R | PF_W, kData - base, 2, kDataBytes, kDataMemory);
  image_segment(file, 3, PF_R | PF_W, kScratch - base, 0, 0, kPage);
  memcpy(file + kCode, code, sizeof code);
  memcpy(file + kCode + 3, &to_scratch, sizeof to_scratch);
}

static char image_name[] = "image";
/* (None of it in bss: exec may have failed to clear that.) */
static __attribute__((unused)) char *image_arguments[] = {image_name, NULL};
static __attribute__((unused)) char **image_environment = image_arguments + 1;

/* The caller becomes the image; what the call answers if not. */
static inline long image_execute(const void *file, uint64_t bytes, char **arguments, char **environment) {
  return raw(KINE_EXEC, file, bytes, image_name, arguments, environment);
}

/* A child that becomes the image, and is given the time to start; its pid. */
static inline long image_start(const void *file, char **arguments, char **environment) {
  const long pid = lab_fork();
  if (pid == 0) {
    image_execute(file, kFilePages * kPage, arguments, environment);
    lab_exit(1);
  }
  lab_settle();
  return pid;
}

#endif
