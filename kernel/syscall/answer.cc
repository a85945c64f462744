// What a server's answer does to the sender: a number, descriptors, another server to ask, or pages to run or map.
//
// A step ends in the sender's answer, or in an error: a mistake of the server's, which is told so, while the sender still waits.
#include "syscall/route.hh"

namespace kine::calls {

namespace {

constexpr unsigned kMostAsked = 8;
constexpr uint64_t kCloseOnExec = 02000000;  // O_CLOEXEC
constexpr uint64_t kMostPrefix = 4096;

// The call is over, unless another server was asked, for whose answer the sender waits.
void complete(Thread& sender, Answer answer) {
  if (answer.is_waiting()) return;
  trace_event(R"("event":"reply","pid":{},"result":{}})", sender.process->pid, answer.value());
  end_exchange(sender);
  if (answer.has_value()) set_answer(sender, answer.value());
}

// A number, of a server that gives no more.
Answer use_number(Thread& sender, int64_t result) {
  const Exchange& call = sender.exchange;
  if (call.route->finish == Finish::kResult) return result;
  if (call.route->finish != Finish::kDirectoryItself) return result < 0 ? Answer(result) : Errno::kEIO;
  if (result == 0) sender.process->working_directory = ObjectRef<Object>::hold(*call.via);
  return result;
}

// The sender asks another server: the path loses what is consumed, and begins at that server's connection.
Result<Answer> ask_other(Thread& sender, Process& server, const kine_answer& given) {
  Exchange& call = sender.exchange;
  Result<Object*> object = server.descriptors.get(static_cast<uint32_t>(given.connections[0].fd));
  if (!object) return object.error();
  if ((*object)->kind() != Object::Kind::kConnection || given.result < 0) return Errno::kEINVAL;
  if (++call.asked > kMostAsked) return Answer(Errno::kELOOP);
  Connection& other = static_cast<Connection&>(**object);
  unsigned paths = 0, index = 0;
  for (const char* kind = call.route->words; *kind; ++kind) {
    if (*kind == 'd' || *kind == 'c') call.words[index] = other.cookie();
    if (*kind == 'p' || *kind == 'P') {
      ++paths;
      call.words[index] += static_cast<uint64_t>(given.result);
    }
    index += makes_word(*kind);
  }
  // Two paths that begin at one server may not end at two.
  if (paths > 1) return Answer(Errno::kEXDEV);
  Result<> passed = other.pass_on(sender);
  return passed ? Answer::waits() : Answer(passed);
}

Answer add_descriptor(Process& process, ObjectRef<Object> connection, uint64_t flags) {
  const int fd = process.descriptors.lowest_free(0);
  process.descriptors.put(fd, std::move(connection), flags & kCloseOnExec);
  return fd;
}

Answer add_two_descriptors(Process& process, ObjectRef<Object> (&made)[2], VirtAddr to, uint64_t flags) {
  const int first = process.descriptors.lowest_free(0);
  const int numbers[2] = {first, process.descriptors.lowest_free(first + 1)};
  Result<> written = write_user(*process.space, to, numbers);
  for (int i = 0; written && i < 2; ++i) add_descriptor(process, std::move(made[i]), flags);
  return written;
}

// execve: the view becomes the sender's image.
Answer run_view(Thread& sender, Process& server, const kine_answer& given, const View& view, ObjectRef<Object> image) {
  Process& process = *sender.process;
  if (!view.rights.exec()) return Errno::kEACCES;
  char prefix[kMostPrefix];
  Result<> read = copy_in(*server.space, prefix, {given.arguments}, given.argument_bytes);
  if (!read || (given.argument_bytes > 0 && prefix[given.argument_bytes - 1] != 0)) return Errno::kEIO;
  const uint64_t* const words = sender.exchange.words;
  Result<> done = exec_path(process, view, {sender.context.argument(0)}, {words[1]}, {words[2]}, {prefix, given.argument_bytes});
  if (!done) return done;
  process.image = std::move(image);
  return Answer::none();
}

// What the answer names: connections that the server holds, or ports of its own, where new ones to those are reserved. EBADF, EINVAL.
Result<> take_connections(Exchange& call, Process& server, const kine_answer& given, ObjectRef<Object> (&taken)[2]) {
  Object* named[2];
  const unsigned count = connections_in(call.route->finish);
  for (unsigned i = 0; i < count; ++i) {
    Result<Object*> object = server.descriptors.get(static_cast<uint32_t>(given.connections[i].fd));
    if (!object) return object.error();
    named[i] = *object;
    const bool is_port = named[i]->kind() == Object::Kind::kPort && call.reserved[i];
    if (!is_port && named[i]->kind() != Object::Kind::kConnection) return Errno::kEINVAL;
  }
  // Commit: a wrong second one has left the first unmade.
  for (unsigned i = 0; i < count; ++i) {
    taken[i] = ObjectRef<Object>::hold(*named[i]);
    if (named[i]->kind() == Object::Kind::kConnection) continue;
    call.reserved[i]->open(static_cast<Port&>(*named[i]), given.connections[i].cookie, given.connections[i].ready);
    taken[i] = ObjectRef<Object>::adopt(std::exchange(call.reserved[i], nullptr));
  }
  return {};
}

Result<Answer> use_answer(Thread& sender, Process& server, const kine_answer& given) {
  Process& process = *sender.process;
  const uint64_t(&words)[6] = sender.exchange.words;
  const Finish finish = sender.exchange.route->finish;
  const bool by_view = finish == Finish::kImage || finish == Finish::kMapping;
  if (given.kind == KINE_ANSWER_ASK) return ask_other(sender, server, given);
  const bool bare = given.result < 0 || by_view || connections_in(finish) == 0;
  if (given.kind == KINE_ANSWER_RESULT && bare) return use_number(sender, given.result);
  if (given.kind != (by_view ? KINE_ANSWER_VIEW : KINE_ANSWER_RESULT)) return Errno::kEINVAL;
  const View view{server.space, {given.view}, given.view_bytes, Rights(given.rights & 1, given.rights & 2, given.rights & 4)};
  if (by_view && (!pages_of(view.begin, view.bytes) || given.argument_bytes > kMostPrefix)) return Errno::kEINVAL;
  ObjectRef<Object> taken[2];
  Result<> done = take_connections(sender.exchange, server, given, taken);
  if (!done) return done.error();
  switch (finish) {
    case Finish::kDescriptor: return add_descriptor(process, std::move(taken[0]), words[2]);
    case Finish::kTwoDescriptors: return add_two_descriptors(process, taken, {words[0]}, words[1]);
    case Finish::kImage: return run_view(sender, server, given, view, std::move(taken[0]));
    case Finish::kMapping: return map_view(process, words, view);
    default: process.working_directory = std::move(taken[0]); return Answer(0);
  }
}

}  // namespace

void finish_call(Thread& sender, int64_t result) { complete(sender, use_number(sender, result)); }

Result<> answer_call(Thread& sender, Process& server, const kine_answer& answer) {
  Result<Answer> used = use_answer(sender, server, answer);
  if (used) complete(sender, *used);
  return used.error();
}

}  // namespace kine::calls
