#include "mmu.hh"

#include <algorithm>

namespace kine {

Mmu mmu;

namespace {

// The processor's view of an entry, from the manual and not from pte.hh (Intel SDM vol. 3A, tables 4-15 to 4-20).
constexpr uint64_t kHardwarePresent = 1u << 0;
constexpr uint64_t kHardwareWrite = 1u << 1;
constexpr uint64_t kHardwareUser = 1u << 2;
constexpr uint64_t kHardwareAccessed = 1u << 5;
constexpr uint64_t kHardwareDirty = 1u << 6;
constexpr uint64_t kHardwareLargePage = 1u << 7;
constexpr uint64_t kHardwareNoExecute = uint64_t{1} << 63;

[[noreturn]] void broken(const char* rule, Frame frame, uint64_t address) {
  throw MachineError(std::string("the processor: ") + rule + " (frame " + std::to_string(frame.number) + ", page " +
                     std::to_string(address >> Machine::kPageBits) + ")");
}

Pte entry_of(Frame table, VirtAddr address, unsigned level) {
  const FrameKind kind = frames.record(table).kind;
  if (kind != (level == kRootLevel ? FrameKind::kRoot : FrameKind::kTable))
    broken("a walk went through a frame that is no table of that level any more", table, address.value);
  const Pte entry = reinterpret_cast<const Pte*>(arena.at(table))[index_of(address, level)];
  if (!(entry.bits() & kHardwarePresent)) return entry;
  if (!(entry.bits() & kHardwareAccessed)) broken("A is clear, so the walk would write a table", table, address.value);
  if (level == 0 && !(entry.bits() & kHardwareDirty)) broken("D is clear, so a write would write a table", table, address.value);
  if (level > 0 && (entry.bits() & kHardwareLargePage)) broken("an upper entry has PS set", table, address.value);
  return entry;
}

Grant narrowed(Grant grant, Pte entry) {
  return {grant.write && (entry.bits() & kHardwareWrite), grant.user && (entry.bits() & kHardwareUser),
          grant.exec && !(entry.bits() & kHardwareNoExecute)};
}

constexpr uint64_t span_number(VirtAddr address, unsigned table_level) { return address.value / span_of(table_level + 1); }

}  // namespace

const Mmu::Leaf* Mmu::find_leaf(uint64_t page) const {
  for (const Leaf& leaf : leaves_)
    if (leaf.page == page) return &leaf;
  return nullptr;
}

Mmu::Position Mmu::deepest_cached(VirtAddr address) const {
  Position best{kRootLevel, root_, {}};
  for (const Upper& upper : uppers_)
    if (upper.level < best.level && upper.span == span_number(address, upper.level)) best = {upper.level, upper.table, upper.grant};
  return best;
}

std::optional<Frame> Mmu::translate(VirtAddr address, Access access) {
  if (!root_ || root_ == kKernelRoot) broken("user mode runs without an address space", root_, address.value);
  if (address.value >= Machine::kUserRootEntries * span_of(kRootLevel)) return std::nullopt;
  const uint64_t page = address.value / kPageSize;
  if (const Leaf* leaf = find_leaf(page)) {
    if (!leaf->grant.allows(access)) return std::nullopt;
    if (frames.record(leaf->frame).kind != FrameKind::kPage)
      broken("an access reached a frame that is no page any more", leaf->frame, address.value);
    return leaf->frame;
  }
  for (Position at = deepest_cached(address);; --at.level) {
    const Pte entry = entry_of(at.table, address, at.level);
    if (!(entry.bits() & kHardwarePresent)) return std::nullopt;
    at.grant = narrowed(at.grant, entry);
    at.table = entry.frame();
    if (at.level == 0) {
      leaves_.push_back({page, at.table, at.grant});
      return translate(address, access);
    }
    uppers_.push_back({span_number(address, at.level - 1), at.level - 1, at.table, at.grant});
  }
}

void Mmu::prefetch() {
  if (root_ && root_ != kKernelRoot) prefetch({kRootLevel, root_, {}}, {0});
}

void Mmu::prefetch(Position at, VirtAddr base) {
  const unsigned entries = at.level == kRootLevel ? Machine::kUserRootEntries : kEntries;
  for (unsigned i = 0; i < entries; ++i) {
    const VirtAddr address = base + i * span_of(at.level);
    const Pte entry = entry_of(at.table, address, at.level);
    if (!(entry.bits() & kHardwarePresent)) continue;
    if (at.level == 0) {
      (void)translate(address, Access::kRead);
    } else {
      prefetch({at.level - 1, entry.frame(), {}}, address);
    }
  }
}

void Mmu::load(Frame root) {
  flush_all();
  root_ = root;
}

// What is dropped must still be what it was when it was cached: a frame freed before the flush could have been reached.
void Mmu::flush_all() {
  for (const Leaf& leaf : leaves_)
    if (frames.record(leaf.frame).kind != FrameKind::kPage)
      broken("a page was freed before its translation was flushed", leaf.frame, leaf.page * kPageSize);
  for (const Upper& upper : uppers_)
    if (frames.record(upper.table).kind != FrameKind::kTable)
      broken("a table was freed before the flush", upper.table, upper.span * span_of(upper.level + 1));
  leaves_.clear();
  uppers_.clear();
  ++flushes_all;
}

void Mmu::flush_page(VirtAddr address) {
  const uint64_t page = address.value / kPageSize;
  for (const Upper& upper : uppers_)
    if (frames.record(upper.table).kind != FrameKind::kTable) broken("a table was freed before the flush", upper.table, address.value);
  uppers_.clear();
  std::erase_if(leaves_, [&](const Leaf& leaf) {
    if (leaf.page != page) return false;
    if (frames.record(leaf.frame).kind != FrameKind::kPage)
      broken("a page was freed before its translation was flushed", leaf.frame, address.value);
    return true;
  });
  ++flushes_page;
}

void Mmu::check_caches() const {
  const auto follow = [this](VirtAddr address, unsigned to_level, Frame expected, Grant cached) {
    Position at{kRootLevel + 1, root_, {}};
    while (at.level > to_level) {
      --at.level;
      const Pte entry = entry_of(at.table, address, at.level);
      if (!(entry.bits() & kHardwarePresent)) broken("flush missing: cached, but not mapped any more", expected, address.value);
      at.grant = narrowed(at.grant, entry);
      at.table = entry.frame();
    }
    if (at.table != expected) broken("flush missing: the caches lead to another frame than the tables", expected, address.value);
    if (!cached.within(at.grant)) broken("flush missing: the caches grant more than the tables", expected, address.value);
  };
  for (const Leaf& leaf : leaves_) follow({leaf.page * kPageSize}, 0, leaf.frame, leaf.grant);
  for (const Upper& upper : uppers_) follow({upper.span * span_of(upper.level + 1)}, upper.level + 1, upper.table, upper.grant);
}

void Mmu::check_unreachable(Frame frame) const {
  for (const Leaf& leaf : leaves_)
    if (leaf.frame == frame) broken("a frame was used afresh before its translation was flushed", frame, leaf.page * kPageSize);
  for (const Upper& upper : uppers_)
    if (upper.table == frame) broken("a frame was used afresh that a cached upper entry leads to", frame, 0);
}

uint64_t Mmu::hash() const {
  uint64_t hash = root_.number;
  const auto add = [&](uint64_t value) { hash = (hash ^ value) * 0x9e37'79b9'7f4a'7c15 + (hash >> 29); };
  const auto bits = [](Grant grant) { return uint64_t{grant.write} << 2 | uint64_t{grant.user} << 1 | uint64_t{grant.exec}; };
  for (const Leaf& leaf : leaves_) add(leaf.page << 32 ^ uint64_t{leaf.frame.number} << 3 ^ bits(leaf.grant));
  add(leaves_.size());
  for (const Upper& upper : uppers_)
    add(upper.span << 36 ^ uint64_t{upper.level} << 32 ^ uint64_t{upper.table.number} << 3 ^ bits(upper.grant));
  return hash;
}

}  // namespace kine
