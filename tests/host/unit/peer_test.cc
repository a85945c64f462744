// What a server may do to a sender that waits: copy bytes, share pages, take descriptors, look. Never more than the sender itself may.
#include <sys/mman.h>

#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kHere = Actor::kMemory + 0x10000, kThere = Actor::kMemory + 0x20000, kUnmapped = 0x3000'0000, kText = 0x401000;

class PeerTest : public ActorTest {
 protected:
  PeerTest() : s(make_service()) {
    EXPECT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
    token = s.server.receive(s.port).token;
    for (uint64_t page = 0; page < 4; ++page) {
      s.server.put(kHere + page * kPageSize, 0x5e00 + page);
      s.client.put(kThere + page * kPageSize, 0xc100 + page);
    }
  }
  int64_t read(uint64_t to, uint64_t from, uint64_t bytes) { return s.server.call(KINE_READ, token, to, from, bytes); }
  int64_t write(uint64_t to, uint64_t from, uint64_t bytes) { return s.server.call(KINE_WRITE, token, to, from, bytes); }
  int64_t give(uint64_t to, uint64_t from, uint64_t bytes) { return s.server.call(KINE_GIVE, token, to, from, bytes); }
  int64_t accept(uint64_t to, uint64_t from, uint64_t bytes) { return s.server.call(KINE_ACCEPT, token, to, from, bytes); }
  static Pte entry(const Actor& actor, uint64_t at) { return actor.process().space->ruling({at}).entry; }
  // Memory of the server or of the client, who then calls again.
  int64_t map_in_client(uint64_t bytes, int protection, int flags) {
    EXPECT_EQ(s.server.reply(token, 0), 0);
    const int64_t at = s.client.call(nr::mmap, 0, bytes, protection, flags | MAP_ANONYMOUS, -1, 0);
    EXPECT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
    token = s.server.receive(s.port).token;
    return at;
  }

  const Service s;
  uint64_t token = 0;
};

// --- bytes ---

TEST_F(PeerTest, BytesGoBothWays) {
  EXPECT_EQ(read(kHere + 100, kThere, 8), 0);
  EXPECT_EQ(s.server.get<uint64_t>(kHere + 100), 0xc100u);
  EXPECT_EQ(write(kThere + 0x0ffc, kHere, 8), 0) << "across pages";
  EXPECT_EQ(s.client.get<uint64_t>(kThere + 0x0ffc), 0x5e00u);
  EXPECT_EQ(read(kHere, kThere, 0), 0);
  EXPECT_EQ(read(kUnmapped, kUnmapped, 0), 0) << "nothing is nothing";
}

