#include "mm/frames.hh"

#include <bit>

namespace kine {

constinit Frames frames;
constinit FrameRange kernel_pages[2] = {};

void Frames::start(FrameRecord* records, uint32_t count) {
  *this = Frames();
  records_ = records;
  count_ = count;
  for (uint32_t i = 0; i < count; ++i) records[i] = FrameRecord{0, 0, FrameKind::kAbsent, 0, 0};
}

void Frames::add_memory(Frame first, uint32_t count) {
  // From the end, so that the list hands out low frames first.
  for (uint32_t i = count; i-- > 0;) {
    const Frame frame{first.number + i};
    check(record(frame).kind == FrameKind::kAbsent && frame, "memory added twice");
    make_free(frame, record(frame));
  }
  total_ += count;
  trace_change(R"({"memory":[{},{}]})", first.number, count);
}

void Frames::adopt_pages(Frame first, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    FrameRecord& r = record({first.number + i});
    check(r.kind == FrameKind::kAbsent, "memory added twice");
    r = FrameRecord{1, 0, FrameKind::kPage, 0, 0};
  }
  trace_change(R"({"adopt":[{},{}]})", first.number, count);
}

// What is not at hand. Claims under test come here always: a request is a take, or `promised` frames at once, which are then taken without
// being asked about again.
bool Frames::find(uint64_t wanted, Claim claim, uint64_t promised) {
  if (claim == Claim::kTested) {
    claim = Claim::kOrdinary;
    if (promised_ > 0 && promised == 0) {
      --promised_;
    } else {
      promised_ = 0;
      if (++requests_ == refused_) return false;
      promised_ = promised;
    }
  }
  while (!at_hand(wanted, claim))
    if (wanted > total_ || !reap_one()) return false;
  return true;
}

// lab(frames)
bool Frames::reap_one() {
  if (!condemned_) return false;
  const Frame frame = pop(condemned_);
  FrameRecord& r = record(frame);
  trace_change(R"({"free":{}})", frame.number);
  if (r.kind == FrameKind::kTable || r.kind == FrameKind::kRoot) {
    reap_table(frame, r);
  } else {
    make_free(frame, r);
  }
  return true;
}

// Only groups in use are visited and cleared, so a sparse table costs what it holds, and becomes a zeroed frame.
// lab(frames)
void Frames::reap_table(Frame table, FrameRecord& r) {
  Pte* const entries = Machine::table(table);
  if (r.kind == FrameKind::kRoot) Machine::unmap_kernel(table);
  for (uint64_t groups = r.used ? r.groups : 0; groups != 0; groups &= groups - 1) {
    Pte* const group = entries + static_cast<unsigned>(std::countr_zero(groups)) * kGroupEntries;
    for (Pte* entry = group; entry != group + kGroupEntries; ++entry) {
      const Pte old = std::exchange(*entry, Pte());
      if (!old.present()) continue;
      const Frame child = old.frame();
      FrameRecord& c = record(child);
      if (--c.count != 0) continue;
      if (c.kind == FrameKind::kPage) {
        trace_change(R"({"free":{}})", child.number);
        make_free(child, c);
      } else {
        push(condemned_, child, c);
      }
    }
  }
  r.kind = FrameKind::kZeroed;
  push(zeroed_, table, r);
  ++free_count_;
}

}  // namespace kine
