// Changes of a whole range: map, unmap, protect, share. Each is an Edit: first a dry walk counts the frames that it will take, so that
// running out is known before anything changed; then the same walk, for real, cannot fail.
//
// An entry that lies wholly in the range is changed in one step if the edit can (a promise for a GiB is one entry; a table that is unmapped
// goes whole, shared or not). Else the walk descends, and what it descends into must be this address space's own.
#include <initializer_list>

#include "mm/address_space.hh"

namespace kine {

struct AddressSpace::Edit {
  enum class Kind : uint8_t {
    kReplace,  // what was there goes, every entry becomes `value`: empty, a promise, or a page, of the next frame from its frame on (none:
               // a new, zeroed one)
    kProtect,  // every leaf and promise gets the rights of `value`
    kForget,   // every private page becomes a promise with the same rights
    kShare,    // every entry becomes what `source` has at the same distance from `from`, page by page with the rights of `value` if that is
               // one
  };
  static constexpr const char* kKindNames[] = {"replace", "protect", "forget", "share"};
  static_assert(sizeof kKindNames / sizeof *kKindNames == static_cast<unsigned>(Kind::kShare) + 1);
  AddressSpace& space;
  Kind kind;
  PageRange range;
  Pte value{};
  AddressSpace* source = nullptr;
  VirtAddr from{};

  // Calls visit(index, part) for each entry of a table at `level` that overlaps `range`, which lies within the table, with the part that it
  // does.
  template <class Visit>
  [[gnu::always_inline]] static void for_each_entry(PageRange range, unsigned level, Visit visit) {
    const uint64_t span = span_of(level);
    for (VirtAddr at = range.begin; at < range.end;) {
      const VirtAddr next{round_down(at.value, span) + span};
      const VirtAddr end = next < range.end ? next : range.end;
      visit(index_of(at, level), PageRange{at, end});
      at = end;
    }
  }

