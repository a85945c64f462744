/* Two processes execute the same file, from the boot archive. */
#include "cpio.h"
#include "lab.h"

LAB_PROGRAM {
  const char *archive = (const char *)KINE_ARCHIVE_ADDRESS;
  struct cpio_entry entry = {0};
  char number[2] = "1", *arguments[] = {(char *)"exec_data", number, lab_arguments[0], NULL};

  for (size_t at = 0; cpio_read(archive, 1 << 20, at, &entry) && !cpio_is_last(&entry); at = entry.next)
    if (strcmp(entry.name, "exec_data") == 0) break;
  checkpoint(1);
  for (int i = 1; i <= 2; i++) {
    number[0] = (char)('0' + i);
    if (lab_fork() == 0) {
      raw(KINE_EXEC, entry.contents, entry.bytes, "exec_data", arguments, arguments + 3);
      lab_exit(1);
    }
    raw(NR_wait4, -1, 0, WUNTRACED, 0); /* until it stops itself: what it executes knows nobody whose turn it could be */
  }
}
