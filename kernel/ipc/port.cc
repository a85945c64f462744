#include "ipc/exchange.hh"
#include "ipc/right.hh"

namespace kine {

constinit Pool objects;
constinit uint64_t Port::delivered_ = 0;

// --- ports ---

// Nobody can receive any more: who waits is told, and what was to be told is forgotten.
void Port::last_dropped() {
  dead_ = true;
  interrupts.release(*this);
  while (!queue_.empty()) {
    Notice& notice = *queue_.first();
    withdraw(notice);
    kine_message unread;
    if (notice.kind == Notice::Kind::kCall) {
      thread_of(notice).waits_at->abandon(thread_of(notice));
    } else {
      write(unread, notice);
    }
  }
  scheduler.wake_pollers();
  remove_connection();
}

void Port::remove_connection() {
  if (--users_ == 0) objects.give_back(this);
}

void Port::withdraw(Notice& notice) {
  if (!notice.port) return;
  notice.port->queue_.remove(notice);
  notice.port = nullptr;
}

// What is no call. Who was killed may go once its server knows, and so may a connection that was closed.
void Port::write(kine_message& message, Notice& notice) {
  message.kind = static_cast<uint32_t>(notice.kind);
  message.token = 0;
  message.cookie = notice.cookie;
  if (notice.kind == Notice::Kind::kCancel) {
    Process& sender = *thread_of(notice).process;
    message.token = sender.thread.exchange.token();
    if (sender.reaped) processes.remove(sender);
  } else if (notice.kind == Notice::Kind::kClosed) {
    Connection::of(notice).free();
  }
}

void Port::tell(Notice& notice, Notice::Kind kind) {
  if (notice.port || dead_) return;
  notice.kind = kind;
  bring(notice);
}

// Whether the message has its place is asked before the notice is taken.
Answer Port::receive_queued(Process& server, VirtAddr to) {
  Result<std::byte*> place = server.space->reach(to, Access::kWrite);
  if (!place) return place.error();
  Notice& notice = *queue_.first();
  withdraw(notice);
  return deliver(notice, server, to);
}

void Port::interrupt(Thread& receiver, bool) {
  receivers_.remove(receiver);
  receiver.in_call = true;
  scheduler.make_ready(receiver);
}

Result<> Port::publish(uint64_t cookie, uint32_t mask) {
  bool any = false, wake = false;
  const auto& bucket = Connection::bucket_of(*this, cookie);
  for (Connection* connection = bucket.first(); connection; connection = bucket.next(*connection)) {
    if (connection->port_ != this || connection->cookie() != cookie) continue;
    any = true;
    if (connection->polled_ && (mask & ~connection->ready_)) {
      connection->polled_ = false;
      wake = true;
    }
    connection->ready_ = mask;
  }
  if (wake) scheduler.wake_pollers();
  return any ? Errno::kOk : Errno::kENOENT;
}

// Whether the process that serves this port waits, through however many other servers, for the sender. A longer chain than kMostServers
// counts as one that does.
bool Port::serves(const Process& sender) const {
  constexpr unsigned kMostServers = 32;
  const Port* port = this;
  for (unsigned i = 0; i < kMostServers; ++i) {
    const Process* const server = port->server_ ? processes.find(port->server_) : nullptr;
    if (server == &sender) return true;
    if (!server || server->zombie || server->thread.waits_for != WaitFor::kReply) return false;
    port = server->thread.exchange.via->port();
  }
  return true;
}

// --- connections ---

// The key is the boot's secret, so that no choice of cookies makes a bucket long.
Connection::Bucket& Connection::bucket_of(const Port& port, uint64_t cookie) {
  constexpr unsigned kBucketBits = 12;
  static constinit uint64_t key = 0;
  static constinit Bucket buckets[1 << kBucketBits];
  if (key == 0) key = Machine::entropy() | 1;
  const uint64_t mixed = (cookie ^ reinterpret_cast<uint64_t>(&port) * key) * key;
  return buckets[(mixed ^ mixed >> 29) * key >> (64 - kBucketBits)];
}

void Connection::open(Port& port, uint64_t cookie, uint32_t ready) {
  port_ = &port;
  closing_.notice.cookie = cookie;
  ready_ = ready;
  ++port.users_;
  bucket_of(port, cookie).push_back(*this);
}

// The server is told, unless there is none; what it is told lies in this.
void Connection::last_dropped() {
  if (!port_ || port_->dead_) return free();
  port_->tell(closing_.notice, Notice::Kind::kClosed);
}

void Connection::free() {
  if (port_) {
    bucket_of(*port_, cookie()).remove(*this);
    port_->remove_connection();
  }
  objects.give_back(this);
}

Result<> Connection::pass_on(Thread& sender) {
  leave_server(sender);
  Result<> can = can_send(*sender.process);
  if (can) enqueue(sender);
  return can;
}

void release_reserved(Thread& sender) {
  for (Connection*& reserved : sender.exchange.reserved)
    if (reserved) std::exchange(reserved, nullptr)->drop();
}

// The kernel answers, because no server will. (This may go with the exchange.)
// lab(message)
void Connection::abandon(Thread& sender) {
  end_exchange(sender);
  sender.context.set_result(Answer(Errno::kEIO).value());
  scheduler.make_ready(sender);
}

// lab(message)
void Connection::interrupt(Thread& sender, bool killed) {
  Port& port = *port_;
  const bool received = sender.exchange.server != nullptr;
  if (received && !killed) return port.tell(sender.notice, Notice::Kind::kCancel);
  const bool tell = received && !port.dead_;  // (a port that lives stays, one that is dead may go with its last connection)
  end_exchange(sender);
  sender.in_call = true;
  scheduler.make_ready(sender);
  if (tell) port.tell(sender.notice, Notice::Kind::kCancel);
}

}  // namespace kine
