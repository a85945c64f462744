// Which server a call goes to, and with which words: every row of the table, and every way of not being sent at all.
#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>

#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kRootCookie = 0x100, kCwdCookie = 0x200, kDirCookie = 0xd1, kFileCookie = 0xf1;
constexpr uint64_t kPath = Actor::kTextAt, kPath2 = Actor::kTextAt + 0x800;

// A word of a call, or what a server sees of it.
constexpr uint64_t kDir = ~0ul - 1, kFile = ~0ul - 2, kAt = ~0ul - 3;  // kAt: where a path begins
struct Row {
  uint64_t number;
  std::vector<uint64_t> words;
  uint32_t sent;
  std::vector<uint64_t> seen;
};

class RouteTest : public ActorTest {
 protected:
  RouteTest()
      : port(init.call(KINE_PORT)),
        root(init.call(KINE_MINT, port, kRootCookie)),
        dir(init.call(KINE_MINT, port, kDirCookie)),
        file(init.call(KINE_MINT, port, kFileCookie)),
        server(fork(init)),
        client(fork(init)) {
    EXPECT_EQ(client.call(nr::close, port), 0);
    EXPECT_EQ(client.call(KINE_ROOT, root), 0);
    EXPECT_EQ(client.call(nr::chdir, client.put_text("/w")), Actor::kWaits);
    EXPECT_EQ(server.answer(answer_new(server.receive(port).token, port, kCwdCookie)), 0);
    EXPECT_EQ(client.result(), 0);
  }

  // Sends it, with `directory` as the descriptor of a directory, and compares what the server sees.
  void check_row(Row row, uint64_t descriptor, uint64_t directory, uint64_t begins_at, uint64_t cookie) {
    for (uint64_t& word : row.words) word = word == kFile ? descriptor : word == kDir ? directory : word;
    for (uint64_t& word : row.seen) word = word == kFile ? kFileCookie : word == kAt ? begins_at : word;
    row.words.resize(6, 0x77);
    SCOPED_TRACE("call " + std::to_string(row.number));
    ASSERT_EQ(client.call(row.number, row.words[0], row.words[1], row.words[2], row.words[3], row.words[4], row.words[5]), Actor::kWaits);
    const kine_message message = server.receive(port);
    EXPECT_EQ(message.number, row.sent);
    EXPECT_EQ(message.cookie, cookie);
    for (size_t i = 0; i < row.seen.size(); ++i) EXPECT_EQ(message.words[i], row.seen[i]) << "word " << i;
    EXPECT_EQ(server.reply(message.token, -1), 0);
    EXPECT_EQ(client.result(), -1);
  }
  void expect_nothing_sent() { EXPECT_EQ(server.call_receive(port), Actor::kWaits) << "number " << server.message().number; }

  const int64_t port, root, dir, file;
  const Actor server, client;
};

const std::vector<Row> kByDescriptor = {
    {0, {kFile, 11, 12}, 0, {kFile, 11, 12}},
    {1, {kFile, 11, 12}, 1, {kFile, 11, 12}},
    {5, {kFile, 11}, 5, {kFile, 11}},
    {8, {kFile, 11, 12}, 8, {kFile, 11, 12}},
    {9, {0, 0x1000, PROT_READ, MAP_PRIVATE, kFile, 0x3000}, 9, {0, 0x1000, PROT_READ, MAP_PRIVATE, kFile, 0x3000}},
    {16, {kFile, 11, 12}, 16, {kFile, 11, 12}},
    {17, {kFile, 11, 12, 13}, 17, {kFile, 11, 12, 13}},
    {18, {kFile, 11, 12, 13}, 18, {kFile, 11, 12, 13}},
    {19, {kFile, 11, 12}, 19, {kFile, 11, 12}},
    {20, {kFile, 11, 12}, 20, {kFile, 11, 12}},
    {72, {kFile, F_SETFL, 12}, 72, {kFile, F_SETFL, 12}},
    {73, {kFile, 11}, 73, {kFile, 11}},
    {74, {kFile}, 74, {kFile}},
    {75, {kFile}, 75, {kFile}},
    {77, {kFile, 11}, 77, {kFile, 11}},
    {81, {kFile}, 81, {kFile}},
    {91, {kFile, 11}, 91, {kFile, 11}},
    {93, {kFile, 11, 12}, 93, {kFile, 11, 12}},
    {138, {kFile, 11}, 138, {kFile, 11}},
    {217, {kFile, 11, 12}, 217, {kFile, 11, 12}},
    {221, {kFile, 11, 12, 13}, 221, {kFile, 11, 12, 13}},
    {285, {kFile, 11, 12, 13}, 285, {kFile, 11, 12, 13}},
};

