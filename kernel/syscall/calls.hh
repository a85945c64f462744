// Every system call, by its Linux name. A handler gets the calling thread and the words of the call, decoded to types; it decodes the rest,
// then commits. Results and errors are those of the Linux manual page of the same name, section 2, but for what is stated here.
#pragma once

#include "task/process.hh"

namespace kine::calls {

// Issues the system call that the thread's registers describe. Its answer is in the registers afterwards, if there is one.
void issue(Thread& thread);

// A descriptor, as the program gave it: a C int, so the register's upper half means nothing.
struct Fd {
  explicit constexpr Fd(uint64_t word) : number(static_cast<uint32_t>(word)) {}
  uint32_t number;
};

// memory.cc. W^X: a mapping with PROT_WRITE and PROT_EXEC answers EACCES.
Answer brk(Thread& caller, VirtAddr wanted);
Answer mmap(Thread& caller, VirtAddr hint, uint64_t bytes, int protection, int flags, Fd fd, uint64_t offset);
Answer munmap(Thread& caller, VirtAddr begin, uint64_t bytes);
Answer mprotect(Thread& caller, VirtAddr begin, uint64_t bytes, int protection);  // across a hole: ENOMEM, and nothing changed
// A part of the old range not mapped: EFAULT. It may span mappings of different rights. An old size of 0: EINVAL.
Answer mremap(Thread& caller, VirtAddr old, uint64_t old_bytes, uint64_t new_bytes, int flags, VirtAddr target);

// process.cc
Answer exit(Thread& caller, int status);
Answer fork(Thread& caller);
Answer vfork(Thread& caller);
// EINVAL for flags beyond a plain fork's, CLONE_VFORK, and CLONE_VM with CLONE_VFORK: threads do not exist.
Answer clone(Thread& caller, uint64_t flags, VirtAddr stack, VirtAddr parent_tid, VirtAddr child_tid, uint64_t tls);
Answer execve(Thread& caller, VirtAddr path, VirtAddr argv, VirtAddr envp);
// A status or usage that cannot be written: EFAULT, and the child can still be waited for (Linux has let go of it by then).
Answer wait4(Thread& caller, int which, VirtAddr status, int options, VirtAddr usage);
Answer getpid(Thread& caller);
Answer getppid(Thread& caller);
Answer gettid(Thread& caller);
Answer set_tid_address(Thread& caller, VirtAddr address);
Answer getuid(Thread& caller);                               // and its kin: everybody is root until there are users
Answer futex(Thread& caller, VirtAddr word, int operation);  // a process has one thread: waking finds nobody; all else is ENOSYS
Answer sched_yield(Thread& caller);
Answer arch_prctl(Thread& caller, int code, VirtAddr address);

// time.cc. Clocks of processor time: EINVAL.
Answer clock_gettime(Thread& caller, int clock, VirtAddr out);
Answer gettimeofday(Thread& caller, VirtAddr out, VirtAddr zone);
Answer time(Thread& caller, VirtAddr out);
Answer clock_nanosleep(Thread& caller, int clock, int flags, VirtAddr request, VirtAddr remaining);
Answer nanosleep(Thread& caller, VirtAddr request, VirtAddr remaining);

// io.cc
Answer read(Thread& caller, Fd fd, VirtAddr buffer, uint64_t size);
Answer write(Thread& caller, Fd fd, VirtAddr buffer, uint64_t size);
Answer writev(Thread& caller, Fd fd, VirtAddr vector, int count);
Answer close(Thread& caller, Fd fd);
Answer dup(Thread& caller, Fd fd);
Answer dup2(Thread& caller, Fd from, Fd to);
Answer ioctl(Thread& caller, Fd fd, uint64_t request, VirtAddr argument);

// system.cc; the last three are Kine's own (abi/kine_abi.h).
Answer uname(Thread& caller, VirtAddr out);
Answer statistics(Thread& caller, VirtAddr out);
Answer page(Thread& caller, VirtAddr address, VirtAddr out);
Answer audit(Thread& caller);

}  // namespace kine::calls
