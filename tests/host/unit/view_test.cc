// Views: execve and mmap of a file that a server shows.
#include <fcntl.h>
#include <sys/mman.h>

#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kPath = Actor::kTextAt, kPages = Actor::kMemory + 0x10000;
constexpr int64_t kUnmapped = 0x3000'0000;

class ViewTest : public ActorTest {
 protected:
  ViewTest() : port(init.call(KINE_PORT)), file(init.call(KINE_MINT, port, 7)), server(fork(init)), client(fork(init)) {
    EXPECT_EQ(client.call(nr::dup2, 0, port), port);
    EXPECT_EQ(client.call(KINE_ROOT, file), 0);
    for (uint64_t page = 0; page < 4; ++page) server.put(kPages + page * kPageSize, 0xf11e0000 + page);
    client.put_text("/program", kPath);
    client.put_text("first", kPath + 0x100);
    client.put_text("second", kPath + 0x110);
    client.put_text("A=b", kPath + 0x120);
    const uint64_t argv[] = {kPath + 0x100, kPath + 0x110, 0}, envp[] = {kPath + 0x120, 0};
    client.put(kPath + 0x200, argv);
    client.put(kPath + 0x300, envp);
  }

  static kine_answer view(uint64_t token, uint64_t at, uint64_t bytes, uint32_t rights) {
    kine_answer answer = answer_to(token, KINE_ANSWER_VIEW);
    answer.view = at;
    answer.view_bytes = bytes;
    answer.rights = rights;
    return answer;
  }

  // --- mmap ---

  uint64_t map_received(uint64_t pages, int protection, int flags = MAP_PRIVATE, uint64_t at = 0) {
    EXPECT_EQ(client.call(nr::mmap, at, pages * kPageSize, protection, flags, file, 0), Actor::kWaits);
    return server.receive(port).token;
  }
  int64_t map_answered(uint64_t pages, int protection, uint64_t bytes, uint32_t rights, uint64_t from = kPages) {
    EXPECT_EQ(server.answer(view(map_received(pages, protection), from, bytes, rights)), 0);
    return client.result();
  }
  static Pte entry(const Actor& actor, uint64_t at) { return actor.process().space->ruling({at}).entry; }

  // --- execve ---

  uint64_t exec_received(uint64_t argv = kPath + 0x200, uint64_t envp = kPath + 0x300) {
    EXPECT_EQ(client.call(nr::execve, kPath, argv, envp), Actor::kWaits);
    return server.receive(port).token;
  }
  // The archive's file, as a server that holds it in its memory shows it.
  kine_answer program(uint64_t token, uint64_t cookie) {
    const ArchiveFile found = kernel.file("/bin/other");
    kine_answer answer = view(token, KINE_ARCHIVE_ADDRESS + found.offset, found.bytes, PROT_READ | PROT_EXEC);
    answer.connections[0] = {static_cast<int32_t>(port), 0, cookie};
    return answer;
  }
  std::vector<std::string> arguments() {
    const uint64_t stack = client.regs().rsp;
    std::vector<std::string> found;
    for (uint64_t i = 0; i < client.get<uint64_t>(stack); ++i) found.push_back(client.get_text(client.get<uint64_t>(stack + 8 + 8 * i)));
    return found;
  }
  using Texts = std::vector<std::string>;

  const int64_t port, file;
  const Actor server, client;
};

// --- mmap ---

TEST_F(ViewTest, AMappingShowsTheServersPages) {
  const int64_t at = map_answered(3, PROT_READ, 2 * kPageSize + 100, PROT_READ);
  ASSERT_GT(at, 0);
  for (uint64_t page = 0; page < 3; ++page) {
    EXPECT_EQ(client.get<uint64_t>(at + page * kPageSize), 0xf11e0000 + page);
    EXPECT_EQ(entry(client, at + page * kPageSize).frame(), entry(server, kPages + page * kPageSize).frame()) << "shared";
    EXPECT_EQ(entry(client, at + page * kPageSize).rights(), Rights::r());
  }
  EXPECT_TRUE(entry(client, at + 3 * kPageSize).empty());
}

