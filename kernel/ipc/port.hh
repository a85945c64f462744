// Ports and connections: how a system call becomes a message.
//
// A server holds the receiving end of a port. Its clients hold connections to that port: {port, cookie}, where the cookie is the server's own
// name for whatever the connection stands for. Only who holds a receiving end can make a connection; nothing is connected to by name.
//
//    client                              kernel                               server
//    descriptor ──> Connection{port, cookie} ──> Port [call|closed|call|irq] ──> receive
//        waits for kReply                          in the order they came           token, cookie, words
//        goes on  <─────────────────────── end_call ──────────────────────────── reply(token, result)
//
// What a port delivers lies as a Notice in the thread, connection or interrupt that it is about, so telling needs no memory and cannot fail.
#pragma once

#include "mm/pool.hh"
#include "task/scheduler.hh"

namespace kine {

class Port final : public Object {
 public:
  static constexpr Kind kKind = Kind::kPort;
  // The receiving end, whose first reference is the caller's.
  Port() : Object(kKind) {}

  // --- serving ---

  // The caller gets the next notice as a kine_message at `to`, or waits for one. EFAULT, ENOMEM (nothing was taken), ERESTARTSYS.
  Answer receive(Thread& caller, VirtAddr to);
  // The connections with this cookie are ready for what `mask` says. ENOENT.
  [[nodiscard]] Result<> publish(uint64_t cookie, uint32_t mask);

  // --- telling ---

  // Delivers the notice to a server that waits, or queues it.
  void tell(Notice& notice, Notice::Kind kind);
  // Takes the notice back, if it is queued.
  static void withdraw(Notice& notice);

  // A waiting receiver has a signal.
  void interrupt(Thread& receiver, bool killed) override;
  // Calls that servers received since boot, at any port.
  static uint64_t delivered() { return delivered_; }

 private:
  void last_dropped() override;
  void remove_connection();
  Answer receive_queued(Process& server, VirtAddr to);
  void bring(Notice& notice);
  static Result<> deliver(Notice& notice, Process& receiver, VirtAddr to);
  static void write(kine_message& message, Notice& notice);
  bool serves(const Process& sender) const;

  NoticeList queue_;
  ThreadList receivers_;
  uint32_t users_ = 1;  // the receiving end, if anybody holds it, and the connections: they keep this
  int server_ = 0;      // pid of who received last
  bool dead_ = false;   // nobody holds the receiving end
  static uint64_t delivered_;

  friend class Connection;
};

class Connection final : public Object {
 public:
  static constexpr Kind kKind = Kind::kConnection;
  // One that leads nowhere yet, counted by the caller alone.
  Connection() : Object(kKind) {}
  // Makes it lead to the port, which must be alive.
  void open(Port& port, uint64_t cookie, uint32_t ready);

  // The caller's call, whose `exchange` names number, words and route, goes to the server; the caller waits for its answer. EIO (nobody
  // holds the receiving end), EDEADLK (the server waits for the caller), ERESTARTSYS (a signal).
  Answer send(Thread& caller);
  // A call that was received goes on to the server behind this; the same errors, and then nobody has it.
  [[nodiscard]] Result<> pass_on(Thread& sender);

  Port* port() const { return port_; }
  uint64_t cookie() const { return closing_.notice.cookie; }
  // What it is ready for; asking makes sure that a change wakes the pollers.
  uint32_t poll() {
    polled_ = true;
    return port_->dead_ ? uint32_t{KINE_ERROR | KINE_HUNG_UP} : ready_;
  }

  // The sender of a call through this has a signal: a call that nobody received is withdrawn; else the server is told.
  void interrupt(Thread& sender, bool killed) override;
  // The server that received the sender's call has ended.
  void abandon(Thread& sender) override;

 private:
  // The connection whose end a notice tells.
  static Connection& of(Notice& notice) { return *reinterpret_cast<Closing&>(notice).connection; }
  void last_dropped() override;
  void free();
  Result<> can_send(Process& sender) const;
  void enqueue(Thread& sender);

  Port* port_ = nullptr;
  uint32_t ready_ = 0;
  bool polled_ = false;
  struct Closing {
    Notice notice;  // first: it leads here
    Connection* connection;
  } closing_{{}, this};
  Link<Connection> bucket_;
  // Every open connection is in one, by port and cookie, for servers that publish readiness.
  using Bucket = List<Connection, &Connection::bucket_>;
  static Bucket& bucket_of(const Port& port, uint64_t cookie);

  friend class Port;
};

// The waiting sender of a call that `server` received, by its token, which is valid as long as it waits. ESRCH.
Result<Thread*> sender_of(uint64_t token, const Process& server);
// What the sender reserved and did not get goes.
void release_reserved(Thread& sender);
// The exchange is over: the sender has no call at a server any more, and nothing reserved. The caller makes it ready.
void end_exchange(Thread& sender);

// Cells of ports, connections and rights.
extern constinit Pool objects;

}  // namespace kine
