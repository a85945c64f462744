// An address space: a tree of page tables, which is the only truth about what is mapped where (docs/how-a-fault-goes.md).
//
// Sharing follows one rule: **an entry with R/W set points at a frame that nobody else references** (a page mapped MAP_SHARED excepted).
// Fork shares by clearing R/W in the parent's root and counting; whoever writes later copies the tables and the page on the path to that
// write.
//
// Owns one reference to its root. Never keeps a second list of what is mapped; beside the tree there are only the break and a search hint.
// Every call that can fail does so before its first visible change. Ranges must be page-aligned and within user space.
#pragma once

#include "abi/kine_abi.h"
#include "mm/table.hh"

namespace kine {

// What memory did, counted for each address space; abi/kine_abi.h says what each counter means.
using Events = kine_events;
// Since boot, of all address spaces, those that are gone included.
extern constinit Events machine_events;

enum class Access : uint8_t { kRead, kWrite, kFetch };

// How a fork provides the child's memory. kTree is the design; the other two are the simpler labs, the baseline of the benchmark and
// the reference of the tests.
enum class ForkStrategy : uint8_t {
  kTree,   // share the subtrees below the root; a write copies the path to it
  kPages,  // copy every table, share every page
  kEager,  // copy every table and every page
};

enum class FaultVerdict : uint8_t {
  kCopied,    // the page was shared: this address space has a copy of its own
  kReused,    // nobody else referenced the page any more
  kZeroed,    // a promise was kept: a zeroed page
  kAlready,   // the tables allow the access: the processor had an older entry
  kBad,       // nothing is mapped there, or the mapping does not grant this access
  kNoMemory,  // it would be granted, but no frame is left. The tree's meaning is unchanged
};
inline constexpr const char* kVerdictNames[] = {"copied", "reused", "zeroed", "already", "bad", "no memory"};
static_assert(sizeof kVerdictNames / sizeof *kVerdictNames == static_cast<unsigned>(FaultVerdict::kNoMemory) + 1);

// Whether a leaf's or a promise's mapping allows the access; an empty entry allows none.
inline bool grants(Pte entry, Access access) {
  return access == Access::kWrite ? entry.may_write() : access == Access::kFetch ? entry.rights().exec() : entry.rights().read();
}

// What rules one address: the leaf entry, or a promise or empty entry of any level.
struct Ruling {
  Pte entry;
  unsigned level;
};

class AddressSpace {
 public:
  AddressSpace() = default;
  ~AddressSpace() { destroy(); }

  // Makes this, which must be empty, an address space in which nothing is mapped. ENOMEM.
  [[nodiscard]] Result<> create(Claim claim);
  // Gives everything back; also right for one that is empty. Requires: no CPU translates through it.
  void destroy();
  // Takes over all that `other` holds, giving back what this held; `other` ends empty. Requires: no CPU translates through this.
  void take_over(AddressSpace& other);
  // Makes this, which must be empty, a copy of `parent` as the strategy says. ENOMEM, and both are as they were.
  [[nodiscard]] Result<> fork_from(AddressSpace& parent, ForkStrategy strategy, Claim claim = Claim::kOrdinary);
  Frame root() const { return root_; }
  void set_claim(Claim claim) { claim_ = claim; }

  // --- faults and single pages ---

  // Answers a page fault at `address`, any 64-bit value.
  FaultVerdict fault(VirtAddr address, Access access);
  Ruling ruling(VirtAddr address) const;  // requires: address < kUserEnd
  // The byte that an access to `address` reaches, after whatever a fault there would do. EFAULT, ENOMEM.
  [[nodiscard]] Result<std::byte*> reach(VirtAddr address, Access access);

  // --- ranges ---

  // The range becomes memory with these rights, zero when it is first used; what was there goes. `shared`: this and every later fork share
  // it, and all its frames are taken here. ENOMEM.
  [[nodiscard]] Result<> map(PageRange range, Rights rights, bool shared = false);
  // Pages of the range become frames that exist, from `first` on, copied when they are first written or, device memory, shared by every
  // owner. ENOMEM.
  [[nodiscard]] Result<> map_frames(PageRange range, Frame first, Rights rights, bool shared = false);
  // Pages [to, to + bytes of from) become what `source` (which may be this) has at `from`, shared copy-on-write, page by page or by whole
  // tables where both ranges are aligned; promises and the shared bit are kept. `like`: a promise with the rights that all of it gets;
  // empty: what they are. The ranges do not overlap. ENOMEM.
  [[nodiscard]] Result<> share_from(AddressSpace& source, PageRange from, VirtAddr to, Pte like = {});
  // The same with other rights, for memory that another process is shown: what may be read there. EFAULT (a part of it may not), EINVAL (a
  // part is mapped MAP_SHARED: what is written there later would show), ENOMEM.
  [[nodiscard]] Result<> borrow(AddressSpace& source, PageRange from, VirtAddr to, Rights rights);
  // What is mapped in `from` is at `to` afterwards, as far as `to` reaches, and nothing at `from`; a longer `to` ends in more memory with
  // the rights of the last page. What was at `to` goes. Requires: no overlap, neither empty. EFAULT (a part of `from` is not mapped),
  // ENOMEM.
  [[nodiscard]] Result<> move(PageRange from, PageRange to);
  // Nothing is mapped in the range afterwards. ENOMEM (to take out a part of a shared table, the path to it must be copied).
  [[nodiscard]] Result<> unmap(PageRange range);
  // Everything in the range gets these rights. ENOMEM: out of frames, or a part of the range is not mapped; then nothing changed.
  [[nodiscard]] Result<> protect(PageRange range, Rights rights);
  // Private pages of the range are demand-zero again. ENOMEM.
  [[nodiscard]] Result<> forget(PageRange range);