TEST_F(PeerTest, AtMost64KiB) {
  constexpr uint64_t kMost = 64 * 1024;
  const int64_t big = s.server.call(nr::mmap, 0, 2 * kMost, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const int64_t theirs = map_in_client(2 * kMost, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  s.client.put(theirs + kMost - 1, 'x');
  EXPECT_EQ(read(big, theirs, kMost), 0);
  EXPECT_EQ(s.server.get<char>(big + kMost - 1), 'x');
  EXPECT_EQ(write(theirs, big, kMost), 0);
  EXPECT_EQ(read(big, theirs, kMost + 1), error(Errno::kEINVAL));
  EXPECT_EQ(write(theirs, big, kMost + 1), error(Errno::kEINVAL));
  EXPECT_EQ(read(big, theirs, ~0ul), error(Errno::kEINVAL));
}

TEST_F(PeerTest, BothSidesRightsCount) {
  EXPECT_EQ(read(kHere, kUnmapped, 8), error(Errno::kEFAULT));
  EXPECT_EQ(read(kUnmapped, kThere, 8), error(Errno::kEFAULT));
  EXPECT_EQ(read(kText, kThere, 8), error(Errno::kEFAULT)) << "the server's own text";
  EXPECT_EQ(write(kText, kHere, 8), error(Errno::kEFAULT)) << "the sender's text, for reading to it";
  EXPECT_EQ(write(kUnmapped, kHere, 8), error(Errno::kEFAULT));
  EXPECT_EQ(write(kThere, kUnmapped, 8), error(Errno::kEFAULT));
  EXPECT_EQ(read(kHere, kUserEnd.value - 4, 8), error(Errno::kEFAULT));
  EXPECT_EQ(write(~0ul - 4, kHere, 8), error(Errno::kEFAULT));
  EXPECT_EQ(read(kHere, kText, 8), 0) << "text may be read";
  const int64_t secret = map_in_client(0x1000, PROT_NONE, MAP_PRIVATE);
  EXPECT_EQ(read(kHere, secret, 1), error(Errno::kEFAULT));
  EXPECT_EQ(write(secret, kHere, 1), error(Errno::kEFAULT));
}

TEST_F(PeerTest, WritingBreaksSharing) {
  const Actor child = fork(init);  // whose memory was the server's and the client's, once
  EXPECT_EQ(s.server.reply(token, 0), 0);
  const Actor grandchild = fork(s.client);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  token = s.server.receive(s.port).token;
  EXPECT_EQ(write(kThere, kHere, 8), 0);
  EXPECT_EQ(s.client.get<uint64_t>(kThere), 0x5e00u);
  EXPECT_EQ(grandchild.get<uint64_t>(kThere), 0xc100u);
  EXPECT_EQ(child.get<uint64_t>(kThere), 0u);
}

// --- pages ---

TEST_F(PeerTest, GivenPagesAreSharedUntilSomebodyWrites) {
  EXPECT_EQ(give(kThere, kHere, 2 * kPageSize), 0);
  EXPECT_EQ(s.client.get<uint64_t>(kThere), 0x5e00u);
  EXPECT_EQ(s.client.get<uint64_t>(kThere + kPageSize), 0x5e01u);
  EXPECT_EQ(s.client.get<uint64_t>(kThere + 2 * kPageSize), 0xc102u) << "no more than was given";
  EXPECT_EQ(entry(s.client, kThere).frame(), entry(s.server, kHere).frame());
  EXPECT_EQ(entry(s.client, kThere).rights(), Rights::rw());
  ASSERT_TRUE(kernel.run(s.server.pid()));
  ASSERT_TRUE(kernel.store(kHere, 1));
  EXPECT_EQ(s.client.get<uint64_t>(kThere), 0x5e00u);
  EXPECT_EQ(s.server.reply(token, 0), 0);
  ASSERT_TRUE(kernel.run(s.client.pid()));
  ASSERT_TRUE(kernel.store(kThere + kPageSize, 2));
  EXPECT_EQ(s.server.get<uint64_t>(kHere + kPageSize), 0x5e01u);
}

TEST_F(PeerTest, AcceptedPagesAreSharedUntilSomebodyWrites) {
  EXPECT_EQ(accept(kHere, kThere, 2 * kPageSize), 0);
  EXPECT_EQ(s.server.get<uint64_t>(kHere), 0xc100u);
  EXPECT_EQ(entry(s.client, kThere).frame(), entry(s.server, kHere).frame());
  ASSERT_TRUE(kernel.run(s.server.pid()));
  ASSERT_TRUE(kernel.store(kHere, 1));
  EXPECT_EQ(s.client.get<uint64_t>(kThere), 0xc100u);
  EXPECT_EQ(s.server.reply(token, 0), 0);
  ASSERT_TRUE(kernel.run(s.client.pid()));
  ASSERT_TRUE(kernel.store(kThere + kPageSize, 2));
  EXPECT_EQ(s.server.get<uint64_t>(kHere + kPageSize), 0xc101u);
}

TEST_F(PeerTest, ReadOnlyPagesMayBeGivenAndAreCopiedWhenTheyAreWritten) {
  EXPECT_EQ(accept(kHere, 0x400000, kPageSize), 0) << "the sender may read it";
  EXPECT_EQ(s.server.get<uint32_t>(kHere), 0x464c457fu);
  ASSERT_TRUE(kernel.run(s.server.pid()));
  ASSERT_TRUE(kernel.store(kHere, 1));
  EXPECT_EQ(s.client.get<uint32_t>(0x400000), 0x464c457fu);
}

TEST_F(PeerTest, HolesAreSharedAsHoles) {
  const int64_t hole = map_in_client(0x4000, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  EXPECT_EQ(accept(kHere, hole, 4 * kPageSize), 0);
  EXPECT_TRUE(entry(s.server, kHere).is_promise());
  EXPECT_EQ(s.server.get<uint64_t>(kHere + kPageSize), 0u);
}

TEST_F(PeerTest, OnlyWholePagesWithinBounds) {
  for (const auto& [to, from, bytes, expected] :
       std::vector<std::tuple<uint64_t, uint64_t, uint64_t, Errno>>{{kThere + 8, kHere, kPageSize, Errno::kEINVAL},
                                                                    {kThere, kHere + 8, kPageSize, Errno::kEINVAL},
                                                                    {kThere, kHere, 100, Errno::kEINVAL},
                                                                    {kThere, kHere, 0, Errno::kEINVAL},
                                                                    {kThere, kHere, (64ul << 20) + kPageSize, Errno::kEINVAL},
                                                                    {kThere, kHere, ~0xffful, Errno::kEINVAL},
                                                                    {0, kHere, kPageSize, Errno::kEFAULT},
                                                                    {kUserEnd.value - kPageSize, kHere, 2 * kPageSize, Errno::kEFAULT},
                                                                    {kUserEnd.value, kHere, kPageSize, Errno::kEFAULT},
                                                                    {1ul << 63, kHere, kPageSize, Errno::kEFAULT},
                                                                    {kThere, kUnmapped, kPageSize, Errno::kEFAULT},
                                                                    {kUnmapped, kHere, kPageSize, Errno::kEFAULT},
                                                                    {kText, kHere, kPageSize, Errno::kEFAULT}}) {
    EXPECT_EQ(give(to, from, bytes), error(expected)) << std::hex << to << " " << from << " " << bytes;
    EXPECT_EQ(accept(to, from, bytes), error(expected)) << std::hex << to << " " << from << " " << bytes;
  }
  EXPECT_EQ(s.client.get<uint64_t>(kThere), 0xc100u);
}

TEST_F(PeerTest, RightsAreObeyedToTheLastPage) {
  const int64_t theirs = map_in_client(0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE);
  EXPECT_EQ(give(theirs + kPageSize, kHere, 2 * kPageSize), error(Errno::kEFAULT)) << "the second is not mapped";
  EXPECT_TRUE(entry(s.client, theirs + kPageSize).is_promise()) << "nothing was given";
  const int64_t mine = s.server.call(nr::mmap, 0, 0x2000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_EQ(s.server.call(nr::mprotect, mine + kPageSize, kPageSize, PROT_NONE), 0);
  EXPECT_EQ(give(kThere, mine, 2 * kPageSize), error(Errno::kEFAULT)) << "the server cannot read the second";
  EXPECT_EQ(accept(mine, kThere, 2 * kPageSize), error(Errno::kEFAULT)) << "nor write it";
  EXPECT_EQ(s.client.get<uint64_t>(kThere), 0xc100u);
}

TEST_F(PeerTest, SharedMappingsAreNotGivenAndNotReplaced) {
  const int64_t mine = s.server.call(nr::mmap, 0, 0x1000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const int64_t theirs = map_in_client(0x1000, PROT_READ | PROT_WRITE, MAP_SHARED);
  EXPECT_EQ(give(kThere, mine, kPageSize), error(Errno::kEINVAL));
  EXPECT_EQ(give(theirs, kHere, kPageSize), error(Errno::kEINVAL));
  EXPECT_EQ(accept(mine, kThere, kPageSize), error(Errno::kEINVAL));
  EXPECT_EQ(accept(kHere, theirs, kPageSize), error(Errno::kEINVAL));
  s.server.put(mine, uint64_t{5});
  EXPECT_EQ(write(theirs, mine, 8), 0) << "bytes are copied";
  EXPECT_EQ(s.client.get<uint64_t>(theirs), 5u);
}

TEST_F(PeerTest, DeviceMemoryIsNotGiven) {
  const int64_t right = s.server.call(KINE_CUT, 0, KINE_RIGHT_MEMORY, Machine::kDeviceMemory.begin.value, kPageSize);
  const int64_t at = s.server.call(KINE_MAP, right);
  ASSERT_GT(at, 0);
  EXPECT_EQ(give(kThere, at, kPageSize), error(Errno::kEINVAL));
}

// --- descriptors ---

TEST_F(PeerTest, TakingCopiesADescriptor) {
  EXPECT_EQ(s.server.call(KINE_TAKE, token, 99), error(Errno::kEBADF));
  EXPECT_EQ(s.server.call(KINE_TAKE, token, -1), error(Errno::kEBADF));
  const int64_t fd = s.server.call(KINE_TAKE, token, s.fd);
  ASSERT_GT(fd, 0);
  EXPECT_EQ(s.server.call(nr::fcntl, fd, 1), 1) << "close-on-exec";
  EXPECT_EQ(s.server.reply(token, 0), 0);
  ASSERT_EQ(s.client.call(nr::close, s.fd), 0);
  ASSERT_EQ(s.server.call(nr::close, fd), 0);
  EXPECT_EQ(s.server.receive(s.port).kind, uint32_t{KINE_CLOSED}) << "after the last of both";
}

TEST_F(PeerTest, TakingNeedsAFreeDescriptor) {
  while (s.server.call(nr::dup, 0) >= 0) {
  }
  EXPECT_EQ(s.server.call(KINE_TAKE, token, 0), error(Errno::kEMFILE));
  EXPECT_EQ(s.server.call(KINE_PORT), error(Errno::kEMFILE));
  EXPECT_EQ(s.server.call(KINE_MINT, s.port, 0), error(Errno::kEMFILE));
  EXPECT_EQ(s.server.call(KINE_CUT, 0, KINE_RIGHT_IO, 1, 1), error(Errno::kEMFILE));
}

TEST_F(PeerTest, IdentifyKnowsConnectionsToThePortAlone) {
  constexpr uint64_t kOut = Actor::kTextAt;
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, s.fd, kOut), 0);
  EXPECT_EQ(s.server.get<uint64_t>(kOut), kCookie);
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, 0, kOut), error(Errno::kEXDEV)) << "a right";
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, 99, kOut), error(Errno::kEBADF));
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, KINE_FD_CWD, kOut), error(Errno::kEBADF)) << "there is none";
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, KINE_FD_IMAGE, kOut), error(Errno::kEBADF));
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, s.fd, 8), error(Errno::kEFAULT));
  const int64_t other = s.server.call(KINE_PORT);
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, other, s.fd, kOut), error(Errno::kEXDEV)) << "it leads elsewhere";
  EXPECT_EQ(s.server.reply(token, 0), 0);
  ASSERT_EQ(s.client.call(KINE_ROOT, s.fd), 0);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  token = s.server.receive(s.port).token;
  EXPECT_EQ(s.server.call(KINE_IDENTIFY, token, s.port, KINE_FD_CWD, kOut), 0);
}