TEST_F(ViewTest, NeitherSideSeesTheOthersWrites) {
  const int64_t at = map_answered(2, PROT_READ | PROT_WRITE, 2 * kPageSize, PROT_READ);
  ASSERT_GT(at, 0) << "a private mapping may be written whatever the view's rights";
  ASSERT_TRUE(kernel.run(client.pid()));
  ASSERT_TRUE(kernel.store(at, 0xaa));
  ASSERT_TRUE(kernel.run(server.pid()));
  ASSERT_TRUE(kernel.store(kPages + kPageSize, 0xbb));
  EXPECT_EQ(server.get<uint64_t>(kPages), 0xf11e0000u);
  EXPECT_EQ(client.get<uint64_t>(at), 0xf11e00aau);
  EXPECT_EQ(client.get<uint64_t>(at + kPageSize), 0xf11e0001u);
  EXPECT_EQ(server.get<uint64_t>(kPages + kPageSize), 0xf11e00bbu);
}

TEST_F(ViewTest, BehindTheFileThereAreZeros) {
  const int64_t at = map_answered(4, PROT_READ, kPageSize + 1, PROT_READ);
  ASSERT_GT(at, 0);
  EXPECT_EQ(client.get<uint64_t>(at + kPageSize), 0xf11e0001u);
  EXPECT_TRUE(entry(client, at + 2 * kPageSize).is_promise());
  EXPECT_TRUE(entry(client, at + 3 * kPageSize).is_promise());
  EXPECT_TRUE(entry(client, at + 4 * kPageSize).empty());
  EXPECT_EQ(client.get<uint64_t>(at + 3 * kPageSize), 0u);
  const int64_t nothing = map_answered(1, PROT_READ, 0, PROT_READ);
  ASSERT_GT(nothing, 0) << "an empty file";
  EXPECT_EQ(client.get<uint64_t>(nothing), 0u);
}