  // --- looking ---

  // The first address in `range` whose entry (leaf, promise or empty) `matches(entry)`; range.end if there is none. Steps from ruling entry
  // to ruling entry, and within a lowest table from page to page, or over all of it if it is full and `skips_full`.
  template <class Matches>
  VirtAddr find(PageRange range, Matches matches, bool skips_full = false) const {
    for (VirtAddr at = range.begin; at < range.end;) {
      Table table(root_);
      unsigned level = kRootLevel;
      Pte entry = table[index_of(at, level)];
      while (level > 0 && entry.present()) {
        table = Table(entry.frame());
        if (level == 1 && skips_full && table.full()) break;
        --level;
        entry = table[index_of(at, level)];
      }
      const uint64_t span = span_of(level);
      do {
        if (matches(entry)) return at;
        at = {round_down(at.value, span) + span};
        entry = table[index_of(at, 0)];
      } while (level == 0 && index_of(at, 0) != 0 && at < range.end);
    }
    return range.end;
  }
  bool mapped(PageRange range) const;  // every page of it
  // The lowest free range of `bytes` (a multiple of pages, not 0) within `area`, from the end of the last hit on and then from the
  // beginning; large ones begin where a level-1 entry does. ENOMEM.
  [[nodiscard]] Result<VirtAddr> find_free(uint64_t bytes, PageRange area);
  // The first address in [from, end) that lies in an entry that is (used) or is not (free) empty; `end` if there is none.
  VirtAddr first_used(VirtAddr from, VirtAddr end) const;
  VirtAddr first_free(VirtAddr from, VirtAddr end) const;

  // Counts one of Events, here and for the machine.
  void count(uint64_t Events::*event) {
    ++(events.*event);
    ++(machine_events.*event);
  }

  // The heap that brk(2) moves: [heap_start, heap_end), heap_end not page-aligned.
  VirtAddr heap_start, heap_end;
  Events events{};

 private:
  struct Edit;

  // faults
  struct Path;
  Path path_to(VirtAddr address) const;
  Result<std::byte*> reach_by_fault(VirtAddr address, Access access);
  Result<Frame> split(Pte promise);
  Result<Frame> copy_table(Frame shared);
  bool own_entry(Table table, unsigned index) { return table[index].writable() || make_own(table, index); }
  bool make_own(Table table, unsigned index);
  Result<Frame> zeroed_page() {
    Result<Frame> page = frames.take_zeroed(FrameKind::kPage, claim_);
    if (page) count(&Events::pages_zeroed);
    return page;
  }
  FaultVerdict make_readable(Table table, unsigned level, VirtAddr address);
  FaultVerdict make_writable(const Path& path, VirtAddr address);
  FaultVerdict make_page_writable(Table table, unsigned index);

  // ranges
  Result<> apply(const Edit& edit);
  std::pair<Table, unsigned> entry_at(VirtAddr address, unsigned level) const;
  Pte lend_entry(VirtAddr address, unsigned level);
  void flush(PageRange range) const;

  // fork
  static Pte share_entry(Table table, unsigned index);
  uint64_t frames_to_copy(Frame table, unsigned level, unsigned shared_level) const;
  void copy_entries(Table from, Table to, unsigned level, unsigned shared_level);

  Frame root_;
  Claim claim_ = Claim::kOrdinary;
  VirtAddr search_hint_;
};

// The entry, for somebody who stores it too: what lies below has one owner more, and neither writes it before it has made the path its own.
// lab(cow)
inline Pte AddressSpace::share_entry(Table table, unsigned index) {
  const Pte entry = table[index].read_only();
  table.update(index, entry);
  frames.add_reference(entry.frame());
  return entry;
}

// Where the access goes straight through, so does the kernel; else it does as the processor would: it faults.
// lab(cow)
inline Result<std::byte*> AddressSpace::reach(VirtAddr address, Access access) {
  if (address >= kUserEnd) return Errno::kEFAULT;
  Pte entry = Table(root_)[index_of(address, kRootLevel)];
#pragma GCC unroll 8
  for (unsigned level = kRootLevel; level > 0; --level) {
    if (!(access == Access::kWrite ? entry.writable() : entry.present())) return reach_by_fault(address, access);
    entry = Table(entry.frame())[index_of(address, level - 1)];
  }
  if (!(access == Access::kWrite ? entry.writable() : entry.present() && grants(entry, access))) return reach_by_fault(address, access);
  return Machine::bytes(entry.frame()) + offset_in_page(address);
}

}  // namespace kine
