// Which server a system call goes to. The kernel implements no call on files or devices; one table says, for each of Linux's numbers, where
// the descriptors and paths stand among its words, and with that who must be asked.
#pragma once

#include "ipc/exchange.hh"
#include "syscall/calls.hh"

namespace kine::calls {

// What the kernel does with a server's answer.
enum class Finish : uint8_t {
  kResult,           // it is the call's result
  kDescriptor,       // a connection becomes a descriptor, whose number is the result
  kTwoDescriptors,   // two do; their numbers are written to the sender
  kDirectory,        // a connection becomes the working directory
  kDirectoryItself,  // the connection that was asked does
  kImage,            // execve: a view becomes the process's image
  kMapping,          // mmap: a view is mapped
};

// How many connections an answer to such a call brings.
constexpr unsigned connections_in(Finish finish) {
  if (finish == Finish::kTwoDescriptors) return 2;
  return finish == Finish::kDescriptor || finish == Finish::kDirectory || finish == Finish::kImage ? 1 : 0;
}

// The row of a call. `words` says how the words that the server gets are made from the caller's, from left to right:
//
//   w  the caller's next word        f  … a descriptor: its cookie, and its server is asked
//   p  … a path                      d  … a directory's descriptor, for the path behind it: its cookie; its server is asked
//   c  the working directory, for the path behind it (an older form of a call with d)
//   z  0    n  AT_SYMLINK_NOFOLLOW    r  AT_REMOVEDIR    t  creat's flags
//   P  as p, beginning at the working directory    R  no word: the root's server is asked    C  no word: the working directory's is
//
// A path that begins with / begins at the root instead.
struct Route {
  uint16_t number;  // as called
  uint16_t sent;    // as the server sees it
  char words[7];    // ends with a NUL; empty: no server knows the call
  Finish finish = Finish::kResult;
};
constexpr bool makes_word(char kind) { return kind != 'R' && kind != 'C'; }

// Sends the caller's call to its server. ENOSYS (no server knows it); EBADF, EFAULT, EXDEV (two words lead to different servers), ENOSYS (there is no server), EMFILE,
// ENOMEM; and the errors of Connection::send. Nothing has happened then.
Answer send_call(Thread& caller);

// exec with a path and arrays of strings in the memory of the process itself. ENAMETOOLONG, EFAULT, and exec's errors.
[[nodiscard]] Result<> exec_path(Process& process, const View& image, VirtAddr path, VirtAddr argv, VirtAddr envp, Span<const char> prefix);

// answer.cc. The server answered the sender's call, which is over with this: the caller makes the sender ready.
void finish_call(Thread& sender, int64_t result);
inline void answer_call(Thread& sender, int64_t result) {
  if (sender.exchange.route->finish != Finish::kResult) return finish_call(sender, result);
  trace_event(R"("event":"reply","pid":{},"result":{}})", sender.process->pid, result);
  leave_server(sender);
  set_answer(sender, result);
}
// … with more than a number. If the sender still has an exchange afterwards, another server was asked. An error is the server's, and the
// sender still waits for its answer: EINVAL, EBADF.
[[nodiscard]] Result<> answer_call(Thread& sender, Process& server, const kine_answer& answer);

}  // namespace kine::calls
