// The trace: what the kernel does, as lines of JSON on the debug console, exact enough that whoever reads them all has the same page tables
// and counts as the kernel (docs/trace.md explains each line; tools/trace/ reads them).
//
// An *event* says what happens, and to whom. The *changes* that follow, one a line, are what it did to memory and processes. In the
// ordinary kernel kTracing is false, and these functions are empty.
#pragma once

#include "base/log.hh"
#include "base/tracing.hh"

namespace kine {

struct Tracer {
  uint64_t events = 0;  // so far: the number of the next one
  int pid = 0;          // on whose behalf the kernel works; 0: nobody's
  int call = -1;        // that process's system call; -1: none
  bool open = false;    // this entry to the kernel has told an event

  // A change that no event of this entry explains gets one that names the system call.
  void line(bool is_event, const char* text, std::initializer_list<LogArgument> arguments);
};
extern constinit Tracer tracer;

// The kernel works for this process from here on, because of that system call.
inline void trace_enter(int pid, int call) {
  if constexpr (kTracing) tracer = {tracer.events, pid, call};
}

// `{}` in the text stands for the next argument. An event's text goes on behind its number, time and process, and ends the line.
template <class... Arguments>
[[gnu::always_inline]] inline void trace_event(const char* text, Arguments... arguments) {
  if constexpr (kTracing) tracer.line(true, text, {LogArgument(arguments)...});
}
template <class... Arguments>
[[gnu::always_inline]] inline void trace_change(const char* text, Arguments... arguments) {
  if constexpr (kTracing) tracer.line(false, text, {LogArgument(arguments)...});
}

}  // namespace kine
