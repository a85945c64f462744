// All frames of physical memory: who uses them, how many references each has, which are free.
//
// Owns every FrameRecord and the lists that run through them. A frame's count is the number of page-table entries and kernel owners that
// point at it; nothing else counts. Taking and giving back are O(1). Nothing here reads or writes a frame's contents, but to clear it.
//
//   take ──> in use (count >= 1) ──unlink: count 0──> condemned ──reap, after the TLB flush──> free or zeroed ──> take
#pragma once

#include "base/result.hh"
#include "base/trace.hh"
#include "mm/geometry.hh"

namespace kine {

enum class FrameKind : uint8_t {  // in the order of KINE_FRAME_…
  kAbsent,  // not RAM, or kept by the boot code: never handed out
  kFree,
  kZeroed,  // free, and every byte is zero
  kPage,    // contents of user memory, or of the boot archive
  kTable,   // a page table below the root
  kRoot,    // a root table: its kernel half is neither counted nor followed
  kObject,  // a kernel object (a process)
};

inline constexpr const char* kFrameKindNames[] = {"absent", "free", "zeroed", "page", "table", "root", "object"};
static_assert(sizeof kFrameKindNames / sizeof *kFrameKindNames == static_cast<unsigned>(FrameKind::kObject) + 1);

struct FrameRecord {
  uint32_t count;  // in use: references. Else (free, zeroed, condemned): the number of the next frame in the list
  uint16_t used;   // tables: entries that are not empty
  FrameKind kind;
  uint8_t mark;     // the audit's: which pass saw this table last
  uint64_t groups;  // tables: bit g is set if an entry of group g may be used; clear bits are empty groups for certain

  bool in_use() const { return kind != FrameKind::kAbsent && kind != FrameKind::kFree && kind != FrameKind::kZeroed; }
};
static_assert(sizeof(FrameRecord) == 16);

// Every reference is an entry of a table, or a word of the kernel's: as many as memory has words of 8 bytes, at most. Where a count could
// not tell so many, who is about to add some asks Frames::countable first; where none can pass its limit, that costs nothing.
inline constexpr bool kCountsSuffice = Machine::kMostFrames * kEntries <= Machine::kMostReferences;

// Whose memory it is: the last 1/32 serves only kReserve, so that init and its servers outlive a program that eats all.
enum class Claim : uint8_t {
  kOrdinary,
  kReserve,
  kTested,  // as ordinary, but its requests are counted, and one can be refused: Frames::refuse
};

class Frames {
 public:
  // Starts over `count` frames, all absent. `records` must outlive this and hold `count` elements; they need not be initialised.
  void start(FrameRecord* records, uint32_t count);
  // Makes [first, first + count) free memory. Requires: they are absent.
  void add_memory(Frame first, uint32_t count);
  // Makes absent frames into pages that the kernel owns one reference to: the boot archive.
  void adopt_pages(Frame first, uint32_t count);
  // Call once, when all memory was added.
  void set_reserve() { held_back_[0] = total_ / 32; }

  FrameRecord& record(Frame frame) { return records_[frame.number]; }
  uint32_t limit() const { return count_; }

  uint32_t total() const { return total_; }
  uint32_t free() const { return free_count_; }
  // Whether `wanted` frames are free for this claim.
  bool at_hand(uint64_t wanted, Claim claim) const { return wanted + held_back_[static_cast<unsigned>(claim)] <= free_count_; }
  // Whether they can be taken: reaps what was condemned if that is what is missing.
  bool available(uint64_t wanted, Claim claim) { return at_hand(wanted, claim) || find(wanted, claim, wanted); }
  // Of the requests that claims under test make from here on, the n-th (0: none) is refused, once, as if memory were short. The answer: how
  // many there were since the last such call.
  uint64_t refuse(uint64_t nth) {
    refused_ = nth;
    promised_ = 0;
    return std::exchange(requests_, 0);
  }

  // What was available and was not taken is asked about again.
  void end_promise() { promised_ = 0; }

  // Takes a frame with one reference, which the caller owns. take: contents unknown; take_zeroed: all zero. ENOMEM.
  Result<Frame> take(FrameKind kind, Claim claim) { return take_any(kind, claim, false); }
  Result<Frame> take_zeroed(FrameKind kind, Claim claim) { return take_any(kind, claim, true); }

  // One reference more to a frame that is in use.
  // lab(frames)
  void add_reference(Frame frame) { ++record(frame).count; }
  // Whether each frame that `walk(visit)` visits can have one reference more for each visit.
  template <class Walk>
  bool countable(Walk walk) {
    if constexpr (kCountsSuffice) return true;
    bool fits = true;
    walk([&](Frame frame) { fits &= ++record(frame).count <= Machine::kMostReferences; });
    walk([&](Frame frame) { --record(frame).count; });
    return fits;
  }
  // Gives up one reference. Without any left the frame is condemned: it keeps its contents until it is reaped, which the caller allows only
  // after it has flushed every translation that could still lead there.
  // lab(frames)
  void unlink(Frame frame) {
    FrameRecord& r = record(frame);
    if (--r.count == 0) push(condemned_, frame, r);
  }
  bool reap_pending() const { return bool(condemned_); }
  // Frees one condemned frame; if it is a table, its references to others go too (which may condemn tables below). At most kEntries steps,
  // so a caller can look for interrupts in between. False if there was none.
  bool reap_one();
  void reap_all() {
    while (reap_one()) continue;
  }

 private:
  bool find(uint64_t wanted, Claim claim, uint64_t promised);
  static void push(Frame& list, Frame frame, FrameRecord& record) {
    record.count = list.number;
    list = frame;
  }
  Frame pop(Frame& list) {
    const Frame frame = list;
    list.number = record(frame).count;
    return frame;
  }
  // lab(frames)
  Result<Frame> take_any(FrameKind kind, Claim claim, bool zeroed) {
    if (!at_hand(1, claim) && !find(1, claim, 0)) [[unlikely]]
      return Errno::kENOMEM;
    // What was dropped as a sparse table serves tables first, so that what a fork or an exec costs does not depend on how many pages were
    // touched.
    const bool is_zeroed = !free_ || (zeroed && zeroed_ && kind != FrameKind::kPage);
    const Frame frame = pop(is_zeroed ? zeroed_ : free_);
    record(frame) = FrameRecord{1, 0, kind, 0, 0};
    --free_count_;
    trace_change(R"({"take":[{},"{}"]})", frame.number, kFrameKindNames[static_cast<unsigned>(kind)]);
    if (zeroed && !is_zeroed) Machine::fill_page(frame, Pte());
    return frame;
  }
  void reap_table(Frame table, FrameRecord& record);
  // lab(frames)
  void make_free(Frame frame, FrameRecord& record) {
    record.kind = FrameKind::kFree;
    push(free_, frame, record);
    ++free_count_;
  }

  FrameRecord* records_ = nullptr;
  uint32_t count_ = 0;
  uint32_t total_ = 0;
  uint32_t free_count_ = 0;                             // in both lists
  uint32_t held_back_[3] = {0, 0, ~0u};                 // from each kind of claim; claims under test find nothing at hand
  uint64_t requests_ = 0, refused_ = 0, promised_ = 0;  // claims under test: see find
  Frame free_;
  Frame zeroed_;
  Frame condemned_;

  friend class Audit;
};

// Pages that the kernel owns one reference to: the boot archive, and the display's memory.
struct FrameRange {
  Frame first;
  uint32_t count = 0;
};
extern constinit FrameRange kernel_pages[2];

// The machine's memory. One for all processors: the kernel lock guards it.
extern constinit Frames frames;

}  // namespace kine
