// The life of an address space: made, forked by one of three strategies, given back.
#include "mm/address_space.hh"

namespace kine {

Result<> AddressSpace::create(Claim claim) {
  check(!root_, "an address space was created twice");
  Result<Frame> root = frames.take_zeroed(FrameKind::kRoot, claim);
  if (!root) return root.error();
  root_ = *root;
  claim_ = claim;
  Machine::map_kernel(root_);
  return {};
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

Result<> AddressSpace::fork_from(AddressSpace& parent, ForkStrategy strategy) {
  Table from(parent.root_);
  uint64_t needed = 1;
  if (strategy != ForkStrategy::kTree) {
    from.for_each_used([&](unsigned, Pte entry) {
      if (entry.present()) needed += parent.frames_to_copy(entry.frame(), kRootLevel - 1, strategy);
    });
  }
  if (!frames.available(needed, Claim::kOrdinary)) return Errno::kENOMEM;
  // Commit: nothing fails from here on.
  check(bool(create(Claim::kOrdinary)), "a frame that was available is not");
  Table to(root_);
  from.for_each_used([&](unsigned index, Pte entry) {
    if (entry.present()) {
      if (strategy == ForkStrategy::kTree) {
        // The whole idea: the subtree has one owner more, and neither writes it before it has made the path its own.
        entry = entry.read_only();
        from.update(index, entry);
        frames.add_reference(entry.frame());
      } else {
        entry = Pte::table(copy_tree(entry.frame(), kRootLevel - 1, strategy));
      }
    }
    to.set(index, entry);
  });
  search_hint_ = parent.search_hint_;
  heap_start = parent.heap_start;
  heap_end = parent.heap_end;
  parent.count(&Events::forks);
  // The parent's processor may still hold translations that allow writing.
  Machine::flush_all();
  return {};
}

uint64_t AddressSpace::frames_to_copy(Frame table, unsigned level, ForkStrategy strategy) const {
  uint64_t needed = 1;
  Table(table).for_each_used([&](unsigned, Pte entry) {
    if (!entry.present()) return;
    if (level > 0) {
      needed += frames_to_copy(entry.frame(), level - 1, strategy);
    } else if (strategy == ForkStrategy::kEager && !entry.shared()) {
      ++needed;
    }
  });
  return needed;
}

// Copies a table and all tables below; the pages below are shared copy-on-write, or copied as well. Requires: enough frames.
Frame AddressSpace::copy_tree(Frame table, unsigned level, ForkStrategy strategy) {
  Result<Frame> copy = frames.take_zeroed(FrameKind::kTable, claim_);
  Table from(table);
  Table to(*copy);
  from.for_each_used([&](unsigned index, Pte entry) {
    if (entry.present()) {
      if (level > 0) {
        entry = Pte::table(copy_tree(entry.frame(), level - 1, strategy));
      } else if (strategy == ForkStrategy::kEager && !entry.shared()) {
        Result<Frame> page = frames.take(FrameKind::kPage, claim_);
        Machine::copy_page(*page, entry.frame());
        count(&Events::pages_copied);
        entry = Pte::page(*page, entry.rights());
        if (entry.may_write()) entry = entry.writable_now();
      } else {
        entry = entry.read_only();
        from.update(index, entry);
        frames.add_reference(entry.frame());
      }
    }
    to.set(index, entry);
  });
  count(&Events::tables_copied);
  return *copy;
}

}  // namespace kine
