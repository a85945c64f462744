/* Kine's own system calls: numbers and structures shared by the kernel and user programs (plain C, no other header needed but
 * <stdint.h>). Every other call is Linux's; on Linux these numbers answer ENOSYS. docs/messages.md explains how they work together.
 *
 * Words travel as in every Linux call: rax number; rdi rsi rdx r10 r8 r9 arguments; rax result or -errno. A descriptor that is not open
 * answers EBADF, one of another kind EINVAL (a right that does not reach as far: EPERM), an address that cannot be used EFAULT. */
#ifndef KINE_ABI_H
#define KINE_ABI_H

#include <stdint.h>

/* Numbers lie far above Linux's last one, so that neither list can grow into the other. */
enum {
  /* Looking. `machine` is a right to the machine or to its statistics. */
  KINE_STATISTICS = 1000, /* (int machine, struct kine_statistics *out): 0. With -1 only `own` is filled, the rest is 0 */
  KINE_PAGE = 1001,       /* (const void *address, struct kine_page *out): 0, ENOMEM (nothing mapped at address) */
  KINE_AUDIT = 1002,      /* (int machine): 0, or EIO when a rule is broken (the debug console names the first broken entry) */
  KINE_PROCESS = 1003,    /* (int machine, int pid, struct kine_process *out): 0: the process with the lowest pid >= `pid`; ESRCH: none */
  KINE_RANGES = 1004,     /* (int machine, int pid, uint64_t from, struct kine_range *out, unsigned count): how many ranges that end above
                           * `from` were written, in order, at most `count` and 64; ESRCH */
  KINE_TRACE_MARK = 1005, /* (const char *text): 0: the trace has the text, if this kernel traces (docs/trace.md). ENAMETOOLONG: over 63
                           * bytes */
  KINE_CRASH = 1006,      /* (int machine, struct kine_crash *out): 0; ESRCH (nothing has crashed since boot) */
  /* These two fill one page of the caller's, at its beginning; EINVAL: `out` is not a page's. */
  KINE_FRAMES = 1007, /* (int machine, uint64_t first, struct kine_frame *out): how many frames from `first` on were written, at most a page
                       * full; 0: there are no more */
  KINE_TABLE = 1008,  /* (int machine, uint64_t frame, uint64_t *out): 0: the entries of the page table in this frame, as the processor reads
                       * them; of a root the user's half, the rest is 0. ESRCH: no page table is there */

  /* Serving. `port` is a port's receiving end. */
  KINE_PORT = 1010,          /* (): a descriptor, the receiving end of a new port, close-on-exec; EMFILE, ENOMEM */
  KINE_MINT = 1011,          /* (int port, uint64_t cookie): a descriptor, a new connection to the port, close-on-exec; EMFILE, ENOMEM */
  KINE_RECEIVE = 1012,       /* (int port, struct kine_message *out): 0, when something has come; EINTR; EINVAL (out is not aligned to 128) */
  KINE_REPLY = 1013,         /* (uint64_t token, int64_t result): 0: the sender goes on with that result; ESRCH (the sender is gone) */
  KINE_REPLY_RECEIVE = 1014, /* (uint64_t token, int64_t result, int port, struct kine_message *out): both; a token that is stale is ignored */
  KINE_ANSWER = 1015,        /* (const struct kine_answer *): 0: a reply that gives more than a number; ESRCH; EINVAL, ENOMEM: not answered yet */
  KINE_READ = 1016,          /* (uint64_t token, void *to, uint64_t from, size_t bytes): copies at most 64 KiB from the waiting sender's memory
                              * to the caller's; 0; ESRCH, EFAULT, ENOMEM, EINVAL (more than 64 KiB) */
  KINE_WRITE = 1017,         /* (uint64_t token, uint64_t to, const void *from, size_t bytes): the other way */
  KINE_GIVE = 1018,          /* (uint64_t token, uint64_t to, const void *from, size_t bytes): shares whole pages of the caller with the sender,
                              * copy-on-write, in place of memory that the sender may write; addresses and bytes page-aligned, at most 64 MiB.
                              * 0; ESRCH, EFAULT, ENOMEM, EINVAL */
  KINE_ACCEPT = 1019,        /* (uint64_t token, void *to, uint64_t from, size_t bytes): shares whole pages of the sender with the caller */
  KINE_TAKE = 1020,          /* (uint64_t token, int fd): a copy of the sender's descriptor, close-on-exec; ESRCH, EBADF, EMFILE */
  KINE_IDENTIFY = 1021,      /* (uint64_t token, int port, int fd, uint64_t *cookie): the cookie of the sender's descriptor (or KINE_FD_IMAGE,
                              * KINE_FD_CWD), if it is a connection to this port; ESRCH, EBADF, EXDEV (it leads to another port) */
  KINE_PUBLISH = 1022,       /* (int port, uint64_t cookie, unsigned mask): connections of the port with this cookie are ready for this: a mask of
                              * KINE_READABLE …; 0; ENOENT (there is none) */
  KINE_GROUPS = 1023,        /* (uint64_t token, uint32_t *out, unsigned count): the sender's supplementary groups: how many; ESRCH, EINVAL */

