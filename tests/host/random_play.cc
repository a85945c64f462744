#include "random_play.hh"

#include <deque>

namespace kine {
namespace {

using Kind = Operation::Kind;

class Generator {
 public:
  Generator(Chance& chance, unsigned processes) : chance_(chance), processes_(processes) {}

  Operation next() {
    Operation op{.kind = kind(), .process = process()};
    op.other = process();
    op.at = pages();
    op.rights = rights();
    op.value = static_cast<uint8_t>(below(256));
    op.address = {pages().first * kPageSize + below(kPageSize)};
    op.strategy = static_cast<ForkStrategy>(below(3));
    op.running = below(4) != 0;
    complete(op);
    return op;
  }

 private:
  uint64_t below(uint64_t limit) { return chance_.below(limit); }
  unsigned process() { return static_cast<unsigned>(below(processes_)); }

  // Weights: what changes memory comes often, what ends a process seldom.
  Kind kind() {
    static constexpr struct {
      Kind kind;
      unsigned weight;
    } kKinds[] = {{Kind::kMap, 8},     {Kind::kMapShared, 3}, {Kind::kMapArchive, 3}, {Kind::kMapAnywhere, 3}, {Kind::kUnmap, 5},
                  {Kind::kProtect, 8}, {Kind::kForget, 5},    {Kind::kMove, 6},       {Kind::kShare, 5},       {Kind::kBorrow, 7},
                  {Kind::kStore, 30},  {Kind::kLoad, 12},     {Kind::kFetch, 4},      {Kind::kCopyOut, 8},     {Kind::kCopyIn, 4},
                  {Kind::kFork, 10},   {Kind::kExec, 2},      {Kind::kExit, 4},       {Kind::kReap, 2}};
    unsigned total = 0;
    for (const auto& k : kKinds) total += k.weight;
    uint64_t at = below(total);
    for (const auto& k : kKinds) {
      if (at < k.weight) return k.kind;
      at -= k.weight;
    }
    return Kind::kLoad;
  }

  Rights rights() {
    static constexpr Rights kRights[] = {Rights::rw(), Rights::rw(), Rights::rw(), Rights::r(), Rights::rx(), Rights::none()};
    return kRights[below(6)];
  }

  // Near a boundary of some level: there the kernel's cases meet.
  uint64_t page() {
    const unsigned level = static_cast<unsigned>(below(Machine::kLevels));
    const uint64_t span = span_of(level) / kPageSize;
    const uint64_t base = below(std::min<uint64_t>(kUserPages / span + 1, 4)) * span;
    return std::min((base + kUserPages + below(7) - 3) % kUserPages, kUserPages - 1);
  }

  Pages pages() {
    uint64_t count = 1 + below(6);
    if (below(6) == 0) count = 1 + below(2 * kEntries + 3);
    const uint64_t first = page();
    return {first, std::min(count, kUserPages - first)};
  }

  void complete(Operation& op) {
    const auto keep_apart = [&](uint64_t count) {  // two ranges that do not overlap
      op.from = {page(), count};
      if (op.from.end() > kUserPages) op.from.first = 0;
      op.from.count = std::min(op.from.count, kUserPages);
      while (op.from.range().overlaps(op.at.range())) {
        op.at = pages();
        op.from.first = (op.from.first + 5) % (kUserPages - op.from.count);
      }
    };
    if (op.kind == Kind::kMapShared || op.kind == Kind::kMapArchive) op.at.count = std::min<uint64_t>(op.at.count, 20);
    if (op.kind == Kind::kMapArchive) {
      op.at.count = std::min<uint64_t>(op.at.count, 2);
      op.value = static_cast<uint8_t>(below(3 - op.at.count));
    }
    if (op.kind == Kind::kMove) {
      keep_apart(below(2) ? op.at.count : 1 + below(6));
      op.at.count = std::min(op.at.count, op.from.count + 20);  // more of a shared mapping is filled at once
    }
    if (op.kind == Kind::kShare || op.kind == Kind::kBorrow) {
      if (op.kind == Kind::kBorrow) op.at.count = 1 + below(4);  // (of more, some part is most often not mapped)
      op.at.count = std::min(op.at.count, kUserPages - op.at.first);
      keep_apart(op.at.count);
      op.from.count = op.at.count = std::min(op.from.count, op.at.count);
    }
    if (op.kind == Kind::kMapAnywhere) op.from = {page(), 0}, op.from.count = std::min(3 * op.at.count + 2, kUserPages - op.from.first);
    if (op.kind == Kind::kCopyOut || op.kind == Kind::kCopyIn) op.length = 1 + below(2 * kPageSize);
    if (op.kind == Kind::kReap) op.length = below(4);
    if (op.kind == Kind::kExec) op.at = {op.at.first, std::min<uint64_t>(op.at.count, 3)}, op.rights = Rights::rw();
    if (op.kind == Kind::kExec && op.at.end() >= kUserPages) op.at = {1, 2};
    if (op.kind == Kind::kStore || op.kind == Kind::kLoad || op.kind == Kind::kFetch || op.kind == Kind::kFork) op.running = true;
  }

  Chance& chance_;
  unsigned processes_;
};

// An operation was refused for want of frames: with the fewest frames more that make it succeed, it must use every one. (More may be asked
// for only where one table lies on two paths, and by a move, which counts three edits one by one.)
void check_refusal(World& world, const Operation& op, const World::Snapshot& before, uint32_t spare) {
  for (uint32_t extra = 1;; ++extra) {
    if (extra > spare) throw Broken("a refused operation (ENOMEM) succeeds with no amount of memory");
    world.restore(before);
    world.add_spare(extra);
    if (world.run(op) != Errno::kOk) continue;
    const uint32_t left = frames.free();
    world.restore(before);
    const bool may_ask_more = op.kind == Kind::kMove || has_alias(world.space(op.process));
    if (left != 0 && !may_ask_more)
      throw Broken("refused with ENOMEM: expected that it needs all frames, seen unused: " + std::to_string(left));
    return;
  }
}

}  // namespace

RandomPlay play_random(Chance& chance, const RandomSetting& setting) {
  constexpr uint32_t kSpare = 200;
  World world({.processes = setting.processes, .frames = setting.frames, .spare = kSpare});
  world.set_prefetch(setting.prefetch);
  Generator generator(chance, setting.processes);
  World::Snapshot before, after;
  std::deque<std::string> trace;
  bool reaped = true;
  RandomPlay result;
  for (unsigned step = 0; step < setting.steps && !chance.exhausted(); ++step) {
    const Operation op = generator.next();
    if (!world.applicable(op)) continue;
    trace.push_back(describe(op));
    if (trace.size() > 30) trace.pop_front();
    try {
      world.save(before);
      const Errno answer = world.play(op);
      ++result.played;
      if (answer == Errno::kENOMEM && world.model().expected(op) == Errno::kOk && reaped) {
        ++result.refused;
        if (all_or_nothing(op)) world.check_unchanged(before);
        world.save(after);
        check_refusal(world, op, before, kSpare);
        world.restore(after);
      }
      reaped = chance.below(4) != 0;
      reaped ? world.check() : world.check_meaning();
    } catch (const std::logic_error& error) {
      std::string text = std::string(error.what()) + "\nstep " + std::to_string(step) + ", after:";
      for (const std::string& line : trace) text += "\n  " + line;
      throw Broken(text);
    }
  }
  world.check();
  world.end();
  return result;
}

}  // namespace kine
