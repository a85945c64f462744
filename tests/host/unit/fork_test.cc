// vfork: an address space on loan, whoever ends first.
#include "actor.hh"

namespace kine {
namespace {

constexpr uint64_t kAt = Actor::kTextAt;

class LoanTest : public ActorTest {
 protected:
  Actor vfork(const Actor& parent) { return child_by(parent, nr::vfork); }
  // Memory of its own, but the parent waits.
  Actor vfork_with_memory(const Actor& parent) { return child_by(parent, kClone, 0x4000 | 17); }
  void kill(const Actor& victim) {
    EXPECT_EQ(init.call(nr::kill, victim.pid(), SIGKILL), 0);
    EXPECT_EQ(victim.result(), Actor::kEnded);
    while (init.call(nr::wait4, -1, 0, 1, 0) > 0) {
    }
  }
  void expect_alive(const Actor& actor, uint64_t value) {
    ASSERT_TRUE(kernel.run(actor.pid()));
    for (unsigned i = 0; i < 8; ++i)
      EXPECT_EQ(kernel.load(kAt + i), static_cast<int>(value >> (8 * i) & 0xff)) << "process " << actor.pid();
    EXPECT_TRUE(kernel.store(kAt + 0x100, 1));
    check_rules("while it runs on");
  }
  int64_t exec(const Actor& actor) {
    const ArchiveFile file = kernel.file("/bin/other");
    return actor.call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + file.offset, file.bytes, actor.put_text("/x", kAt + 0x200), 0, 0);
  }

 private:
  static constexpr uint64_t kClone = 56;
  Actor child_by(const Actor& parent, uint64_t number, uint64_t flags = 0) {
    EXPECT_EQ(parent.call(number, flags, 0, 0, 0, 0), Actor::kWaits);
    return {kernel, kernel.process().pid};
  }
};

TEST_F(LoanTest, TheBorrowerKeepsTheMemoryOfALenderThatIsKilled) {
  const Actor lender = fork(init), borrower = vfork(lender);
  borrower.put(kAt, uint64_t{0x1234});
  kill(lender);
  expect_alive(borrower, 0x1234);
  EXPECT_EQ(borrower.process().space, &borrower.process().own_space);
  EXPECT_EQ(exec(borrower), 0);
}

TEST_F(LoanTest, ABorrowersChildHasACopyAndItsParentWaits) {
  const Actor first = fork(init), second = vfork(first);
  second.put(kAt, uint64_t{0x66});
  const Actor third = vfork(second);
  EXPECT_EQ(third.get<uint64_t>(kAt), 0x66u);
  third.put(kAt, uint64_t{0x77});
  EXPECT_EQ(exec(third), 0);
  EXPECT_EQ(second.result(), third.pid()) << "only the last one goes on";
  EXPECT_EQ(first.result(), Actor::kWaits);
  expect_alive(second, 0x66);
  EXPECT_EQ(second.call(nr::exit, 0), Actor::kEnded);
  EXPECT_EQ(first.result(), second.pid());
  expect_alive(first, 0x66);
}

// A chain of three, of which any are killed, in any order, while the last one runs: it keeps its memory, and who still lends goes on after
// it.
TEST_F(LoanTest, AnyLendersOfAChainAreKilledInAnyOrder) {
  for (const auto& [one, other] : std::vector<std::pair<int, int>>{{0, -1}, {1, -1}, {0, 1}, {1, 0}}) {
    SCOPED_TRACE(std::to_string(one) + ", " + std::to_string(other));
    const Actor first = fork(init), second = vfork(first);
    second.put(kAt, uint64_t{0x55aa});
    const Actor third = vfork(second);
    const Actor chain[] = {first, second};
    kill(chain[one]);
    expect_alive(third, 0x55aa);
    if (other >= 0) {
      kill(chain[other]);
      expect_alive(third, 0x55aa);
    }
    EXPECT_EQ(third.call(nr::exit, 0), Actor::kEnded);
    for (int i = 0; i < 2; ++i) {
      if (i == one || i == other) continue;
      EXPECT_NE(chain[i].result(), Actor::kWaits) << "the one that is left goes on";
      expect_alive(chain[i], 0x55aa);
      EXPECT_EQ(chain[i].call(nr::exit, 0), Actor::kEnded);
    }
  }
}

TEST_F(LoanTest, AChildWithMemoryOfItsOwnKeepsThat) {
  const Actor parent = fork(init);
  parent.put(kAt, uint64_t{1});
  const Actor child = vfork_with_memory(parent);
  child.put(kAt, uint64_t{2});
  EXPECT_EQ(parent.get<uint64_t>(kAt), 1u);
  kill(parent);
  expect_alive(child, 2);
}

TEST_F(LoanTest, AParentThatWaitsForMemoryOfItsOwnToo) {
  // The parent of the borrower has memory of its own, and a parent that waits for it.
  const Actor first = fork(init), second = vfork_with_memory(first), third = vfork(second);
  third.put(kAt, uint64_t{3});
  kill(second);
  EXPECT_NE(first.result(), Actor::kWaits) << "whom it waited for has ended";
  expect_alive(third, 3);
  EXPECT_EQ(first.get<uint64_t>(kAt), 0u);
  EXPECT_EQ(first.call(nr::exit, 0), Actor::kEnded);
  expect_alive(third, 3);
}

}  // namespace
}  // namespace kine
