#include "debug/audit.hh"

namespace kine {

// One reference, held by the kernel or by an entry; what a table leads to is visited with its first reference of each pass.
void Audit::visit(Frame frame, Pass pass, unsigned level) {
  FrameRecord& r = frames.record(frame);
  if (pass == Pass::kTake) --r.count;
  if (pass == Pass::kGiveBack) ++r.count;
  if ((r.kind != FrameKind::kTable && r.kind != FrameKind::kRoot) || r.mark == static_cast<uint8_t>(pass)) return;
  r.mark = static_cast<uint8_t>(pass);
  if (pass == Pass::kCheck) check_table(frame, level);
  if (finding_.rule && pass == Pass::kCheck) return;
  Table(frame).for_each_used([&](unsigned, Pte entry) {
    if (entry.present()) visit(entry.frame(), pass, level - 1);
  });
}

void Audit::check_table(Frame table, unsigned level) {
  const FrameRecord& r = frames.record(table);
  const Pte* const entries = Machine::table(table);
  unsigned used = 0;
  for (unsigned i = 0; i < (level == kRootLevel ? Machine::kUserRootEntries : kEntries); ++i) {
    if (entries[i].empty()) continue;
    ++used;
    if ((r.groups >> (i / kGroupEntries) & 1) == 0) broken("a used entry lies in a group that its table's record calls empty", table, 1, 0);
    check_entry(table, level, entries[i]);
  }
  if (used != r.used) broken("a table's record counts its used entries wrongly", table, used, r.used);
  if (used == 0 && level != kRootLevel) broken("an empty table was not freed", table, 1, 0);
}

void Audit::check_entry(Frame table, unsigned level, Pte entry) {
  if (entry.may_write() && entry.rights().exec()) broken("a page may be both written and executed", table, 0, entry.bits());
  if (!entry.present()) {
    if (entry != Pte::promise(entry.rights())) broken("an entry is neither empty, present nor a promise", table, 0, entry.bits());
    return;
  }
  const Frame frame = entry.frame();
  if (!frame || frame.number >= frames.limit()) return broken("an entry points outside memory", table, 0, entry.bits());
  const FrameRecord& r = frames.record(frame);
  const FrameKind kind = level == 0 ? FrameKind::kPage : FrameKind::kTable;
  if (r.kind != kind) return broken("an entry points at a frame of another kind", table, uint64_t(kind), uint64_t(r.kind));
  if (level == 0) {
    if (entry.read_only() != Pte::page(frame, entry.rights(), entry.shared()))
      broken("a page's entry has bits that nothing sets", table, 0, entry.bits());
    if (entry.writable() && !entry.may_write()) broken("hardware may write a page whose mapping forbids it", table, 0, entry.bits());
  } else if (entry.read_only() != Pte::table(frame).read_only()) {
    broken("a table's entry has bits that nothing sets", table, 0, entry.bits());
  }
  if (entry.writable() && r.count != 1 && !(level == 0 && entry.shared()))
    broken("a writable entry points at a frame that others reference", frame, 1, r.count);
}

// Before anything is followed: a frame in use that nobody references was leaked. Takes off the marks that an audit with a finding left
// behind.
void Audit::check_records() {
  for (uint32_t i = 1; i < frames.limit(); ++i) {
    FrameRecord& r = frames.record({i});
    r.mark = 0;
    if (r.in_use() && r.count > Machine::kMostReferences)
      broken("a count of references has passed its limit", {i}, Machine::kMostReferences, r.count);
    if (r.in_use() && r.count == 0) broken("a frame in use has no reference", {i}, 1, 0);
  }
}

// With every reference taken away, what still counts one was leaked, and what counts below zero was freed too early.
void Audit::check_counts() {
  for (uint32_t i = 1; i < frames.limit(); ++i) {
    const FrameRecord& r = frames.record({i});
    if (r.in_use() && r.count != 0) broken("a frame's count is not the number of its references", {i}, 0, r.count);
    unused_ += r.kind == FrameKind::kFree || r.kind == FrameKind::kZeroed;
  }
}

void Audit::check_lists() {
  const uint32_t listed = check_list(frames.free_, FrameKind::kFree) + check_list(frames.zeroed_, FrameKind::kZeroed);
  if (listed != unused_) broken("a free frame is in no list", {}, unused_, listed);
  if (listed != frames.free()) broken("the number of free frames is wrong", {}, listed, frames.free());
}

uint32_t Audit::check_list(Frame first, FrameKind kind) {
  uint32_t length = 0;
  for (Frame frame = first; frame && length <= frames.limit(); frame = {frames.record(frame).count}) {
    if (frame.number >= frames.limit())
      return broken("a list of free frames leads outside memory", frame, frames.limit(), frame.number), length;
    ++length;
    if (frames.record(frame).kind != kind)
      broken("a list of free frames holds one that is not", frame, uint64_t(kind), uint64_t(frames.record(frame).kind));
    if (kind != FrameKind::kZeroed) continue;
    const std::byte* const bytes = Machine::bytes(frame);
    for (uint64_t i = 0; i < kPageSize; i += sizeof(uint64_t))
      if (*reinterpret_cast<const uint64_t*>(bytes + i) != 0) broken("a zeroed frame is not zero", frame, 0, i);
  }
  return length;
}

}  // namespace kine
