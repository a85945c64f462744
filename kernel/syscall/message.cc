// Kine's own calls for servers: ports, receiving and answering, the waiting sender's memory (docs/messages.md).
#include "syscall/calls.hh"
#include "syscall/route.hh"
#include "task/layout.hh"

namespace kine::calls {

namespace {

constexpr uint64_t kMostCopied = 64 * 1024, kMostShared = 64 * 1024 * 1024;

// A range of whole pages in user space, above the lowest address that anything may be mapped at.
Result<PageRange> pages_at(VirtAddr begin, uint64_t bytes) {
  if (offset_in_page(begin) != 0 || bytes == 0 || bytes % kPageSize != 0 || bytes > kMostShared) return Errno::kEINVAL;
  if (begin < layout::kLowest || begin > kUserEnd - bytes) return Errno::kEFAULT;
  return PageRange{begin, begin + bytes};
}

// Pages of one address space in place of private, writable memory in another.
Result<> share(AddressSpace& from_space, VirtAddr from, AddressSpace& to_space, VirtAddr to, uint64_t bytes) {
  Result<PageRange> source = pages_at(from, bytes), target = pages_at(to, bytes);
  if (!source) return source.error();
  if (!target) return target.error();
  const VirtAddr wrong = to_space.find(*target, [](Pte entry) { return !entry.may_write() || entry.shared(); });
  if (wrong < target->end) return to_space.ruling(wrong).entry.may_write() ? Errno::kEINVAL : Errno::kEFAULT;
  return to_space.borrow(from_space, *source, to, Rights::rw());
}

// A new descriptor for the caller, close-on-exec. EMFILE, ENOMEM.
template <class Make>
Answer add_descriptor(Process& self, Make make) {
  Result<> own = self.descriptors.own(self.claim());
  if (!own) return own;
  const int fd = self.descriptors.lowest_free(0);
  if (fd == Descriptors::kLimit) return Errno::kEMFILE;
  auto made = make(self.claim());
  if (!made) return made.error();
  self.descriptors.put(fd, ObjectRef<Object>::adopt(*made), true);
  return fd;
}

// --- ports ---

Answer port(Process& self) {
  return add_descriptor(self, [](Claim claim) { return objects.make<Port>(claim); });
}

Answer mint(Process& self, Port& port, uint64_t cookie) {
  return add_descriptor(self, [&](Claim claim) {
    Result<Connection*> made = objects.make<Connection>(claim);
    if (made) (*made)->open(port, cookie, KINE_READABLE | KINE_WRITABLE);
    return made;
  });
}

Answer receive(Thread& caller, Port& port, VirtAddr to) { return port.receive(caller, to); }

Answer publish(Thread&, Port& port, uint64_t cookie, uint32_t mask) { return port.publish(cookie, mask); }

// --- answering ---

Answer reply(Thread&, Thread& sender, int64_t result) {
  answer_call(sender, result);
  scheduler.hand_over(sender);
  return 0;
}

// The sender goes on right now if the caller waits.
Answer reply_receive(Thread& caller, uint64_t token, int64_t result, Port& port, VirtAddr to) {
  Result<Thread*> sender = sender_of(token, *caller.process);
  if (!sender) return port.receive(caller, to);
  answer_call(**sender, result);
  const Answer received = port.receive(caller, to);
  scheduler.hand_over(**sender);
  return received;
}

Answer answer(Process& self, const kine_answer& given) {
  Result<Thread*> sender = sender_of(given.token, self);
  if (!sender) return sender.error();
  Result<> done = answer_call(**sender, self, given);
  if (done && !(*sender)->exchange.via) scheduler.hand_over(**sender);
  return done;
}

// --- the waiting sender ---

Answer peer_read(AddressSpace& space, Thread& sender, VirtAddr to, VirtAddr from, uint64_t bytes) {
  return bytes > kMostCopied ? Errno::kEINVAL : copy_across(*sender.process->space, from, space, to, bytes);
}

Answer peer_write(AddressSpace& space, Thread& sender, VirtAddr to, VirtAddr from, uint64_t bytes) {
  return bytes > kMostCopied ? Errno::kEINVAL : copy_across(space, from, *sender.process->space, to, bytes);
}

Answer give(AddressSpace& space, Thread& sender, VirtAddr to, VirtAddr from, uint64_t bytes) {
  return share(space, from, *sender.process->space, to, bytes);
}

Answer accept(AddressSpace& space, Thread& sender, VirtAddr to, VirtAddr from, uint64_t bytes) {
  return share(*sender.process->space, from, space, to, bytes);
}

Answer take(Process& self, Thread& sender, uint32_t fd) {
  Result<Object*> object = sender.process->descriptors.get(fd);
  if (!object) return object.error();
  return add_descriptor(self, [&](Claim) {
    (*object)->hold();
    return object;
  });
}

Answer identify(Process&, Thread& sender, Port& port, int fd, Out<uint64_t> out) {
  const Process& process = *sender.process;
  Result<Object*> object = fd == KINE_FD_CWD     ? process.working_directory.get()
                           : fd == KINE_FD_IMAGE ? process.image.get()
                                                 : process.descriptors.get(static_cast<uint32_t>(fd));
  if (!object || !*object) return object ? Errno::kEBADF : object.error();
  if ((*object)->kind() != Object::Kind::kConnection) return Errno::kEXDEV;
  const Connection& connection = static_cast<const Connection&>(**object);
  return connection.port() == &port ? out.write(connection.cookie()) : Errno::kEXDEV;
}

Answer groups(AddressSpace& space, Thread& sender, VirtAddr out, uint32_t count) {
  const Identity& identity = sender.process->identity;
  if (count < identity.group_count) return Errno::kEINVAL;
  return when(copy_out(space, out, identity.groups, identity.group_count * sizeof(uint32_t)), identity.group_count);
}

// --- rights ---

Answer cut(Process& self, Right& right, uint32_t kind, uint64_t first, uint64_t count) {
  if (kind > KINE_RIGHT_MEMORY) return Errno::kEINVAL;
  const Right::Kind wanted = static_cast<Right::Kind>(kind);
  if (!right.covers(wanted, first, count)) return Errno::kEPERM;
  return add_descriptor(self, [&](Claim claim) { return objects.make<Right>(claim, wanted, first, count); });
}

Answer bind(Thread&, Right& right, Port& port, uint64_t cookie) {
  if (right.right() != Right::Kind::kInterrupt || right.count() != 1) return Errno::kEPERM;
  return interrupts.bind(static_cast<unsigned>(right.first()), port, cookie);
}

Answer io(Process& self, Right& right) {
  if (right.right() != Right::Kind::kIo) return Errno::kEPERM;
  if (self.io.count == IoPorts::kMost) return Errno::kENOSPC;
  self.io.ranges[self.io.count++] = {static_cast<uint32_t>(right.first()), static_cast<uint32_t>(right.count())};
  scheduler.forget_io(self);
  scheduler.load_io();
  return 0;
}

Answer map(AddressSpace& space, Right& right) {
  if (right.right() != Right::Kind::kMemory) return Errno::kEPERM;
  Result<VirtAddr> at = space.find_free(right.count(), layout::kMmap);
  const Frame first{static_cast<uint32_t>(right.first() / kPageSize)};
  return at ? when(space.map_frames({*at, *at + right.count()}, first, Rights::rw(), true), *at) : at.error();
}

Answer server(Process& self, Right& right) {
  if (right.right() != Right::Kind::kMachine) return Errno::kEPERM;
  self.server = true;
  return 0;
}

// A number other than 0 puts the caller, and all that it forks, under test.
Answer refuse(Process& self, Right& right, uint64_t nth) {
  if (right.right() != Right::Kind::kMachine) return Errno::kEPERM;
  self.tested |= nth != 0;
  self.space->set_claim(self.claim());
  return static_cast<int64_t>(frames.refuse(nth));
}

Answer root(Process& self, Connection& connection) {
  self.root = ObjectRef<Object>::hold(connection);
  self.working_directory = ObjectRef<Object>::hold(connection);
  return 0;
}

Answer execute(Process& self, VirtAddr image, uint64_t bytes, VirtAddr path, VirtAddr argv, VirtAddr envp) {
  if (!pages_of(image, bytes)) return Errno::kEINVAL;
  const View view{self.space, image, bytes, Rights(true, false, true)};
  Result<> done = exec_path(self, view, path, argv, envp, {});
  if (!done) return done;
  self.image = {};
  scheduler.enter();
  return Answer::none();
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {KINE_PORT, handle<port>},
    {KINE_MINT, handle<mint>},
    {KINE_RECEIVE, handle<receive>},
    {KINE_REPLY, handle<reply>},
    {KINE_REPLY_RECEIVE, handle<reply_receive>},
    {KINE_ANSWER, handle<answer>},
    {KINE_READ, handle<peer_read>},
    {KINE_WRITE, handle<peer_write>},
    {KINE_GIVE, handle<give>},
    {KINE_ACCEPT, handle<accept>},
    {KINE_TAKE, handle<take>},
    {KINE_IDENTIFY, handle<identify>},
    {KINE_PUBLISH, handle<publish>},
    {KINE_GROUPS, handle<groups>},
    {KINE_CUT, handle<cut>},
    {KINE_BIND, handle<bind>},
    {KINE_IO, handle<io>},
    {KINE_MAP, handle<map>},
    {KINE_SERVER, handle<server>},
    {KINE_ROOT, handle<root>},
    {KINE_EXEC, handle<execute>},
    {KINE_REFUSE, handle<refuse>},
};

}  // namespace kine::calls