const std::vector<Row> kByPath = {
    {59, {kPath, 11, 12}, 59, {kPath, 11, 12}},
    {76, {kPath, 11}, 76, {kPath, 11}},
    {80, {kPath}, 80, {kPath}},
    {137, {kPath, 11}, 137, {kPath, 11}},
    {165, {11, kPath, 12, 13, 14}, 165, {11, kPath, 12, 13, 14}},
    {166, {kPath, 11}, 166, {kPath, 11}},
    {257, {kDir, kPath, 11, 12}, 257, {kAt, kPath, 11, 12}},
    {258, {kDir, kPath, 11}, 258, {kAt, kPath, 11}},
    {259, {kDir, kPath, 11, 12}, 259, {kAt, kPath, 11, 12}},
    {260, {kDir, kPath, 11, 12, 13}, 260, {kAt, kPath, 11, 12, 13}},
    {262, {kDir, kPath, 11, 12}, 262, {kAt, kPath, 11, 12}},
    {263, {kDir, kPath, 11}, 263, {kAt, kPath, 11}},
    {265, {kDir, kPath, kDir, kPath2, 11}, 265, {kAt, kPath, kAt, kPath2, 11}},
    {266, {11, kDir, kPath}, 266, {11, kAt, kPath}},
    {267, {kDir, kPath, 11, 12}, 267, {kAt, kPath, 11, 12}},
    {268, {kDir, kPath, 11}, 268, {kAt, kPath, 11, 0}},
    {280, {kDir, kPath, 11, 12}, 280, {kAt, kPath, 11, 12}},
    {316, {kDir, kPath, kDir, kPath2, 11}, 316, {kAt, kPath, kAt, kPath2, 11}},
    {332, {kDir, kPath, 11, 12, 13}, 332, {kAt, kPath, 11, 12, 13}},
    {439, {kDir, kPath, 11, 12}, 439, {kAt, kPath, 11, 12}},
    {264, {kDir, kPath, kDir, kPath2}, 316, {kAt, kPath, kAt, kPath2, 0}},
    {269, {kDir, kPath, 11}, 439, {kAt, kPath, 11, 0}},
    // Older forms begin at the working directory.
    {2, {kPath, 11, 12}, 257, {kAt, kPath, 11, 12}},
    {4, {kPath, 11}, 262, {kAt, kPath, 11, 0}},
    {6, {kPath, 11}, 262, {kAt, kPath, 11, AT_SYMLINK_NOFOLLOW}},
    {21, {kPath, 11}, 439, {kAt, kPath, 11, 0}},
    {82, {kPath, kPath2}, 316, {kAt, kPath, kAt, kPath2, 0}},
    {83, {kPath, 11}, 258, {kAt, kPath, 11}},
    {84, {kPath}, 263, {kAt, kPath, AT_REMOVEDIR}},
    {85, {kPath, 11}, 257, {kAt, kPath, O_CREAT | O_WRONLY | O_TRUNC, 11}},
    {86, {kPath, kPath2}, 265, {kAt, kPath, kAt, kPath2, 0}},
    {87, {kPath}, 263, {kAt, kPath, 0}},
    {88, {11, kPath}, 266, {11, kAt, kPath}},
    {89, {kPath, 11, 12}, 267, {kAt, kPath, 11, 12}},
    {90, {kPath, 11}, 268, {kAt, kPath, 11, 0}},
    {92, {kPath, 11, 12}, 260, {kAt, kPath, 11, 12, 0}},
    {94, {kPath, 11, 12}, 260, {kAt, kPath, 11, 12, AT_SYMLINK_NOFOLLOW}},
    {133, {kPath, 11, 12}, 259, {kAt, kPath, 11, 12}},
};

const std::vector<Row> kByNothing = {
    {22, {kPath}, 293, {kPath, 0}},
    {293, {kPath, O_CLOEXEC}, 293, {kPath, O_CLOEXEC}},
    {162, {}, 162, {}},
};

TEST_F(RouteTest, EveryCallByDescriptor) {
  for (const Row& row : kByDescriptor) check_row(row, file, dir, 0, kFileCookie);
  // A descriptor is a C int.
  for (const Row& row : kByDescriptor) check_row(row, file | 7l << 32, dir, 0, kFileCookie);
}