  bool populates() const { return value.present() && !value.frame(); }
  Frame frame_at(VirtAddr at) const { return {value.frame().number + static_cast<uint32_t>((at - range.begin) / kPageSize)}; }
  VirtAddr source_of(VirtAddr address) const { return from + (address - range.begin); }
  bool lent_whole(unsigned level, VirtAddr begin) const;
  bool descends(Pte entry, unsigned level, PageRange part) const;
  uint64_t frames_at_most() const;
  uint64_t frames_needed() const;
  void count_frames(uint64_t& needed, Frame table, Pte uniform, unsigned level, PageRange part, bool shared) const;
  template <class Visit>
  void visit_references(Visit visit) const {
    if (!range.empty()) visit_references(space.root_, Pte(), kRootLevel, range, false, visit);
  }
  template <class Visit>
  void visit_references(Frame table, Pte uniform, unsigned level, PageRange part, bool shared, Visit visit) const;
  template <class Visit>
  void visit_new(unsigned level, VirtAddr at, Visit visit) const;
  void commit() const;
  Table open(Table table, unsigned index) const;
  void close(Table table, unsigned index) const;
  void commit_in(Table table, unsigned level, PageRange part) const;
  Pte replacement(Pte old, unsigned level, VirtAddr at) const;
  void change(Table table, unsigned index, unsigned level, VirtAddr at) const;
  void protect_pages(Table table, PageRange part) const;
};

// Whether the source has one entry for the whole span of one of `level` at the address, and that can be stored here as it is.
// lab(tree)
inline bool AddressSpace::Edit::lent_whole(unsigned level, VirtAddr begin) const {
  if (source_of(begin).value % span_of(level) != 0) return false;
  return value.empty() || source->ruling(source_of(begin)).level >= level;  // (other rights: only what is one promise)
}

// Whether an entry, of which the range overlaps `part`, cannot be changed in one step.
// lab(tables)
inline bool AddressSpace::Edit::descends(Pte entry, unsigned level, PageRange part) const {
  if (level == 0) return false;
  const bool whole = part.bytes() == span_of(level);
  switch (kind) {
    case Kind::kReplace: return whole ? value.present() : !(entry.empty() && value.empty());
    case Kind::kProtect: return entry.present() || !whole;
    case Kind::kForget: return entry.present();
    case Kind::kShare: return !whole || !lent_whole(level, part.begin);
  }
  return true;
}

// What the edit takes if every table on its way must be made or copied: two at the edges of each level, and those in between, of which each
// level has at most half as many as the one below.
uint64_t AddressSpace::Edit::frames_at_most() const {
  const uint64_t tables = 2 * kRootLevel + 2 * (range.bytes() / span_of(1));
  return populates() ? tables + range.bytes() / kPageSize : tables;
}

uint64_t AddressSpace::Edit::frames_needed() const {
  uint64_t needed = 0;
  count_frames(needed, space.root_, Pte(), kRootLevel, range, false);
  return needed;
}

// The dry walk. `table` is none where the walk for real will make one whose entries are all `uniform`. `shared`: a table above is shared,
// so by the time the walk for real gets here, everything below it has more than one owner. It ends early once more is needed than memory
// has.
// lab(tables)
void AddressSpace::Edit::count_frames(uint64_t& needed, Frame table, Pte uniform, unsigned level, PageRange part, bool shared) const {
  if (level == 0) {
    if (populates()) needed += part.bytes() / kPageSize;
    return;
  }
  for_each_entry(part, level, [&](unsigned index, PageRange lower) {
    const Pte entry = table ? Table(table)[index] : uniform;
    if (needed > frames.total() || !descends(entry, level, lower)) return;
    const bool lower_shared = shared || (entry.present() && frames.record(entry.frame()).count > 1);
    if (!entry.present() || lower_shared) ++needed;
    count_frames(needed, entry.frame(), entry, level - 1, lower, lower_shared);
  });
}

// The same walk visits what the walk for real gives one reference more: what the tables that it copies lead to, and what it puts into
// entries.
// lab(tables)
template <class Visit>
void AddressSpace::Edit::visit_references(Frame table, Pte uniform, unsigned level, PageRange part, bool shared, Visit visit) const {
  for_each_entry(part, level, [&](unsigned index, PageRange lower) {
    const Pte entry = table ? Table(table)[index] : uniform;
    if (!descends(entry, level, lower)) return visit_new(level, lower.begin, visit);
    const bool lower_shared = shared || (entry.present() && frames.record(entry.frame()).count > 1);
    if (entry.present() && lower_shared) Table(entry.frame()).for_each_frame(visit);
    visit_references(entry.frame(), entry, level - 1, lower, lower_shared, visit);
  });
}

// The frame that the entry for `at` leads to when it has been changed in one step.
template <class Visit>
void AddressSpace::Edit::visit_new(unsigned level, VirtAddr at, Visit visit) const {
  if (kind == Kind::kShare) {
    const auto [from_table, index] = source->entry_at(source_of(at), level);
    if (from_table[index].present()) visit(from_table[index].frame());
  } else if (kind == Kind::kReplace && value.present() && value.frame()) {
    visit(frame_at(at));
  }
}

// The walk for real. Most ranges lie in one entry of each upper table: straight down to the lowest table that holds all of it, change
// there, and back up as far as that left tables empty. Requires: the frames that it needs are available.
// lab(tables)
void AddressSpace::Edit::commit() const {
  if (range.empty()) return;
  trace_event(R"("event":"range","kind":"{}","root":{},"begin":"{}","end":"{}","value":"{}","source":{},"from":"{}"})",
              kKindNames[static_cast<unsigned>(kind)], space.root_.number, range.begin, range.end, VirtAddr{value.bits()},
              source ? source->root_.number : 0, from);
  Table way[kRootLevel + 1];
  unsigned level = kRootLevel;
  way[level] = Table(space.root_);
  const VirtAddr last = range.end - 1;
  for (; level > 0 && index_of(range.begin, level) == index_of(last, level); --level) {
    const unsigned index = index_of(range.begin, level);
    if (!descends(way[level][index], level, range)) break;
    way[level - 1] = open(way[level], index);
  }
  commit_in(way[level], level, range);
  for (; level < kRootLevel && way[level].unused(); ++level) close(way[level + 1], index_of(range.begin, level + 1));
  space.flush(range);
}

// The table that the entry leads to, this address space's own; a new one where nothing was.
[[gnu::always_inline]] inline Table AddressSpace::Edit::open(Table table, unsigned index) const {
  if (table[index].empty()) {
    Result<Frame> made = frames.take_zeroed(FrameKind::kTable, space.claim_);
    table.set(index, Pte::table(*made));
  } else {
    check(space.own_entry(table, index), "the dry walk counted too few frames");
  }
  return Table(table[index].frame());
}

// An empty table goes.
inline void AddressSpace::Edit::close(Table table, unsigned index) const {
  const Frame lower = table[index].frame();
  table.set(index, Pte());
  frames.unlink(lower);
}

// Changes the rights of pages and of promises for one page.
// lab(tables)
void AddressSpace::Edit::protect_pages(Table table, PageRange part) const {
  const Rights rights = value.rights();
  const FrameRecord* const records = &frames.record(Frame{0});
  table.update_each(index_of(part.begin, 0), static_cast<unsigned>(part.bytes() / kPageSize), [&](Pte old) {
    const Pte entry = old.with_rights(rights);
    // A page that only this entry references stays writable without a fault.
    const bool own = rights.write() && old.present() && (old.shared() || records[old.frame().number].count == 1);
    return own ? entry.writable_now() : entry;
  });
}

// What the entry for the address becomes; if it has a frame, one reference to that is the entry's.
Pte AddressSpace::Edit::replacement(Pte old, unsigned level, VirtAddr at) const {
  if (kind == Kind::kForget) return Pte::promise(old.rights());
  if (kind == Kind::kShare) {
    const Pte entry = source->lend_entry(source_of(at), level);
    return value.empty() ? entry : entry.with_rights(value.rights());
  }
  if (populates()) return value.with_frame(*space.zeroed_page());
  const Frame frame = frame_at(at);
  frames.add_reference(frame);
  return value.with_frame(frame);
}

// Changes one entry, whose part of the range begins at `at`, in one step.
[[gnu::always_inline]] inline void AddressSpace::Edit::change(Table table, unsigned index, unsigned level, VirtAddr at) const {
  const Pte old = table[index];
  if (kind == Kind::kProtect) return table.update(index, old.with_rights(value.rights()));  // a promise: pages are protect_pages'
  if (kind == Kind::kForget && (!old.present() || old.shared())) return;
  table.set(index, kind == Kind::kReplace && !value.present() ? value : replacement(old, level, at));
  if (old.present()) frames.unlink(old.frame());
}

// lab(tables)
void AddressSpace::Edit::commit_in(Table table, unsigned level, PageRange part) const {
  if (level == 0 && kind == Kind::kProtect) return protect_pages(table, part);
  for_each_entry(part, level, [&](unsigned index, PageRange lower_part) {
    if (!descends(table[index], level, lower_part)) return change(table, index, level, lower_part.begin);
    const Table lower = open(table, index);
    commit_in(lower, level - 1, lower_part);
    if (lower.unused()) close(table, index);
  });
}

// Where the entry of `level` at the address stands, or one above it that is not present.
std::pair<Table, unsigned> AddressSpace::entry_at(VirtAddr address, unsigned level) const {
  Table table(root_);
  for (unsigned at = kRootLevel;; --at) {
    const unsigned index = index_of(address, at);
    if (at == level || !table[index].present()) return {table, index};
    table = Table(table[index].frame());
  }
}

// The entry of `level` at the address, for somebody who stores it too: no longer writable by hardware, and counted once more.
Pte AddressSpace::lend_entry(VirtAddr address, unsigned level) {
  const auto [table, index] = entry_at(address, level);
  return table[index].present() ? share_entry(table, index) : table[index];
}

Result<> AddressSpace::apply(const Edit& edit) {
  // The exact count matters only where memory is short.
  if (!frames.at_hand(edit.frames_at_most(), claim_) && !frames.available(edit.frames_needed(), claim_)) return Errno::kENOMEM;
  if (!frames.countable([&](auto visit) { edit.visit_references(visit); })) return Errno::kENOMEM;
  // Commit: nothing fails from here on.
  edit.commit();
  return {};
}

// lab(tables)
void AddressSpace::flush(PageRange range) const {
  constexpr uint64_t kPagesWorthInvlpg = 8;
  if (range.bytes() > kPagesWorthInvlpg * kPageSize) return Machine::flush_all();
  for (VirtAddr page = range.begin; page < range.end; page = page + kPageSize) Machine::flush_page(page);
}

Result<> AddressSpace::map(PageRange range, Rights rights, bool shared) {
  const Pte value = shared ? Pte::page({}, rights, true) : Pte::promise(rights);
  return apply({.space = *this, .kind = Edit::Kind::kReplace, .range = range, .value = value});
}

Result<> AddressSpace::map_frames(PageRange range, Frame first, Rights rights, bool shared) {
  return apply({.space = *this, .kind = Edit::Kind::kReplace, .range = range, .value = Pte::page(first, rights, shared)});
}

Result<> AddressSpace::unmap(PageRange range) {
  Result<> done = apply({.space = *this, .kind = Edit::Kind::kReplace, .range = range});
  if (done && range.end == search_hint_) search_hint_ = range.begin;
  return done;
}

Result<> AddressSpace::protect(PageRange range, Rights rights) {
  if (!mapped(range)) return Errno::kENOMEM;
  return apply({.space = *this, .kind = Edit::Kind::kProtect, .range = range, .value = Pte::promise(rights)});
}

Result<> AddressSpace::forget(PageRange range) { return apply({.space = *this, .kind = Edit::Kind::kForget, .range = range}); }

Result<> AddressSpace::share_from(AddressSpace& source, PageRange from, VirtAddr to, Pte like) {
  const PageRange range{to, to + from.bytes()};
  Result<> done = apply({.space = *this, .kind = Edit::Kind::kShare, .range = range, .value = like, .source = &source, .from = from.begin});
  if (done) source.flush(from);
  return done;
}

// lab(cow)
Result<> AddressSpace::borrow(AddressSpace& source, PageRange from, VirtAddr to, Rights rights) {
  const VirtAddr wrong = source.find(from, [](Pte entry) { return !entry.rights().read() || entry.shared(); });
  if (wrong < from.end) return source.ruling(wrong).entry.rights().read() ? Errno::kEINVAL : Errno::kEFAULT;
  return share_from(source, from, to, Pte::promise(rights));
}

Result<> AddressSpace::move(PageRange from, PageRange to) {
  check(!from.empty() && !to.empty() && !from.overlaps(to), "a move of nothing or onto itself");
  if (!mapped(from)) return Errno::kEFAULT;
  const uint64_t kept = from.bytes() < to.bytes() ? from.bytes() : to.bytes();
  const PageRange head{to.begin, to.begin + kept};
  const PageRange tail{head.end, to.end};
  const Pte last = ruling(from.end - kPageSize).entry;
  const Edit share{.space = *this, .kind = Edit::Kind::kShare, .range = head, .source = this, .from = from.begin};
  const Pte more = last.shared() ? Pte::page({}, last.rights(), true) : Pte::promise(last.rights());
  const Edit grow{.space = *this, .kind = Edit::Kind::kReplace, .range = tail, .value = more};
  const Edit leave{.space = *this, .kind = Edit::Kind::kReplace, .range = from};
  // Each alone is counted exactly; one after the other they can only need less.
  if (!frames.available(share.frames_needed() + grow.frames_needed() + leave.frames_needed(), claim_)) return Errno::kENOMEM;
  const auto visit_all = [&](auto visit) { share.visit_references(visit), grow.visit_references(visit), leave.visit_references(visit); };
  if (!frames.countable(visit_all)) return Errno::kENOMEM;
  // Commit: nothing fails from here on.
  share.commit();
  flush(from);
  grow.commit();
  leave.commit();
  frames.end_promise();
  return {};
}

// --- looking ---

bool AddressSpace::mapped(PageRange range) const { return first_free(range.begin, range.end) == range.end; }

VirtAddr AddressSpace::first_used(VirtAddr from, VirtAddr end) const {
  return find({from, end}, [](Pte entry) { return !entry.empty(); });
}

// (A full lowest table holds nothing free: one step.)
VirtAddr AddressSpace::first_free(VirtAddr from, VirtAddr end) const {
  return find(
      {from, end}, [](Pte entry) { return entry.empty(); }, true);
}

// From the end of the last hit on, and once more from the beginning. A search among more holes than kMostHoles gives up, so that no pattern
// of holes makes it long.
Result<VirtAddr> AddressSpace::find_free(uint64_t bytes, PageRange area) {
  constexpr unsigned kMostHoles = 2000;
  if (bytes == 0 || bytes > area.bytes()) return Errno::kENOMEM;
  const uint64_t alignment = bytes >= span_of(1) ? span_of(1) : kPageSize;
  if (!area.contains(search_hint_)) search_hint_ = area.begin;
  for (const VirtAddr start : {search_hint_, area.begin}) {
    VirtAddr at{round_up(start.value, alignment)};
    for (unsigned holes = 0; holes < kMostHoles && at < area.end && area.end - at >= bytes; ++holes) {
      const VirtAddr used = first_used(at, at + bytes);
      if (used == at + bytes) {
        search_hint_ = used;
        return at;
      }
      at = {round_up(first_free(used, area.end).value, alignment)};
    }
  }
  return Errno::kENOMEM;
}

}  // namespace kine
