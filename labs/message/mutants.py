"""Wrong solutions of lab message: (GRADING's number, the mistake, file, text, what it becomes, the test that must catch it)."""

EXCHANGE = "kernel/ipc/exchange.hh"
PORT = "kernel/ipc/port.cc"

MUTANTS = [
    ("-", "a token names the sender, not its call", EXCHANGE, "++call.sequence;", "call.sequence = 1;", "exchange"),
    ("-", "the last call comes first", EXCHANGE, "notice.port = this;\n  queue_.push_back(notice);", "notice.port = this;\n  queue_.insert_after(nullptr, notice);", "exchange"),
    ("-", "the cookie of the connection is forgotten", EXCHANGE, "call.cookie = cookie();", "call.cookie = call.number;", "exchange"),
    ("-", "a message says that nobody in particular sent it", EXCHANGE, "message.unheard = sender.process->signals.unheard();",
     "message.unheard = sender.process->signals.unheard();\n  message.pid = 0;", "exchange"),
    ("-", "a message is lost if its place cannot be written", PORT, "if (!place) return place.error();\n  Notice& notice = *queue_.first();",
     "if (!place) {\n    withdraw(*queue_.first());\n    return place.error();\n  }\n  Notice& notice = *queue_.first();", "exchange"),
    ("-", "a server that waits gets its message in its turn, behind others", EXCHANGE, "scheduler.hand_over(receiver);\n    if (done)",
     "scheduler.make_ready(receiver);\n    if (done)", "handover"),
    ("-", "anybody may answer", EXCHANGE, "process->thread.exchange.server != &server ||", "(!process->thread.exchange.server && server.pid) ||", "tokens"),
    ("-", "an old token answers the sender's next call", EXCHANGE, "|| process->thread.exchange.token() != token) return", "|| token == 0) return", "tokens"),
    ("-", "who received a call is not remembered: it cannot answer", EXCHANGE, "sender.exchange.server = &receiver;", "sender.exchange.server = &receiver == sender.process ? &receiver : nullptr;",
     "tokens"),
    ("-", "a server that has received is not known as one: its clients wait for ever", EXCHANGE, "server.receives = true;", "server.receives = server_ != server.pid;", "server_dies"),
    ("-", "the senders of a dead server are not answered", PORT, "sender.context.set_result(Answer(Errno::kEIO).value());\n  scheduler.make_ready(sender);",
     "sender.context.set_result(Answer(Errno::kEIO).value());", "server_dies"),
    ("-", "a dead server's clients are answered 0", PORT, "sender.context.set_result(Answer(Errno::kEIO).value());", "sender.context.set_result(0);", "server_dies"),
    ("-", "calls to a dead port wait for ever", EXCHANGE, "if (port_->dead_) return Errno::kEIO;", "(void)port_;", "server_dies"),
    ("-", "a server does not hear that its client was killed", PORT, "if (tell) port.tell(sender.notice, Notice::Kind::kCancel);", "(void)tell;", "client_dies"),
    ("-", "who is killed waits until its server has answered", PORT, "if (received && !killed) return", "if (received && (!killed || received)) return", "client_dies"),
    ("-", "a server hears of a client's death whose call it never had", PORT, "const bool tell = received && !port.dead_;", "const bool tell = !port.dead_;", "client_dies"),
    ("-", "a signal ends a call that the server has", PORT, "if (received && !killed) return", "if (received && !killed && port.dead_) return", "signals"),
    ("-", "a signal waits until the server has received the call", PORT, "if (received && !killed) return", "if (!received && !killed) return;\n  if (received && !killed) return",
     "signals"),
    ("-", "a server may call itself", EXCHANGE, "return sender.receives && port_->serves(sender) ? Errno::kEDEADLK : Errno::kOk;", "return Errno::kOk;", "deadlock"),
    ("-", "only a call to oneself is refused, not a circle of two", EXCHANGE, "sender.receives && port_->serves(sender) ?", "sender.receives && port_->server_ == sender.pid ?", "deadlock"),
]