TEST_F(ViewTest, HolesStayHoles) {
  const int64_t hole = server.call(nr::mmap, 0, 0x40'0000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  server.put(hole + 5 * kPageSize, uint64_t{5});
  const uint32_t free = kernel.free_frames();
  const int64_t at = map_answered(512, PROT_READ, 512 * kPageSize, PROT_READ, hole);
  ASSERT_GT(at, 0);
  EXPECT_TRUE(entry(client, at).is_promise());
  EXPECT_EQ(client.get<uint64_t>(at + 5 * kPageSize), 5u);
  EXPECT_GE(kernel.free_frames() + 4, free) << "only tables were taken";
  EXPECT_EQ(client.get<uint64_t>(at + 6 * kPageSize), 0u);
  EXPECT_TRUE(entry(server, hole + 6 * kPageSize).is_promise()) << "whoever looks fills his own";
}

TEST_F(ViewTest, RightsOfAMapping) {
  EXPECT_EQ(map_answered(1, PROT_READ | PROT_EXEC, kPageSize, PROT_READ), error(Errno::kEACCES)) << "not executable";
  EXPECT_EQ(map_answered(1, PROT_READ, kPageSize, 0), error(Errno::kEACCES)) << "not readable";
  EXPECT_EQ(map_answered(1, PROT_WRITE | PROT_EXEC, kPageSize, 7), error(Errno::kEACCES)) << "W^X";
  const int64_t at = map_answered(1, PROT_READ | PROT_EXEC, kPageSize, PROT_READ | PROT_EXEC);
  ASSERT_GT(at, 0);
  EXPECT_EQ(entry(client, at).rights(), Rights::rx());
  EXPECT_EQ(entry(server, kPages).rights(), Rights::rw()) << "the server's are its own affair";
}

TEST_F(ViewTest, SharedAndForbiddenPagesAreNotShown) {
  const int64_t shared = server.call(nr::mmap, 0, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const uint32_t free = kernel.free_frames();
  EXPECT_EQ(map_answered(1, PROT_READ, kPageSize, PROT_READ, shared), error(Errno::kEINVAL)) << "what is written later would show";
  EXPECT_EQ(map_answered(1, PROT_READ, kPageSize, PROT_READ, kUnmapped), error(Errno::kEFAULT));
  const int64_t secret = server.call(nr::mmap, 0, 0x1000, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT_EQ(map_answered(1, PROT_READ, kPageSize, PROT_READ, secret), error(Errno::kEFAULT)) << "what the server itself cannot read";
  EXPECT_LE(free, kernel.free_frames() + 1);
}

TEST_F(ViewTest, AViewThatIsNoneIsTheServersMistake) {
  const uint64_t token = map_received(1, PROT_READ);
  EXPECT_EQ(server.answer(view(token, kPages + 8, 8, PROT_READ)), error(Errno::kEINVAL));
  EXPECT_EQ(server.answer(view(token, kUserEnd.value, kPageSize, PROT_READ)), error(Errno::kEINVAL));
  EXPECT_EQ(server.answer(view(token, kUserEnd.value - kPageSize, kPageSize + 1, PROT_READ)), error(Errno::kEINVAL));
  EXPECT_EQ(server.answer(view(token, kPages, ~0ul, PROT_READ)), error(Errno::kEINVAL));
  EXPECT_EQ(client.result(), Actor::kWaits);
  EXPECT_EQ(server.answer(view(token, kPages, kPageSize, PROT_READ)), 0);
  EXPECT_GT(client.result(), 0);
  // To a call that takes none.
  ASSERT_EQ(client.call(nr::read, file, 0, 0), Actor::kWaits);
  const uint64_t other = server.receive(port).token;
  EXPECT_EQ(server.answer(view(other, kPages, kPageSize, PROT_READ)), error(Errno::kEINVAL));
  EXPECT_EQ(server.reply(other, 0), 0);
}

TEST_F(ViewTest, WhereAMappingGoes) {
  const uint64_t at = Actor::kMemory + 0x20000;
  client.put(at, uint64_t{1});
  EXPECT_EQ(server.answer(view(map_received(1, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE, at), kPages, kPageSize, PROT_READ)), 0);
  EXPECT_EQ(client.result(), error(Errno::kEEXIST));
  EXPECT_EQ(client.get<uint64_t>(at), 1u);
  EXPECT_EQ(server.answer(view(map_received(1, PROT_READ, MAP_PRIVATE | MAP_FIXED, at), kPages, kPageSize, PROT_READ)), 0);
  EXPECT_EQ(client.result(), static_cast<int64_t>(at));
  EXPECT_EQ(client.get<uint64_t>(at), 0xf11e0000u);
  EXPECT_EQ(entry(client, at).rights(), Rights::r());
  client.put(at + kPageSize, uint64_t{2});
  EXPECT_EQ(server.answer(view(map_received(1, PROT_READ, MAP_PRIVATE | MAP_FIXED, at + 8), kPages, kPageSize, PROT_READ)), 0);
  EXPECT_EQ(client.result(), error(Errno::kEINVAL)) << "not a page";
  EXPECT_EQ(server.answer(view(map_received(0, PROT_READ), kPages, kPageSize, PROT_READ)), 0);
  EXPECT_EQ(client.result(), error(Errno::kEINVAL)) << "nothing";
}

// --- execve ---

TEST_F(ViewTest, AProgramRunsFromAView) {
  ASSERT_EQ(client.call(nr::dup, file), 3);
  const uint64_t token = exec_received();
  EXPECT_EQ(server.answer(program(token, 33)), 0);
  EXPECT_EQ(client.result(), 0) << "rax as a program starts";
  EXPECT_EQ(client.regs().rip, 0x401010u);
  EXPECT_STREQ(client.process().name, "program");
  EXPECT_EQ(arguments(), (Texts{"first", "second"}));
  EXPECT_EQ(client.get_text(client.get<uint64_t>(client.regs().rsp + 32)), "A=b");
  EXPECT_EQ(client.get<char>(0x404100), 'o');
  EXPECT_TRUE(entry(client, Actor::kMemory).empty()) << "the old memory is gone";
  EXPECT_EQ(client.call(nr::fcntl, file, F_GETFD), error(Errno::kEBADF)) << "close-on-exec";
  EXPECT_EQ(client.call(nr::fcntl, 3, F_GETFD), 0);
  EXPECT_EQ(client.process().own_space.events.execs, 1u);
  EXPECT_EQ(entry(client, 0x401000).frame(), entry(server, KINE_ARCHIVE_ADDRESS + kernel.file("/bin/other").offset + 0x1000).frame());
  ASSERT_TRUE(kernel.run(client.pid()));
  ASSERT_TRUE(kernel.store(0x403f00, 'x'));
  EXPECT_EQ(kernel.file_bytes("/bin/other")[0x2f00], std::byte{'o'}) << "data are copied when they are written";
  EXPECT_FALSE(kernel.store(0x401000, 'x')) << "text is not written";
}

TEST_F(ViewTest, TheProcessKeepsItsImageOpen) {
  EXPECT_EQ(server.answer(program(exec_received(), 33)), 0);
  ASSERT_EQ(client.result(), 0);
  const Actor child = fork(client);
  ASSERT_EQ(child.call(nr::read, 0, 0, 0), error(Errno::kEINVAL));
  ASSERT_EQ(child.call(nr::chdir, 0x400000), Actor::kWaits);  // (a path of bytes that do not begin with /)
  const uint64_t token = server.receive(port).token;
  EXPECT_EQ(server.call(KINE_IDENTIFY, token, port, KINE_FD_IMAGE, Actor::kTextAt), 0);
  EXPECT_EQ(server.get<uint64_t>(Actor::kTextAt), 33u);
  EXPECT_EQ(server.reply(token, -1), 0);
  ASSERT_EQ(client.call(nr::exit, 0), Actor::kEnded);
  ASSERT_EQ(server.call_receive(port), Actor::kWaits) << "the child runs it too";
  ASSERT_EQ(child.call(nr::exit, 0), Actor::kEnded);
  EXPECT_EQ(server.result(), 0);
  EXPECT_EQ(server.message().kind, uint32_t{KINE_CLOSED});
  EXPECT_EQ(server.message().cookie, 33u);
}

TEST_F(ViewTest, AnotherImageClosesTheOld) {
  EXPECT_EQ(server.answer(program(exec_received(), 33)), 0);
  ASSERT_EQ(client.result(), 0);
  ASSERT_EQ(client.call(nr::execve, client.regs().rsp, 0, 0), Actor::kWaits);
  EXPECT_EQ(server.answer(program(server.receive(port).token, 34)), 0);
  EXPECT_EQ(client.result(), 0);
  const kine_message closed = server.receive(port);
  EXPECT_EQ(closed.kind, uint32_t{KINE_CLOSED});
  EXPECT_EQ(closed.cookie, 33u);
  EXPECT_EQ(arguments(), (Texts{""})) << "an empty argument where there was none";
}

TEST_F(ViewTest, AScriptsInterpreterIsPutBeforeItsArguments) {
  const std::string prefix = std::string("/bin/sh\0-x\0/program", 19) + '\0';
  server.put(kPages, prefix.data(), prefix.size());
  kine_answer answer = program(exec_received(), 1);
  answer.arguments = kPages;
  answer.argument_bytes = prefix.size();
  EXPECT_EQ(server.answer(answer), 0);
  EXPECT_EQ(client.result(), 0);
  EXPECT_EQ(arguments(), (Texts{"/bin/sh", "-x", "/program", "second"})) << "in place of argv[0]";
}

TEST_F(ViewTest, AScriptWithoutArguments) {
  server.put(kPages, "/bin/sh\0/s", 11);
  kine_answer answer = program(exec_received(0, 0), 1);
  answer.arguments = kPages;
  answer.argument_bytes = 11;
  EXPECT_EQ(server.answer(answer), 0);
  EXPECT_EQ(client.result(), 0);
  EXPECT_EQ(arguments(), (Texts{"/bin/sh", "/s"}));
}

TEST_F(ViewTest, AFailedExecveChangesNothing) {
  const Registers before = client.regs();
  const auto check = [&](const char* what, int64_t expected) {
    EXPECT_EQ(client.result(), expected) << what;
    EXPECT_EQ(client.get_text(kPath), "/program") << what;
    EXPECT_EQ(client.regs().rip, before.rip) << what;
    EXPECT_EQ(client.regs().rsp, before.rsp) << what;
    EXPECT_EQ(client.call(nr::fcntl, file, F_GETFD), FD_CLOEXEC) << what;
    EXPECT_FALSE(client.process().image) << what;
    const kine_message closed = server.receive(port);
    EXPECT_EQ(closed.kind, uint32_t{KINE_CLOSED}) << what << ": the image's connection";
    EXPECT_EQ(closed.cookie, 44u) << what;
  };
  kine_answer answer = program(exec_received(), 44);
  answer.rights = PROT_READ;
  EXPECT_EQ(server.answer(answer), 0);
  check("a view that is not executable", error(Errno::kEACCES));

  answer = program(exec_received(), 44);
  answer.view = kPages;
  EXPECT_EQ(server.answer(answer), 0);
  check("no program", error(Errno::kENOEXEC));

  answer = program(exec_received(), 44);
  answer.view = kUnmapped;
  EXPECT_EQ(server.answer(answer), 0);
  check("memory that the server does not have", error(Errno::kEFAULT));

  answer = program(exec_received(), 44);
  answer.view_bytes = 0x1800;
  EXPECT_EQ(server.answer(answer), 0);
  check("a file cut short", error(Errno::kENOEXEC));

  EXPECT_EQ(server.answer(program(exec_received(kUnmapped), 44)), 0);
  check("argv", error(Errno::kEFAULT));

  answer = program(exec_received(), 44);
  server.put(kPages + 0x1000, "/bin/sh", 7);
  answer.arguments = kPages + 0x1000;
  answer.argument_bytes = 7;
  EXPECT_EQ(server.answer(answer), 0);
  check("strings without an end", error(Errno::kEIO));

  answer.token = exec_received();
  answer.arguments = kUnmapped;
  EXPECT_EQ(server.answer(answer), 0);
  check("strings that the server does not have", error(Errno::kEIO));
}

TEST_F(ViewTest, AnAnswerToExecveMayBeMended) {
  kine_answer answer = program(exec_received(), 1);
  const kine_answer right = answer;
  answer.argument_bytes = 4097;
  EXPECT_EQ(server.answer(answer), error(Errno::kEINVAL));
  answer = right;
  answer.connections[0].fd = -1;
  EXPECT_EQ(server.answer(answer), error(Errno::kEBADF)) << "an image has a connection";
  answer.connections[0].fd = 0;
  EXPECT_EQ(server.answer(answer), error(Errno::kEINVAL));
  EXPECT_EQ(client.result(), Actor::kWaits);
  EXPECT_EQ(server.answer(right), 0);
  EXPECT_EQ(client.result(), 0);
  EXPECT_EQ(client.regs().rip, 0x401010u);
}

TEST_F(ViewTest, ASignalThatWasPendingMeetsTheNewProgram) {
  client.catch_signal(SIGUSR1);
  const uint64_t token = exec_received();
  ASSERT_EQ(init.call(nr::kill, client.pid(), SIGUSR1), 0);
  EXPECT_EQ(server.answer(program(token, 1)), 0);
  EXPECT_EQ(client.result(), Actor::kEnded) << "what was caught is default: it ends the process";
}

TEST_F(ViewTest, AVforkedChildGivesTheMemoryBackWhenItExecs) {
  ASSERT_EQ(client.call(nr::vfork), Actor::kWaits);
  const Actor child(kernel, kernel.process().pid);
  ASSERT_EQ(child.call(nr::execve, kPath, kPath + 0x200, 0), Actor::kWaits);
  const uint64_t token = server.receive(port).token;
  EXPECT_EQ(client.result(), Actor::kWaits);
  child.put(Actor::kTextAt + 0x800, uint64_t{9});
  EXPECT_EQ(server.answer(program(token, 1)), 0);
  EXPECT_EQ(client.result(), child.pid());
  EXPECT_EQ(client.get<uint64_t>(Actor::kTextAt + 0x800), 9u) << "it was one memory until then";
  EXPECT_EQ(child.result(), 0);
  EXPECT_EQ(child.regs().rip, 0x401010u);
  EXPECT_NE(child.process().space, client.process().space);
}

TEST_F(ViewTest, AServerThatRunsOnTheSameProcessorKeepsItsMemory) {
  // The server's tables are loaded while it gives another process a new image.
  EXPECT_EQ(server.answer(program(exec_received(), 1)), 0);
  ASSERT_TRUE(server.runs());
  EXPECT_EQ(kernel.load(kPages), 0x00);
  EXPECT_EQ(kernel.load(kPages + 3), 0xf1);
}

}  // namespace
}  // namespace kine