TEST_F(RouteTest, EveryCallByPath) {
  client.put_text("x", kPath);
  client.put_text("", kPath2);
  for (const Row& row : kByPath) {
    const bool names_directory = std::find(row.words.begin(), row.words.end(), kDir) != row.words.end();
    const uint64_t begin = names_directory ? kDirCookie : kCwdCookie;
    check_row(row, file, dir, begin, begin);
    if (names_directory) {
      check_row(row, file, static_cast<uint64_t>(AT_FDCWD), kCwdCookie, kCwdCookie);
      check_row(row, file, static_cast<uint32_t>(AT_FDCWD), kCwdCookie, kCwdCookie);
    }
  }
  client.put_text("/", kPath);
  client.put_text("/y", kPath2);
  for (const Row& row : kByPath) check_row(row, file, dir, kRootCookie, kRootCookie);
  for (const Row& row : kByPath) check_row(row, file, 99, kRootCookie, kRootCookie);  // which is not open
}

TEST_F(RouteTest, CallsThatNameNothing) {
  for (const Row& row : kByNothing) check_row(row, file, dir, 0, kRootCookie);
  check_row({79, {11, 12}, 79, {11, 12}}, file, dir, 0, kCwdCookie);
}

TEST_F(RouteTest, TwoPathsMayBeginAtDifferentPlacesOfOneServer) {
  client.put_text("x", kPath);
  client.put_text("/y", kPath2);
  ASSERT_EQ(client.call(nr::linkat, dir, kPath, AT_FDCWD, kPath2, 0), Actor::kWaits);
  const kine_message message = server.receive(port);
  EXPECT_EQ(message.cookie, kDirCookie) << "the first decides";
  EXPECT_EQ(message.words[0], kDirCookie);
  EXPECT_EQ(message.words[2], kRootCookie);
  EXPECT_EQ(server.reply(message.token, 0), 0);
  EXPECT_EQ(client.result(), 0);
}

TEST_F(RouteTest, ATimeCanBeSetWithoutAPath) {
  ASSERT_EQ(client.call(280, file, 0, 11, 0), Actor::kWaits);
  const kine_message message = server.receive(port);
  EXPECT_EQ(message.words[0], kFileCookie);
  EXPECT_EQ(message.words[1], 0u);
  EXPECT_EQ(server.reply(message.token, 0), 0);
}

// --- what is not sent ---

TEST_F(RouteTest, OneServerAlone) {
  const int64_t other_port = client.call(KINE_PORT), other = client.call(KINE_MINT, other_port, kDirCookie);
  client.put_text("x", kPath);
  client.put_text("y", kPath2);
  for (const uint64_t number : {265, 316}) {
    EXPECT_EQ(client.call(number, dir, kPath, other, kPath2, 0), error(Errno::kEXDEV)) << number;
    EXPECT_EQ(client.call(number, other, kPath, dir, kPath2, 0), error(Errno::kEXDEV)) << number;
    EXPECT_EQ(client.call(number, other, kPath, AT_FDCWD, kPath2, 0), error(Errno::kEXDEV)) << number;
  }
  ASSERT_EQ(client.call(KINE_ROOT, other), 0);
  client.put_text("/y", kPath2);
  EXPECT_EQ(client.call(nr::linkat, dir, kPath, dir, kPath2, 0), error(Errno::kEXDEV)) << "the root is the other's";
  EXPECT_EQ(server.receive(port).kind, uint32_t{KINE_CLOSED}) << "the working directory of before";
  expect_nothing_sent();
}

TEST_F(RouteTest, WithoutAServerThereIsNoSuchCall) {
  init.put_text("x", kPath);
  EXPECT_EQ(init.call(nr::open, kPath, 0, 0), error(Errno::kENOSYS)) << "no working directory";
  EXPECT_EQ(init.call(79, kPath, 10), error(Errno::kENOSYS)) << "getcwd";
  init.put_text("/x", kPath);
  EXPECT_EQ(init.call(nr::open, kPath, 0, 0), error(Errno::kENOSYS)) << "no root";
  EXPECT_EQ(init.call(nr::execve, kPath, 0, 0), error(Errno::kENOSYS));
  EXPECT_EQ(init.call(nr::pipe2, kPath, 0), error(Errno::kENOSYS));
  EXPECT_EQ(init.call(162), error(Errno::kENOSYS));
}

