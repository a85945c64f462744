// One page table, seen through the direct map together with its frame record. The only code that writes entries: it keeps the record's
// number of used entries and its map of used groups in step. It knows nothing of sharing; its callers do.
#pragma once

#include <bit>

#include "base/trace.hh"
#include "mm/frames.hh"

namespace kine {

class Table {
 public:
  explicit Table(Frame frame = {}) : frame_(frame) {}

  Frame frame() const { return frame_; }
  Pte operator[](unsigned index) const { return entries()[index]; }
  bool unused() const { return record().used == 0; }
  bool full() const { return record().used == kEntries; }

  // Any change of an entry, from or to empty included.
  void set(unsigned index, Pte entry) {
    FrameRecord& r = record();
    if (entries()[index].empty() != entry.empty()) r.used = static_cast<uint16_t>(entry.empty() ? r.used - 1 : r.used + 1);
    r.groups |= uint64_t{1} << (index / kGroupEntries);
    update(index, entry);
  }
  // A change that neither empties the entry nor fills an empty one.
  void update(unsigned index, Pte entry) { put(entries()[index], entry); }
  // `count` entries from `first` on, none of them empty, become change(entry), which is not empty either.
  template <class Change>
  void update_each(unsigned first, unsigned count, Change change) {
    Pte* const begin = entries() + first;
    for (Pte* entry = begin; entry != begin + count; ++entry) put(*entry, change(*entry));
  }
  // Every entry becomes `entry`, which is not empty.
  void fill(Pte entry) {
    trace_change(R"({"fill":[{},"{}"]})", frame_.number, VirtAddr{entry.bits()});
    Machine::fill_page(frame_, entry);
    record().used = kEntries;
    record().groups = kAllGroups;
  }

  // Calls visit(index, entry) for each entry that is not empty.
  template <class Visit>
  void for_each_used(Visit visit) const {
    for (uint64_t groups = record().groups; groups != 0; groups &= groups - 1) {
      const unsigned first = static_cast<unsigned>(std::countr_zero(groups)) * kGroupEntries;
      for (unsigned index = first; index != first + kGroupEntries; ++index)
        if (const Pte entry = entries()[index]; !entry.empty()) visit(index, entry);
    }
  }

  // Calls visit(frame) for what each entry leads to.
  template <class Visit>
  void for_each_frame(Visit visit) const {
    for_each_used([&](unsigned, Pte entry) {
      if (entry.present()) visit(entry.frame());
    });
  }

  // Copies every entry of this table into `copy`, an empty, zeroed one (a full table may be copied into one of unknown contents). Both keep
  // each present entry without R/W, and what the entry points at gains a reference; promises are copied as they are.
  // lab(tree)
  void share_entries_with(Table copy) const {
    trace_change(R"({"share":[{},{}]})", frame_.number, copy.frame_.number);
    FrameRecord* const records = &frames.record(Frame{0});
    for (uint64_t groups = record().groups; groups != 0; groups &= groups - 1) {
      const auto first = static_cast<unsigned>(std::countr_zero(groups)) * kGroupEntries;
      Pte* from = entries() + first;
      Pte* to = copy.entries() + first;
#pragma GCC unroll 8
      for (unsigned i = 0; i != kGroupEntries; ++i, ++from, ++to) {
        const Pte entry = from->read_only();  // (a promise or an empty entry has no R/W to lose)
        *to = entry;
        if (!entry.present()) continue;
        *from = entry;
        ++records[entry.frame().number].count;
      }
    }
    copy.record().groups = record().groups;
    copy.record().used = record().used;
  }

 private:
  Pte* entries() const { return Machine::table(frame_); }
  FrameRecord& record() const { return frames.record(frame_); }
  void put(Pte& place, Pte entry) {
    trace_change(R"({"set":[{},{},"{}"]})", frame_.number, static_cast<unsigned>(&place - entries()), VirtAddr{entry.bits()});
    place = entry;
  }

  Frame frame_;
};

}  // namespace kine