TEST_F(PeerTest, TheSendersGroups) {
  EXPECT_EQ(s.server.call(KINE_GROUPS, token, Actor::kTextAt, 0), 0);
  EXPECT_EQ(s.server.reply(token, 0), 0);
  const uint32_t groups[] = {5, 7, 9};
  s.client.put(Actor::kTextAt, groups);
  ASSERT_EQ(s.client.call(nr::setgroups, 3, Actor::kTextAt), 0);
  ASSERT_EQ(s.client.call(nr::read, s.fd, 0, 0), Actor::kWaits);
  token = s.server.receive(s.port).token;
  EXPECT_EQ(s.server.call(KINE_GROUPS, token, Actor::kTextAt, 16), 3);
  EXPECT_EQ(s.server.get<uint32_t>(Actor::kTextAt + 8), 9u);
  EXPECT_EQ(s.server.call(KINE_GROUPS, token, Actor::kTextAt, 2), error(Errno::kEINVAL));
  EXPECT_EQ(s.server.call(KINE_GROUPS, token, 8, 3), error(Errno::kEFAULT));
}

// --- descriptors and fork ---

TEST_F(PeerTest, AForkSharesTheTableOfDescriptorsUntilItChanges) {
  const Frame before = init.process().descriptors.frame();
  const Actor child = fork(init);
  EXPECT_EQ(child.process().descriptors.frame(), init.process().descriptors.frame());
  EXPECT_EQ(child.call(nr::dup, 0), 1);
  EXPECT_NE(child.process().descriptors.frame(), before);
  EXPECT_EQ(init.process().descriptors.frame(), before);
  EXPECT_EQ(init.call(nr::fcntl, 1, 1), error(Errno::kEBADF)) << "the child's alone";
  EXPECT_EQ(init.call(nr::dup, 0), 1);
  EXPECT_EQ(init.process().descriptors.frame(), before) << "the last owner keeps it";
  EXPECT_EQ(child.call(nr::close, 0), 0);
  EXPECT_EQ(init.call(nr::fcntl, 0, 1), 0);
}

}  // namespace
}  // namespace kine
