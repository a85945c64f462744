/* Kine's own system calls: numbers and structures shared by the kernel and user programs (plain C, no other header needed but
 * <stdint.h>). Every other call is Linux's; on Linux these numbers answer ENOSYS. */
#ifndef KINE_ABI_H
#define KINE_ABI_H

#include <stdint.h>

/* Numbers lie far above Linux's last one, so that neither list can grow into the other. Arguments and results travel as in every
 * Linux call: rax number, rdi rsi rdx arguments, rax result or -errno. */
enum {
  KINE_STATISTICS = 1000, /* (struct kine_statistics *out): 0, EFAULT */
  KINE_PAGE = 1001,       /* (const void *address, struct kine_page *out): 0, EFAULT (out), ENOMEM (nothing mapped at address) */
  KINE_AUDIT = 1002,      /* (): 0, or EIO when a rule of memory is broken (the first broken entry is named on the debug console) */
};

/* Counted since boot (machine) or since the process began (fork starts at zero; exec keeps). */
struct kine_events {
  uint64_t faults;        /* page faults from user mode */
  uint64_t faults_copy;   /* … answered by copying the page */
  uint64_t faults_reuse;  /* … answered by giving the last owner its page or its tables back */
  uint64_t faults_zero;   /* … answered by a zeroed page */
  uint64_t faults_bad;    /* … not answered: no mapping, or not the right */
  uint64_t pages_copied;  /* frames copied, by faults, by the kernel's own writes to user memory, and by an eager fork */
  uint64_t pages_zeroed;  /* demand-zero pages given a frame */
  uint64_t tables_copied; /* page tables copied because they were shared */
  uint64_t tables_split;  /* promises of a large span split into a table of smaller ones */
  uint64_t tables_reused; /* page tables taken back by their last owner */
  uint64_t forks;
  uint64_t execs;
};

struct kine_statistics {
  uint64_t frames_total; /* frames of 4 KiB that the kernel manages */
  uint64_t frames_free;  /* … free, frames kept zeroed included */
  uint64_t processes;    /* live ones and zombies */
  uint64_t flushes_all;  /* whole-TLB flushes, CR3 loads included */
  uint64_t flushes_page; /* single-page flushes (invlpg) */
  struct kine_events machine;
  struct kine_events own; /* of the calling process */
};

/* One page of the caller's, as its page-table tree has it. */
struct kine_page {
  uint64_t frame;      /* physical frame number; 0 for a promise (demand-zero page without a frame) */
  uint32_t references; /* entries and kernel owners that point at the frame; 0 for a promise */
  uint32_t level;      /* level of the ruling entry: 0 = page, 1 = 2 MiB, 2 = 1 GiB, 3 = 512 GiB (above 0 only for promises) */
  uint32_t rights;     /* PROT_READ | PROT_WRITE | PROT_EXEC that the mapping grants */
  uint32_t writable;   /* 1 when a write needs no fault: every entry on the path has R/W set */
  uint32_t shared;     /* 1 for MAP_SHARED */
  uint32_t tables[4];  /* references of the table of each level on the path, [3] the root; 0 where the path ends above */
};

#endif
