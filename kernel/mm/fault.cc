// The answer to a page fault. This page is the heart of copy-on-write: a read keeps a promise, a write makes every entry on the path, and
// then the page, this address space's own.
#include "mm/address_space.hh"

namespace kine {

constinit Events machine_events{};

// The way from the root to what rules an address.
struct AddressSpace::Path {
  Pte entry;  // the ruling leaf, promise or empty entry
  unsigned level;
  Table table;         // where it stands
  unsigned own_level;  // of the first entry on the way without R/W: its table, and those above, are this address space's own
  Table own_table;
};

[[gnu::always_inline]] inline AddressSpace::Path AddressSpace::path_to(VirtAddr address) const {
  Table table(root_);
  Pte entry = table[index_of(address, kRootLevel)];
  unsigned level = kRootLevel;
#pragma GCC unroll 8
  for (; level > 0; --level) {
    if (!entry.writable()) break;
    table = Table(entry.frame());
    entry = table[index_of(address, level - 1)];
  }
  const unsigned own_level = level;
  const Table own_table = table;
  for (; level > 0 && entry.present(); --level) {
    table = Table(entry.frame());
    entry = table[index_of(address, level - 1)];
  }
  return {entry, level, table, own_level, own_table};
}

Ruling AddressSpace::ruling(VirtAddr address) const {
  const Path path = path_to(address);
  return {path.entry, path.level};
}

// (Values are compared, not addresses: else a stop at the function would show types.hh.)
// lab(fault)
FaultVerdict AddressSpace::fault(VirtAddr address, Access access) {
  if (address.value >= kUserEnd.value) return FaultVerdict::kBad;
  const Path path = path_to(address);
  if (!grants(path.entry, access)) return FaultVerdict::kBad;
  if (access == Access::kWrite) return make_writable(path, address);
  if (path.entry.is_promise()) return make_readable(path.table, path.level, address);
  Machine::flush_page(address);
  return FaultVerdict::kAlready;
}

Result<std::byte*> AddressSpace::reach_by_fault(VirtAddr address, Access access) {
  trace_event(R"("event":"touch","root":{},"address":"{}","access":{}})", root_.number, address, static_cast<unsigned>(access));
  const FaultVerdict verdict = fault(address, access);
  trace_change(R"({"verdict":"{}"})", kVerdictNames[static_cast<unsigned>(verdict)]);
  switch (verdict) {
    case FaultVerdict::kBad: return Errno::kEFAULT;
    case FaultVerdict::kNoMemory: return Errno::kENOMEM;
    default: return Machine::bytes(ruling(address).entry.frame()) + offset_in_page(address);
  }
}

// A promise for a large span becomes a table of promises for smaller ones: the meaning is the same, also for others that share the entry.
Result<Frame> AddressSpace::split(Pte promise) {
  Result<Frame> table = frames.take(FrameKind::kTable, claim_);
  if (!table) return table;
  Table(*table).fill(promise);
  count(&Events::tables_split);
  return table;
}

// Reading the promise that stands in `table`, of this level, fills it there, even in tables that others share: they all see the same zeros.
// lab(fault)
FaultVerdict AddressSpace::make_readable(Table table, unsigned level, VirtAddr address) {
  const Rights rights = table[index_of(address, level)].rights();
  for (; level > 0; --level) {
    const unsigned index = index_of(address, level);
    Result<Frame> lower = split(table[index]);
    if (!lower) return FaultVerdict::kNoMemory;
    table.update(index, Pte::table(*lower));
    table = Table(*lower);
  }
  Result<Frame> page = zeroed_page();
  if (!page) return FaultVerdict::kNoMemory;
  const Pte leaf = Pte::page(*page, rights);
  table.update(index_of(address, 0), leaf.may_write() ? leaf.writable_now() : leaf);
  return FaultVerdict::kZeroed;
}

// Copies a table that others reference too; the caller's reference moves from `shared` to the copy. Whatever the table points at then has
// two owners, so neither copy may write it any more. ENOMEM.
// lab(tree)
Result<Frame> AddressSpace::copy_table(Frame shared) {
  const Table table(shared);
  if (!frames.countable([&](auto visit) { table.for_each_frame(visit); })) return Errno::kENOMEM;
  Result<Frame> copy = table.full() ? frames.take(FrameKind::kTable, claim_) : frames.take_zeroed(FrameKind::kTable, claim_);
  if (!copy) return copy;
  table.share_entries_with(Table(*copy));
  frames.unlink(shared);
  count(&Events::tables_copied);
  return copy;
}

// Makes the used entry at `index`, not writable, of a table that is this address space's own, lead to a table that is its own too. False:
// no memory.
// lab(tree)
bool AddressSpace::make_own(Table table, unsigned index) {
  const Pte entry = table[index];
  if (entry.present() && frames.record(entry.frame()).count == 1) {
    table.update(index, entry.writable_now());
    count(&Events::tables_reused);
    return true;
  }
  Result<Frame> lower = entry.present() ? copy_table(entry.frame()) : split(entry);
  if (lower) table.update(index, Pte::table(*lower));
  return bool(lower);
}

// Requires: a leaf or a promise that may be written rules the address. (Inlined as the two others: a fault saves registers once.)
[[gnu::always_inline]] inline FaultVerdict AddressSpace::make_writable(const Path& path, VirtAddr address) {
  // What is condemned is reaped now, or not before the flush below: a table that this walk gives up may have a condemned one as its only
  // other owner, and the processor still caches it.
  while (frames.reap_pending() && !frames.at_hand(kRootLevel + 1, claim_)) (void)frames.reap_one();
  FaultVerdict verdict = FaultVerdict::kNoMemory;
  Table table = path.own_table;
  unsigned level = path.own_level;
  while (level > 0 && own_entry(table, index_of(address, level))) {
    table = Table(table[index_of(address, level)].frame());
    --level;
  }
  if (level == 0) verdict = make_page_writable(table, index_of(address, 0));
  // The page was this address space's already: only the tables above it had had other owners.
  if (verdict == FaultVerdict::kAlready && path.own_level > 0) verdict = FaultVerdict::kReused;
  // Out of memory half-way, too: this processor may hold the path through tables that were just replaced. INVLPG forgets all of them.
  Machine::flush_page(address);
  return verdict;
}

// Requires: the table is this address space's own; the entry at `index` is not empty, and its mapping grants writing.
// lab(cow)
[[gnu::always_inline]] inline FaultVerdict AddressSpace::make_page_writable(Table table, unsigned index) {
  const Pte entry = table[index];
  if (entry.writable()) return FaultVerdict::kAlready;
  if (!entry.present()) {
    Result<Frame> page = zeroed_page();
    if (!page) return FaultVerdict::kNoMemory;
    table.update(index, Pte::page(*page, entry.rights()).writable_now());
    return FaultVerdict::kZeroed;
  }
  if (entry.shared() || frames.record(entry.frame()).count == 1) {
    table.update(index, entry.writable_now());
    return FaultVerdict::kReused;
  }
  Result<Frame> copy = frames.take(FrameKind::kPage, claim_);
  if (!copy) return FaultVerdict::kNoMemory;
  Machine::copy_page(*copy, entry.frame());
  table.update(index, entry.with_frame(*copy).writable_now());
  frames.unlink(entry.frame());
  count(&Events::pages_copied);
  return FaultVerdict::kCopied;
}

}  // namespace kine
