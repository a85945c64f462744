#include "mm/usage.hh"

namespace kine {

namespace {

void add(kine_process& usage, Frame table, unsigned level, bool shared) {
  ++(shared ? usage.tables_shared : usage.tables_private);
  Table(table).for_each_used([&](unsigned index, Pte entry) {
    if (level == kRootLevel && index >= Machine::kUserRootEntries) return;
    if (entry.is_promise()) {
      usage.promised += span_of(level) / kPageSize;
      return;
    }
    const bool lower_shared = shared || frames.record(entry.frame()).count > 1;
    if (level > 0) return add(usage, entry.frame(), level - 1, lower_shared);
    ++(entry.shared() ? usage.frames_shared : lower_shared ? usage.frames_cow : usage.frames_private);
  });
}

}  // namespace

void count_usage(const AddressSpace& space, kine_process& usage) {
  if (space.root()) add(usage, space.root(), kRootLevel, false);
}

bool describe_page(const AddressSpace& space, VirtAddr address, kine_page& out) {
  if (address >= kUserEnd || !space.root()) return false;
  out.level = space.ruling(address).level;
  out.writable = 1;
  Pte entry;
  Frame table = space.root();
  for (unsigned level = kRootLevel + 1; level-- > out.level; table = entry.frame()) {
    entry = Machine::table(table)[index_of(address, level)];
    out.tables[level] = frames.record(table).count;
    out.writable &= entry.writable();
  }
  if (entry.empty()) return false;
  out.rights = entry.rights().bits();
  out.shared = entry.shared();
  if (entry.present()) {
    out.frame = entry.frame().number;
    out.references = frames.record(entry.frame()).count;
  }
  return true;
}

kine_range next_range(const AddressSpace& space, VirtAddr from) {
  const VirtAddr begin = space.root() ? space.first_used(page_of(from), kUserEnd) : kUserEnd;
  if (begin == kUserEnd) return {};
  const Pte first = space.ruling(begin).entry;
  uint64_t pages = 0;
  const VirtAddr end = space.find({begin, kUserEnd}, [&](Pte entry) {
    if (entry.empty() || entry.rights() != first.rights() || entry.shared() != first.shared()) return true;
    pages += entry.present();
    return false;
  });
  return {.begin = begin.value, .end = end.value, .rights = first.rights().bits(), .shared = first.shared(), .pages = pages};
}

void trace_counts() {
  if constexpr (!kTracing) return;
  frames.reap_all();
  trace_event(R"("event":"end","free":{}})", frames.free());
  const uint64_t* const counters = &machine_events.faults;
  for (unsigned i = 0; i < sizeof(Events) / sizeof *counters; ++i) trace_change(R"({"counter":[{},{}]})", i, counters[i]);
  for (uint32_t i = 1; i < frames.limit(); ++i) {
    const FrameRecord& r = frames.record({i});
    if (r.in_use()) trace_change(R"({"count":[{},"{}",{}]})", i, kFrameKindNames[static_cast<unsigned>(r.kind)], r.count);
  }
}

}  // namespace kine
