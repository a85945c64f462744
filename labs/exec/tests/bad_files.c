/* Executes the image with one mistake in it, for each of many mistakes. lab_report: how the call ended. */
#include "image.h"

enum { kStarted = 2000, kMistakes = 26 };

static void make_mistake(unsigned char *file, int which) {
  Elf64_Ehdr *header = image_header(file);
  Elf64_Phdr *segments = image_segments(file), *text = &segments[0], *constants = &segments[1], *data = &segments[2];
  switch (which) {
    case 0: header->e_entry = kText - kPage; break;
    case 1: header->e_ident[EI_CLASS] = kClass32; break;
    case 2: header->e_ident[EI_DATA] = kBigEndian; break;
    case 3: header->e_type = kObjectFile; break;
    case 4: header->e_version = 2; break;
    case 5: header->e_ident[3] = 'G'; break;
    case 6: header->e_machine = kOtherMachine; break;
    case 7: header->e_entry = kConstants; break;
    case 8: constants->p_type = PT_INTERP; break;
    case 9: constants->p_vaddr = kText; break;
    case 10: constants->p_vaddr = kText - kPage; break;
    case 11: data->p_flags |= PF_X; break;
    case 12: constants->p_filesz = kPage / 2; break;
    case 13: data->p_offset += 16; break;
    case 14: constants->p_memsz = kPage / 2; break;
    case 15: text->p_vaddr = text->p_memsz = 0, text->p_memsz = kPage; break;
    case 16: header->e_phnum = 0; break;
    case 17: header->e_phnum = 65; break;
    case 18: header->e_phentsize = 57; break;
    case 19: header->e_phoff = kFilePages * kPage - 8; break;
    case 20: header->e_phoff = -(uint64_t)kPage; break;
    case 21: data->p_offset = kFilePages * kPage; break;
    case 22: data->p_offset = -(uint64_t)kPage; break;
    case 23: data->p_memsz = -(uint64_t)kPage; break;
    case 24: data->p_vaddr = 0x7fffffffe000; break;
    case 25: data->p_vaddr = 0xffff800000000000; break;
    default: break;
  }
}

LAB_PROGRAM {
  unsigned char *file = lab_map(LAB_REGION, kFilePages, PROT_READ | PROT_WRITE, MAP_PRIVATE);

  image_build(file, ET_EXEC);
  for (int i = 0; i < kReports; i++) lab_report[i] = 1;
  checkpoint(1);
  for (int i = 0; i <= kMistakes; i++) {
    image_build(file, ET_EXEC);
    make_mistake(file, i);
    const long pid = lab_fork();
    if (pid == 0) lab_exit((int)-image_execute(file, kFilePages * kPage, image_arguments, image_environment));
    lab_settle();
    int status = 0;
    if (raw(NR_wait4, pid, &status, WNOHANG, 0) == pid) {
      lab_report[i] = WIFEXITED(status) ? (uint64_t)WEXITSTATUS(status) : kStarted;
    } else {
      raw(NR_kill, pid, SIGKILL);
      lab_wait(pid);
      lab_report[i] = kStarted;
    }
    if (i == 0) checkpoint(2);
  }
  checkpoint(3);
}
