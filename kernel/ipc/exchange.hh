// The way of a call to its server and of the answer back, from top to bottom: what every message goes through. So it is inline: between the
// client's trap and the server's next instruction, or the other way, hardly a function is called.
//
//   client   send ──> bring ──> deliver                         the server runs, with the message
//   server              sender_of ──> end_exchange ──> receive  the client runs, with the answer
#pragma once

#include "ipc/port.hh"

namespace kine {

inline Thread& thread_of(Notice& notice) {
  return *reinterpret_cast<Thread*>(reinterpret_cast<std::byte*>(&notice) - offsetof(Thread, notice));
}

// --- there ---

[[gnu::always_inline]] inline Answer Connection::send(Thread& caller) {
  Result<> can = can_send(*caller.process);
  if (!can) return can;
  scheduler.wait(WaitFor::kReply);
  enqueue(caller);
  return Answer::none();
}

// lab(message)
[[gnu::always_inline]] inline Result<> Connection::can_send(Process& sender) const {
  if (port_->dead_) return Errno::kEIO;
  if (sender.signals.deliverable()) return Errno::kERESTARTSYS;
  // Only who serves can be waited for.
  return sender.receives && port_->serves(sender) ? Errno::kEDEADLK : Errno::kOk;
}

// lab(message)
[[gnu::always_inline]] inline void Connection::enqueue(Thread& sender) {
  hold();
  Exchange& call = sender.exchange;
  ++call.sequence;
  call.cookie = cookie();
  call.via = this;
  sender.waits_at = this;
  trace_event(R"("event":"send","pid":{},"number":{}})", call.pid, call.number);
  sender.notice.kind = Notice::Kind::kCall;
  port_->bring(sender.notice);
}

// To a server that waits, or into the queue. Requires: the notice is not queued.
// lab(message)
[[gnu::always_inline]] inline void Port::bring(Notice& notice) {
  // Who waits for a message does so because nothing is queued.
  while (!receivers_.empty()) {
    Thread& receiver = receivers_.pop_front();
    const Result<> done = deliver(notice, *receiver.process, receiver.message_at);
    receiver.context.set_result(Answer(done).value());
    scheduler.hand_over(receiver);
    if (done) [[likely]] return;
  }
  notice.port = this;
  queue_.push_back(notice);
}

// Writes the message straight into the receiver's page. EFAULT, ENOMEM: nothing was delivered.
// lab(message)
[[gnu::always_inline]] inline Result<> Port::deliver(Notice& notice, Process& receiver, VirtAddr to) {
  Result<std::byte*> bytes = receiver.space->reach(to, Access::kWrite);
  if (!bytes) return bytes.error();
  kine_message& message = *reinterpret_cast<kine_message*>(*bytes);
  // Commit:
  if (notice.kind != Notice::Kind::kCall) return write(message, notice), Result<>();
  Thread& sender = thread_of(notice);
  const Self& self = *sender.process;
  __builtin_memcpy(&message, &sender.exchange, offsetof(kine_message, pid));
  __builtin_memcpy(&message.pid, &self, offsetof(kine_message, unheard) - offsetof(kine_message, pid));
  message.unheard = sender.process->signals.unheard();
  sender.exchange.server = &receiver;
  trace_event(R"("event":"receive","pid":{},"from":{},"number":{}})", receiver.pid, sender.exchange.pid, message.number);
  ++delivered_;
  return {};
}

// --- and back ---

// lab(message)
inline Result<Thread*> sender_of(uint64_t token, const Process& server) {
  Process* const process = processes.in_slot_of(static_cast<int>(token & 0x7fff'ffff));
  if (!process || process->thread.exchange.server != &server || process->thread.exchange.token() != token) return Errno::kESRCH;
  return &process->thread;
}

inline void leave_server(Thread& sender) {
  Exchange& call = sender.exchange;
  if (sender.notice.port) Port::withdraw(sender.notice);
  call.server = nullptr;
  std::exchange(call.via, nullptr)->drop();
}

inline void end_exchange(Thread& sender) {
  if (sender.exchange.via) leave_server(sender);
  if (sender.exchange.reserved[0] || sender.exchange.reserved[1]) release_reserved(sender);
}

// lab(message)
[[gnu::always_inline]] inline Answer Port::receive(Thread& caller, VirtAddr to) {
  Process& server = *caller.process;
  server_ = server.pid;
  server.receives = true;
  if (to.value % alignof(kine_message) != 0) return Errno::kEINVAL;
  if (!queue_.empty()) return receive_queued(server, to);
  if (server.signals.deliverable()) return Errno::kERESTARTSYS;
  caller.message_at = to;
  caller.waits_at = this;
  receivers_.push_back(caller);
  scheduler.wait(WaitFor::kMessage);
  return Answer::none();
}

}  // namespace kine
