// From a system call's number to its handler.
#include "syscall/route.hh"

namespace kine::calls {

// The linker names the ends of the section.
extern "C" const Row __start_calls[], __stop_calls[];

constinit Handler handlers[KINE_REFUSE + 1] = {};

void start() {
  for (Handler& handler : handlers) handler = send_call;  // what no file knows is a message
  for (const Row* row = __start_calls; row < __stop_calls; ++row)
    if (row->handler) handlers[row->number] = row->handler;  // (between two files' rows may lie zeros)
}

void set_interrupted(Thread& thread, int64_t result) {
  const bool interrupted = result == Answer(Errno::kERESTARTSYS).value() || result == Answer(Errno::kERESTARTNOHAND).value();
  if (interrupted && thread.process->signals.deliverable()) {
    thread.restart = true;
    thread.restarts_behind_handler = result == Answer(Errno::kERESTARTSYS).value();
    return;
  }
  thread.context.set_result(interrupted ? Answer(Errno::kEIO).value() : result);
}

}  // namespace kine::calls
