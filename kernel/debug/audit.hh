// The audit: recomputes every reference count and checks every rule of memory from the page tables themselves, and names the first that is
// broken.
//
// It needs no memory of its own, so it runs when none is left: it takes each reference away that it can find, looks whether any count is
// not zero then, and gives them all back. A table that several owners share is followed once a pass, by a mark in its frame's record.
#pragma once

#include "mm/address_space.hh"

namespace kine {

// rule == nullptr: every rule holds.
struct AuditFinding {
  const char* rule = nullptr;
  Frame frame;  // the frame, or the table whose entry breaks the rule
  uint64_t expected = 0;
  uint64_t seen = 0;
};

class Audit {
 public:
  // each_owner(visit) must call visit(frame) once for each reference that the kernel holds outside of page tables: the root of each address
  // space, the frame of each kernel object, the pages of the boot archive.
  template <class EachOwner>
  static AuditFinding run(EachOwner each_owner) {
    frames.reap_all();
    Audit audit;
    audit.check_records();
    each_owner([&](Frame frame) { audit.visit(frame, Pass::kCheck); });
    if (audit.finding_.rule) return audit.finding_;
    each_owner([&](Frame frame) { audit.visit(frame, Pass::kTake); });
    audit.check_counts();
    each_owner([&](Frame frame) { audit.visit(frame, Pass::kGiveBack); });
    audit.check_lists();
    return audit.finding_;
  }

 private:
  enum class Pass : uint8_t { kCheck = 1, kTake, kGiveBack };

  void broken(const char* rule, Frame frame, uint64_t expected, uint64_t seen) {
    if (!finding_.rule) finding_ = {rule, frame, expected, seen};
  }
  void visit(Frame frame, Pass pass, unsigned level = kRootLevel);
  void check_table(Frame table, unsigned level);
  void check_entry(Frame table, unsigned level, Pte entry);
  void check_records();
  void check_counts();
  void check_lists();
  uint32_t check_list(Frame first, FrameKind kind);

  AuditFinding finding_;
  uint32_t unused_ = 0;  // frames that are free by their records
};

}  // namespace kine
