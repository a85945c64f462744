// Messages when memory runs out: each exchange with every number of frames left. Whatever a call takes fails with ENOMEM and can be tried
// again; what was half done is undone; and in the end nothing is missing.
#include <fcntl.h>
#include <sys/mman.h>

#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kPath = Actor::kTextAt, kPages = Actor::kMemory + 0x10000;
constexpr int64_t kNoMemory = error(Errno::kENOMEM);

class ExhaustionTest : public ActorTest {
 protected:
  // (init's own children may use the reserve, so these are grandchildren.)
  ExhaustionTest()
      : port(init.call(KINE_PORT)), file(init.call(KINE_MINT, port, 7)), parent(fork(init)), server(fork(parent)), client(fork(parent)) {
    EXPECT_EQ(client.call(nr::dup2, 0, port), port);
    EXPECT_EQ(client.call(KINE_ROOT, file), 0);
    client.put_text("/program", kPath);
    client.put(kPages, SignalAction{.handler = Actor::kHandler, .flags = SignalAction::kRestorer, .restorer = Actor::kRestorer});
    (void)fork(client);  // everything of the client and of the server is shared with somebody
    (void)fork(server);
    // A slab of objects that is full, so that the next object needs a frame.
    while (object_frames() == 1) (void)server.call(KINE_MINT, port, 1);
    for (unsigned cells = 0; cells < kPageSize / Pool::kCellBytes - 2; ++cells) (void)server.call(KINE_MINT, port, 1);
    (void)fork(server);
    start = kernel.take_snapshot();
    reserve = frames.total() / 32;
  }

  // Tries it with what is left; if that is not enough, once more with plenty.
  int64_t attempt(const char* what, const std::function<int64_t()>& call) {
    const int64_t result = call();
    if (result != kNoMemory) return result;
    ++refusals;
    check_rules(what);
    kernel.unlimit();
    const int64_t again = call();
    EXPECT_NE(again, kNoMemory) << what << ", with memory again";
    return again;
  }
  // The token of the call that comes next; what was closed before is passed over.
  uint64_t call_received() {
    do EXPECT_EQ(attempt("receive", [&] { return server.call_receive(port); }), 0);
    while (server.message().kind == KINE_CLOSED);
    return server.message().token;
  }
  // A call to the server, which answers.
  int64_t exchange(const std::function<int64_t()>& call, const std::function<kine_answer(uint64_t)>& answer) {
    return attempt("the whole", [&] {
      const int64_t sent = attempt("the call", call);
      if (sent != Actor::kWaits) return sent;
      const kine_answer made = answer(call_received());
      EXPECT_EQ(attempt("answer", [&] { return server.answer(made); }), 0);
      return client.result();
    });
  }
  // Plays it with 0, 1, 2, … frames left, until nothing is refused any more.
  void with_every_number_of_frames(const char* name, const std::function<int64_t()>& play, unsigned at_least) {
    SCOPED_TRACE(name);
    unsigned left = 0;
    do {
      kernel.restore(*start);
      kernel.limit_free(reserve + left);
      refusals = 0;
      EXPECT_GE(play(), 0) << left << " frames left";
      end();
      if (HasFailure()) break;
    } while (refusals > 0 && ++left < 200);
    EXPECT_GE(left, at_least) << "frames that it takes";
    EXPECT_LT(left, 200u);
    kernel.restore(*start);
  }

  kine_answer view(uint64_t token, uint64_t at, uint64_t bytes) {
    kine_answer answer = answer_to(token, KINE_ANSWER_VIEW);
    answer.view = at;
    answer.view_bytes = bytes;
    answer.rights = PROT_READ | PROT_EXEC;
    answer.connections[0] = {static_cast<int32_t>(port), 0, 3};
    return answer;
  }

  const int64_t port, file;
  const Actor parent, server, client;
  std::unique_ptr<WholeKernel::Snapshot> start;
  uint32_t reserve = 0;
  unsigned refusals = 0;
};

TEST_F(ExhaustionTest, Opening) {
  with_every_number_of_frames(
      "openat",
      [&] {
        return exchange([&] { return client.call(nr::open, kPath, 0, 0); }, [&](uint64_t token) { return answer_new(token, port, 9); });
      },
      3);
  with_every_number_of_frames(
      "pipe2",
      [&] {
        return exchange([&] { return client.call(nr::pipe2, kPath, 0); },
                        [&](uint64_t token) {
                          kine_answer answer = answer_new(token, port, 9);
                          answer.connections[1] = answer.connections[0];
                          return answer;
                        });
      },
      4);
  with_every_number_of_frames(
      "chdir",
      [&] { return exchange([&] { return client.call(nr::chdir, kPath); }, [&](uint64_t token) { return answer_new(token, port, 9); }); },
      2);
}

TEST_F(ExhaustionTest, Executing) {
  const ArchiveFile found = kernel.file("/bin/other");
  with_every_number_of_frames(
      "execve",
      [&] {
        return exchange([&] { return client.call(nr::execve, kPath, 0, 0); },
                        [&](uint64_t token) { return view(token, KINE_ARCHIVE_ADDRESS + found.offset, found.bytes); });
      },
      10);
}

TEST_F(ExhaustionTest, Mapping) {
  with_every_number_of_frames(
      "mmap",
      [&] {
        return exchange([&] { return client.call(nr::mmap, 0, 0x5000, PROT_READ, MAP_PRIVATE, file, 0); },
                        [&](uint64_t token) { return view(token, kPages, 0x3000); });
      },
      3);
}

