// From a system call's number to its handler, and from the words in the registers to the types that the handler declares.
#include <utility>

#include "syscall/calls.hh"

namespace kine::calls {

namespace {

using Handler = Answer (*)(Thread&);

// One word of a call as the type that the handler declares for it.
template <class T>
T word_as(uint64_t word) {
  if constexpr (std::is_class_v<T>) {
    return T{word};
  } else {
    return static_cast<T>(word);
  }
}

// The handler for a function: takes as many words from the registers as it has parameters.
template <class... Words>
constexpr auto indices_of(Answer (*)(Thread&, Words...)) {
  return std::index_sequence_for<Words...>();
}
template <auto function, class... Words, size_t... index>
Answer call_with_words(Answer (*)(Thread&, Words...), std::index_sequence<index...>, Thread& caller) {
  return function(caller, word_as<Words>(caller.context.argument(index))...);
}
template <auto function>
Answer handle(Thread& caller) {
  return call_with_words<function>(function, indices_of(function), caller);
}

Answer unknown(Thread&) { return Errno::kENOSYS; }

struct Row {
  unsigned number;
  Handler handler;
};

// Linux's numbers: arch/x86/entry/syscalls/syscall_64.tbl.
constexpr Row kCalls[] = {
    {0, handle<read>},
    {1, handle<write>},
    {3, handle<close>},
    {9, handle<mmap>},
    {10, handle<mprotect>},
    {11, handle<munmap>},
    {12, handle<brk>},
    {16, handle<ioctl>},
    {20, handle<writev>},
    {24, handle<sched_yield>},
    {25, handle<mremap>},
    {32, handle<dup>},
    {33, handle<dup2>},
    {35, handle<nanosleep>},
    {39, handle<getpid>},
    {56, handle<clone>},
    {57, handle<fork>},
    {58, handle<vfork>},
    {59, handle<execve>},
    {60, handle<exit>},
    {61, handle<wait4>},
    {63, handle<uname>},
    {96, handle<gettimeofday>},
    {102, handle<getuid>},
    {104, handle<getuid>},  // getgid
    {107, handle<getuid>},  // geteuid
    {108, handle<getuid>},  // getegid
    {110, handle<getppid>},
    {158, handle<arch_prctl>},
    {186, handle<gettid>},
    {201, handle<time>},
    {202, handle<futex>},
    {218, handle<set_tid_address>},
    {228, handle<clock_gettime>},
    {230, handle<clock_nanosleep>},
    {231, handle<exit>},  // exit_group: a process has one thread
    {KINE_STATISTICS, handle<statistics>},
    {KINE_PAGE, handle<page>},
    {KINE_AUDIT, handle<audit>},
};

constexpr auto kTable = [] {
  struct {
    Handler handlers[KINE_AUDIT + 1];
  } table{};
  for (Handler& handler : table.handlers) handler = unknown;
  for (const Row& row : kCalls) table.handlers[row.number] = row.handler;
  return table;
}();

}  // namespace

void issue(Thread& thread) {
  const uint32_t number = static_cast<uint32_t>(thread.context.call_number());  // eax, as on Linux
  const Answer answer = number <= KINE_AUDIT ? kTable.handlers[number](thread) : unknown(thread);
  if (answer.has_value()) [[likely]] {
    thread.context.set_result(answer.value());
  } else if (answer.is_waiting()) {
    thread.in_call = true;
  }
}

}  // namespace kine::calls