  /* Owning: what init does, and whom it lets. */
  KINE_CUT = 1030,       /* (int right, unsigned kind, uint64_t first, uint64_t count): a descriptor, a narrower right, close-on-exec; EPERM */
  KINE_BIND = 1031,      /* (int right, int port, uint64_t cookie): the right's one interrupt comes to the port once, as a message with the
                          * cookie, and is masked; binding again asks for the next. 0; EBUSY (bound to another port) */
  KINE_IO = 1032,        /* (int right): the right's I/O ports are open to this process until it execs; a fork's child has none. At most four
                          * rights at a time: ENOSPC */
  KINE_MAP = 1033,       /* (int right): maps the right's memory, shared and writable; its address. ENOMEM */
  KINE_SERVER = 1034,    /* (int machine): the caller is one of init's servers from here on, through exec: it runs before others and may use the
                          * reserve of memory and processes. A fork's child is not. 0 */
  KINE_ROOT = 1035,      /* (int connection): becomes the caller's root and working directory. 0 */
  KINE_EXEC = 1036,      /* (const void *image, size_t bytes, const char *path, char *const argv[], char *const envp[]): execve of an ELF file
                          * that lies in the caller's memory, at the beginning of a page */
  KINE_REFUSE = 1037,    /* (int machine, uint64_t n): for tests. n > 0: the caller and what it forks from here on are under test, and of the
                          * requests for memory on their account the n-th is refused, once. How many there were since the last such call */
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
  uint64_t messages;     /* calls that a server received */
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

/* One process. Frames are counted as far as the tables and pages are this process's own path or shared: a page below a shared table is
 * shared. */
struct kine_process {
  int32_t pid, parent, group, session;
  uint32_t uid, gid;
  uint32_t state;       /* 'R' running or ready, 'S' waiting, 'T' stopped, 'Z' ended */
  uint32_t server;      /* 1: one of init's servers */
  uint64_t user_nanoseconds; /* processor time */
  uint64_t start_nanoseconds; /* when it began, since boot */
  uint64_t frames_private; /* pages that only this process maps */
  uint64_t frames_cow;     /* pages shared copy-on-write */
  uint64_t frames_shared;  /* pages mapped MAP_SHARED */
  uint64_t tables_private; /* page tables of its own, the root included */
  uint64_t tables_shared;  /* page tables that others use too, counted where the sharing begins and below */
  uint64_t promised;       /* pages that are mapped and have no frame yet */
  uint64_t root;           /* frame number of its root table; 0: it has none, or borrows its parent's */
  char name[16];           /* the last part of the path it runs, or what it calls itself (prctl) */
  struct kine_events events;
};

/* Adjacent pages with the same rights. */
struct kine_range {
  uint64_t begin, end;
  uint32_t rights; /* PROT_… */
  uint32_t shared; /* 1: MAP_SHARED */
  uint64_t pages;  /* that have a frame */
};

/* The last process that an exception or the lack of memory has ended. */
struct kine_crash {
  uint64_t number; /* how many there were since boot, with this one */
  int32_t pid;
  uint32_t signal;
  uint64_t address; /* that it is about: of the page fault, else of the instruction */
  uint64_t mapped;  /* 1: something is mapped there … */
  struct kine_page page; /* … and this is the page */
  char name[16];    /* as in struct kine_process */
  /* r15 r14 r13 r12 rbp rbx r11 rdi rsi rdx r10 r8 r9 rcx rax, vector, error code, rip cs rflags rsp ss. The vector is the exception's (Intel
   * SDM vol. 3A, 6.3.1), or 256: in a system call, or where a signal's frame had no room. */
  uint64_t registers[22];
};

/* One frame of physical memory. Its kind: no memory, or never handed out; free; free, and every byte is zero; a user's page, or the boot
 * archive's; a page table; one of the highest level; a kernel object. */
enum {
  KINE_FRAME_ABSENT, KINE_FRAME_FREE, KINE_FRAME_ZEROED, KINE_FRAME_PAGE, KINE_FRAME_TABLE, KINE_FRAME_ROOT, KINE_FRAME_KERNEL
};
struct kine_frame {
  uint32_t kind, references; /* references: page-table entries and kernel owners that point at it; 0 when it is not in use */
};

/* What a port delivers. */
enum {
  KINE_CALL = 0,      /* a call: it must be answered, by its token */
  KINE_CANCEL = 1,    /* `token`: the sender of this received call is interrupted (answer soon, with what was done or -KINE_ERESTART) or dead */
  KINE_CLOSED = 2,    /* `cookie`: the last descriptor of this connection is gone */
  KINE_INTERRUPT = 3, /* `cookie`: the bound interrupt came; it stays masked until it is bound again */
};

/* Aligned so that it lies in one page. */
struct kine_message {
  uint64_t token __attribute__((aligned(128))); /* names the received call until it is answered; 0 in KINE_CLOSED and KINE_INTERRUPT */
  uint64_t cookie;   /* of the connection that the call came through */
  uint32_t kind;     /* KINE_CALL … */
  uint32_t number;   /* Linux's number of the call; old path calls came as their `at` form (kernel/syscall/route.cc has the table) */
  uint64_t words[6]; /* its arguments; in place of a descriptor (a directory's too) the cookie of its connection */
  int32_t pid, group, session; /* the sender … */
  uint32_t uid, gid, umask;
  uint64_t unheard; /* signals that it ignores or blocks: bit N - 1 for signal N */
};

/* A server's answer to a call that a signal interrupted before anything was done: the kernel makes EINTR of it, or issues the call again. If no
 * signal is pending that the sender does not ignore or block, the sender sees EIO. */
#define KINE_ERESTART 512

/* Readiness, as in <poll.h>. A new connection is ready for reading and writing. */
#define KINE_READABLE 0x001
#define KINE_WRITABLE 0x004
#define KINE_ERROR 0x008
#define KINE_HUNG_UP 0x010

/* A connection in an answer. */
struct kine_answer_connection {
  int32_t fd;      /* a receiving end: a new connection to that port; a connection: a copy of it; -1: none */
  uint32_t ready;  /* a new one's readiness */
  uint64_t cookie; /* a new one's cookie */
};

enum {
  KINE_ANSWER_RESULT = 0, /* `result`; for calls that open (openat, chdir, pipe2) the connections, and the descriptors' numbers are the result */
  KINE_ANSWER_ASK = 1,    /* ask connections[0] (a copy) instead: `result` bytes of the path are consumed. At most 8 times a call: ELOOP */
  KINE_ANSWER_VIEW = 2,   /* to execve and mmap: the file's bytes are these of the server's memory */
};

struct kine_answer {
  uint64_t token;
  int64_t result;
  uint32_t kind;
  uint32_t rights;    /* view: at most these PROT_… (execve needs PROT_EXEC) */
  struct kine_answer_connection connections[2]; /* view for execve: [0] is kept as the process's image (KINE_FD_IMAGE) */
  uint64_t view;       /* page-aligned address, for mmap of the byte at the call's offset */
  uint64_t view_bytes; /* up to the file's end; the rest of the last page must be zero */
  uint64_t arguments;  /* execve of a `#!` script: strings that come in place of argv[0], each with its NUL: interpreter, its argument, path … */
  uint64_t argument_bytes; /* … all of them; 0: argv stays as it is. At most 4096 */
};

/* Rights. */
enum {
  KINE_RIGHT_MACHINE = 0,    /* to everything; any other kind can be cut from it */
  KINE_RIGHT_STATISTICS = 1, /* to look at all processes, and to audit; first and count are 0 */
  KINE_RIGHT_INTERRUPT = 2,  /* ISA interrupts [first, first + count) of 0 … 15, but not the timer's */
  KINE_RIGHT_IO = 3,         /* I/O ports */
  KINE_RIGHT_MEMORY = 4,     /* bytes of device memory, by physical address; whole pages; only the VGA's [0xa0000, 0xc0000) */
};

/* Stand for descriptors in KINE_IDENTIFY. */
#define KINE_FD_CWD (-100)   /* as AT_FDCWD */
#define KINE_FD_IMAGE (-101) /* the file that the process runs */

/* init, process 1, begins with the right to the machine as descriptor 0, and the boot archive mapped, read-only, at this address. */
#define KINE_ARCHIVE_ADDRESS 0x7f0000000000

#endif