TEST_F(RouteTest, NumbersThatNobodyKnows) {
  for (const uint64_t number : {26ul, 41ul, 64ul, 101ul, 256ul, 335ul, 440ul, 511ul, 512ul, 600ul, 999ul, 1009ul, 1024ul, 1029ul,
                                1038ul, 5000ul, 0x7fff'fffful, 0xffff'fffful})
    EXPECT_EQ(client.call(number, file, file, file, file, file, file), error(Errno::kENOSYS)) << number;
  EXPECT_EQ(client.call(0x7'0000'0000 | nr::getpid), client.pid()) << "only eax counts";
  expect_nothing_sent();
}

TEST_F(RouteTest, BadDescriptorsAndPaths) {
  EXPECT_EQ(client.call(nr::read, 77, 0, 0), error(Errno::kEBADF));
  EXPECT_EQ(client.call(nr::read, -1, 0, 0), error(Errno::kEBADF));
  EXPECT_EQ(client.call(nr::read, 256, 0, 0), error(Errno::kEBADF));
  EXPECT_EQ(client.call(nr::read, 0, 0, 0), error(Errno::kEINVAL)) << "a right";
  const int64_t own = client.call(KINE_PORT);
  EXPECT_EQ(client.call(nr::read, own, 0, 0), error(Errno::kEINVAL)) << "a port";
  client.put_text("x", kPath);
  EXPECT_EQ(client.call(nr::openat, 77, kPath, 0, 0), error(Errno::kEBADF));
  EXPECT_EQ(client.call(nr::openat, own, kPath, 0, 0), error(Errno::kEINVAL));
  EXPECT_EQ(client.call(nr::openat, dir, 8, 0, 0), error(Errno::kEFAULT));
  EXPECT_EQ(client.call(nr::open, 1ul << 63, 0, 0), error(Errno::kEFAULT));
  EXPECT_EQ(client.call(nr::linkat, dir, kPath, dir, 8, 0), error(Errno::kEFAULT));
  EXPECT_EQ(client.call(nr::mmap, 0, 0x1000, PROT_READ, MAP_PRIVATE, 77, 0), error(Errno::kEBADF));
  EXPECT_EQ(client.call(nr::mmap, 0, 0x1000, PROT_READ, MAP_PRIVATE, file, 5), error(Errno::kEINVAL));
  EXPECT_EQ(client.call(nr::mmap, 0, 0x1000, PROT_READ, MAP_SHARED, file, 0), error(Errno::kENODEV));
  EXPECT_EQ(client.call(nr::pipe2, 0x401000, 0), error(Errno::kEFAULT)) << "text cannot hold the numbers";
  expect_nothing_sent();
}

TEST_F(RouteTest, WithoutAFreeDescriptorNothingIsOpened) {
  client.put_text("x", kPath);
  int64_t last = 0;
  for (int64_t fd = 0; (fd = client.call(nr::dup, file)) >= 0;) last = fd;
  EXPECT_EQ(last, 255);
  const unsigned objects_before = object_frames();
  EXPECT_EQ(client.call(nr::open, kPath, 0, 0), error(Errno::kEMFILE));
  EXPECT_EQ(client.call(nr::pipe2, kPath, 0), error(Errno::kEMFILE));
  ASSERT_EQ(client.call(nr::close, 100), 0);
  EXPECT_EQ(client.call(nr::pipe2, kPath, 0), error(Errno::kEMFILE)) << "two are needed";
  EXPECT_EQ(object_frames(), objects_before);
  ASSERT_EQ(client.call(nr::open, kPath, 0, 0), Actor::kWaits);
  EXPECT_EQ(server.answer(answer_new(server.receive(port).token, port, 1)), 0);
  EXPECT_EQ(client.result(), 100);
  ASSERT_EQ(client.call(nr::chdir, kPath), Actor::kWaits) << "needs no descriptor";
  EXPECT_EQ(server.reply(server.receive(port).token, -2), 0);
  expect_nothing_sent();
}

TEST_F(RouteTest, TheTableOfDescriptorsIsTheKernels) {
  EXPECT_EQ(client.call(nr::fcntl, file, F_GETFD), FD_CLOEXEC) << "as minted";
  EXPECT_EQ(client.call(nr::fcntl, file, F_SETFD, 0), 0);
  EXPECT_EQ(client.call(nr::fcntl, file, F_GETFD), 0);
  EXPECT_EQ(client.call(nr::fcntl, file, F_DUPFD, 50), 50);
  EXPECT_EQ(client.call(nr::fcntl, file, F_DUPFD_CLOEXEC, 50), 51);
  EXPECT_EQ(client.call(nr::fcntl, 51, F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(client.call(nr::fcntl, 50, F_GETFD), 0);
  expect_nothing_sent();
}

}  // namespace
}  // namespace kine
