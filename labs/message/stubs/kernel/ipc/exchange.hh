// The stubs of lab message: every message waits in a queue, whoever is waiting for it, and whoever knows a token may answer.

// Lab message: Who calls a server that waits for the caller waits for ever, and so does that server. And who has a signal to hear should not begin
// to wait: what would wake him?
[[gnu::always_inline]] inline Result<> Connection::can_send(Process& sender) const {
  (void)sender;
  return port_->dead_ ? Errno::kEIO : Errno::kOk;
}

// Lab message: The call has a number of its own, which its token is made from. What would happen without, if the answer to an earlier call came late?
// (This much works; what is slow is behind it.)
[[gnu::always_inline]] inline void Connection::enqueue(Thread& sender) {
  hold();
  sender.exchange.sequence += 1;
  sender.exchange.via = this;
  sender.exchange.cookie = cookie();
  sender.waits_at = this;
  sender.notice.kind = Notice::Kind::kCall;
  trace_event(R"("event":"send","pid":{},"number":{}})", sender.exchange.pid, sender.exchange.number);
  port_->bring(sender.notice);
}

// Lab message: The message goes into the queue, and a server that waits is woken to look for itself: its call begins anew (in_call), behind all
// others that are ready. With `deliver` it could find the message in its memory, and hand_over lets it run at once. What if its memory cannot be
// written?
[[gnu::always_inline]] inline void Port::bring(Notice& notice) {
  notice.port = this;
  queue_.push_back(notice);
  if (receivers_.empty()) return;
  Thread& woken = receivers_.pop_front();
  woken.in_call = true;
  scheduler.make_ready(woken);
}

// Lab message: Field by field, and without what the kernel knows of the sender's signals. Whoever answers must be the server that received this:
// it is remembered in the exchange. The parts of Exchange and of Self lie as kine_message has them, so that each is one copy.
[[gnu::always_inline]] inline Result<> Port::deliver(Notice& notice, Process& receiver, VirtAddr to) {
  Result<std::byte*> place = receiver.space->reach(to, Access::kWrite);
  if (!place) return place.error();
  kine_message& out = *reinterpret_cast<kine_message*>(*place);
  if (notice.kind != Notice::Kind::kCall) {
    write(out, notice);
    return {};
  }
  Process& from = *thread_of(notice).process;
  Exchange& call = from.thread.exchange;
  __builtin_memcpy(&out, &call, offsetof(kine_message, pid));
  out.pid = from.pid;
  out.uid = from.identity.uid;
  out.gid = from.identity.gid;
  out.group = from.group;
  out.session = from.session;
  out.umask = 022;
  out.unheard = 0;
  call.server = &receiver;
  trace_event(R"("event":"receive","pid":{},"from":{},"number":{}})", receiver.pid, call.pid, out.number);
  delivered_ += 1;
  return {};
}

// Lab message: Who knows a token may answer. But it names a call that one server received, as long as its sender waits.
inline Result<Thread*> sender_of(uint64_t token, const Process& server) {
  (void)server;
  Process* const found = processes.in_slot_of(static_cast<int>(token & 0x7fff'ffff));
  if (!found || !found->thread.exchange.via || found->thread.exchange.token() != token) return Errno::kESRCH;
  return &found->thread;
}

// Lab message: It takes what is queued, or waits. But nobody remembers who serves here; when that process ends, or calls itself, who else could
// tell? And a signal that came before the waiting began wakes nobody.
[[gnu::always_inline]] inline Answer Port::receive(Thread& caller, VirtAddr to) {
  if (to.value % alignof(kine_message) != 0) return Errno::kEINVAL;
  if (!queue_.empty()) return receive_queued(*caller.process, to);
  scheduler.wait(WaitFor::kMessage);
  receivers_.push_back(caller);
  caller.waits_at = this;
  caller.message_at = to;
  return Answer::none();
}