TEST_F(ExhaustionTest, Peers) {
  // Within a call of the client's, the server does one thing.
  const auto during_a_call = [&](const std::function<int64_t(uint64_t)>& act) {
    return [&, act] {
      EXPECT_EQ(client.call(nr::read, file, 0, 0), Actor::kWaits);
      const uint64_t token = call_received();
      const int64_t result = attempt("the act", [&] { return act(token); });
      EXPECT_EQ(server.reply(token, 0), 0);
      return result;
    };
  };
  with_every_number_of_frames("read", during_a_call([&](uint64_t token) { return server.call(KINE_READ, token, kPages, kPages, 0x3000); }),
                              3);
  with_every_number_of_frames("write",
                              during_a_call([&](uint64_t token) { return server.call(KINE_WRITE, token, kPages + 8, kPages, 0x3000); }), 4);
  with_every_number_of_frames("give", during_a_call([&](uint64_t token) { return server.call(KINE_GIVE, token, kPages, kPages, 0x3000); }),
                              2);
  with_every_number_of_frames("accept",
                              during_a_call([&](uint64_t token) { return server.call(KINE_ACCEPT, token, kPages, kPages, 0x3000); }), 2);
  with_every_number_of_frames("take", during_a_call([&](uint64_t token) { return server.call(KINE_TAKE, token, 0); }), 1);
}

TEST_F(ExhaustionTest, PlainCalls) {
  const auto one = [&](const Actor& actor, uint64_t number, uint64_t a = 0, uint64_t b = 0, uint64_t c = 0, uint64_t d = 0) {
    return [=, this] { return attempt("the call", [&] { return actor.call(number, a, b, c, d); }); };
  };
  with_every_number_of_frames("port", one(server, KINE_PORT), 2);
  with_every_number_of_frames("mint", one(server, KINE_MINT, static_cast<uint64_t>(port), 4), 2);
  with_every_number_of_frames("cut", one(server, KINE_CUT, 0, KINE_RIGHT_IO, 1, 1), 2);
  with_every_number_of_frames("dup", one(server, nr::dup, 0), 1);
  with_every_number_of_frames("close", one(server, nr::close, static_cast<uint64_t>(port)), 1);
  with_every_number_of_frames("close_range", one(server, nr::close_range, 2, 200), 1);
  with_every_number_of_frames(
      "sigaction", [&] { return attempt("the call", [&] { return client.call(nr::sigaction, SIGUSR1, kPages, 0, 8); }); }, 1);
  // A fork gives 0 to the child, which runs.
  with_every_number_of_frames(
      "fork",
      [&] {
        return attempt("the call", [&] {
          const int64_t result = client.call(nr::fork);
          return result == 0 ? client.result() : result;
        });
      },
      2);
}

TEST_F(ExhaustionTest, ASignalWithoutRoomForItsFrameEndsTheProcess) {
  client.catch_signal(SIGUSR1);
  (void)fork(client);
  kernel.limit_free(reserve);
  ASSERT_EQ(init.call(nr::kill, client.pid(), SIGUSR1), 0);
  EXPECT_EQ(client.result(), Actor::kEnded);
  EXPECT_NE(devices.debug.find("killed by SIGSEGV: out of memory for a signal's frame"), std::string::npos) << devices.debug;
}

TEST_F(ExhaustionTest, ServersLiveOnTheReserve) {
  constexpr uint64_t kMessage = 0x405000, kBytes = 0x406000;  // in the program's bss
  ASSERT_EQ(client.call(nr::read, file, 0, 0), Actor::kWaits);
  ASSERT_EQ(server.call(KINE_SERVER, 0), 0);
  ASSERT_EQ(server.call(nr::fcntl, port, F_SETFD, 0), 0);
  const ArchiveFile found = kernel.file("/bin/other");
  ASSERT_EQ(server.call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + found.offset, found.bytes, server.put_text("/x"), 0, 0), 0);
  EXPECT_TRUE(server.process().server) << "through exec";
  kernel.limit_free(reserve);
  EXPECT_EQ(server.call(KINE_RECEIVE, port, kMessage), 0) << "its page gets a frame";
  EXPECT_GE(server.call(KINE_PORT), 0);
  const uint64_t token = server.get<kine_message>(kMessage).token;
  EXPECT_EQ(server.call(KINE_READ, token, kBytes, kPages, 8), 0);
  // What is copied in a client's memory is the client's.
  EXPECT_EQ(server.call(KINE_WRITE, token, kPages, kBytes, 8), kNoMemory);
  EXPECT_EQ(server.call(nr::exit, 0), Actor::kEnded);
}

TEST_F(ExhaustionTest, InitsChildLivesOnTheReserveUntilItExecs) {
  const Actor child = fork(init);
  const uint64_t memory = child.call(nr::mmap, 0, 0x1000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const Actor grandchild = fork(child);
  kernel.limit_free(reserve);
  ASSERT_TRUE(kernel.run(child.pid()));
  EXPECT_TRUE(kernel.store(memory, 1)) << "so that a server can be started again";
  ASSERT_TRUE(kernel.run(grandchild.pid()));
  EXPECT_FALSE(kernel.store(memory, 1)) << "its own children do not";
  const ArchiveFile found = kernel.file("/bin/other");
  EXPECT_EQ(child.call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + found.offset, found.bytes, kPath, 0, 0), kNoMemory) << "nor what it execs";
}

}  // namespace
}  // namespace kine
