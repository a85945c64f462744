// The stubs of lab message: nobody hears of anybody's end.

// Lab message: The sender waits for ever. What must it be answered, and what may not stay behind of the exchange?
void Connection::abandon(Thread& sender) { (void)sender; }

// Lab message: The exchange is over, whatever the server is doing; it learns of that when it answers. But a server that has the call may be in the
// middle of it: as long as the sender lives, only the server can say what was done. It is told (Notice::Kind::kCancel), and answers soon. A call
// that nobody received can be taken back. Who was killed waits for nobody; his server is told, too.
void Connection::interrupt(Thread& sender, bool killed) {
  (void)killed;
  end_exchange(sender);
  sender.in_call = true;
  scheduler.make_ready(sender);
}
