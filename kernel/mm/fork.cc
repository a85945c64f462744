// The life of an address space: made, forked by one of three strategies, given back.
#include "mm/address_space.hh"

namespace kine {

constexpr unsigned kNoLevel = ~0u;

// Parent and child share what the entries of this level lead to, and have their own copies of all above.
// lab(cow, tree)
constexpr unsigned level_to_share(ForkStrategy strategy) {
  return strategy == ForkStrategy::kTree ? kRootLevel : strategy == ForkStrategy::kPages ? 0 : kNoLevel;
}

Result<> AddressSpace::create(Claim claim) {
  check(!root_, "an address space was created twice");
  Result<Frame> root = frames.take_zeroed(FrameKind::kRoot, claim);
  if (!root) return root.error();
  root_ = *root;
  claim_ = claim;
  Machine::map_kernel(root_);
  return {};
}

// Visits what copy_entries gives one reference more.
template <class Visit>
static void for_each_shared(Table table, unsigned level, unsigned shared_level, Visit visit) {
  table.for_each_used([&](unsigned, Pte entry) {
    if (!entry.present()) return;
    if (level == shared_level || entry.shared()) return visit(entry.frame());
    if (level > 0) for_each_shared(Table(entry.frame()), level - 1, shared_level, visit);
  });
}

void AddressSpace::destroy() {
  if (root_) frames.unlink(std::exchange(root_, Frame{}));
}

void AddressSpace::take_over(AddressSpace& other) {
  destroy();
  root_ = std::exchange(other.root_, Frame{});
  claim_ = other.claim_;
  events.pages_copied += other.events.pages_copied;  // exec's own work on the new image
  events.pages_zeroed += other.events.pages_zeroed;
  events.tables_split += other.events.tables_split;
  search_hint_ = other.search_hint_;
  heap_start = other.heap_start;
  heap_end = other.heap_end;
}

// lab(fork)
Result<> AddressSpace::fork_from(AddressSpace& parent, ForkStrategy strategy, Claim claim) {
  const unsigned shared_level = level_to_share(strategy);
  if (!frames.countable([&](auto visit) { for_each_shared(Table(parent.root_), kRootLevel, shared_level, visit); })) return Errno::kENOMEM;
  if (!frames.available(frames_to_copy(parent.root_, kRootLevel, shared_level), claim)) return Errno::kENOMEM;
  // Commit: nothing fails from here on.
  check(bool(create(claim)), "a frame that was available is not");
  copy_entries(Table(parent.root_), Table(root_), kRootLevel, shared_level);
  search_hint_ = parent.search_hint_;
  heap_start = parent.heap_start;
  heap_end = parent.heap_end;
  parent.count(&Events::forks);
  // The parent's processor may still hold translations that allow writing.
  Machine::flush_all();
  return {};
}

// How many frames copy_entries takes for a table, itself included.
// lab(fork)
uint64_t AddressSpace::frames_to_copy(Frame table, unsigned level, unsigned shared_level) const {
  uint64_t needed = 1;
  if (level == shared_level) return needed;
  Table(table).for_each_used([&](unsigned, Pte entry) {
    if (!entry.present() || entry.shared()) return;
    needed += level > 0 ? frames_to_copy(entry.frame(), level - 1, shared_level) : 1;
  });
  return needed;
}

// Copies every entry of a table, and all tables below down to those of `shared_level`. What those lead to is shared copy-on-write. With
// kNoLevel pages are copied as well, but for those mapped MAP_SHARED. Requires: enough frames.
// lab(fork)
void AddressSpace::copy_entries(Table from, Table to, unsigned level, unsigned shared_level) {
  from.for_each_used([&](unsigned index, Pte entry) {
    if (entry.present()) {
      if (level == shared_level || entry.shared()) {
        entry = share_entry(from, index);
      } else if (level > 0) {
        Result<Frame> table = frames.take_zeroed(FrameKind::kTable, claim_);
        copy_entries(Table(entry.frame()), Table(*table), level - 1, shared_level);
        count(&Events::tables_copied);
        entry = Pte::table(*table);
      } else {
        Result<Frame> page = frames.take(FrameKind::kPage, claim_);
        Machine::copy_page(*page, entry.frame());
        count(&Events::pages_copied);
        entry = Pte::page(*page, entry.rights());
        if (entry.may_write()) entry = entry.writable_now();
      }
    }
    to.set(index, entry);
  });
}

}  // namespace kine
