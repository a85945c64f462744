// The checks of a World: what the kernel did against the model, its books against the tables, the processor's caches against both.
#include <cstring>
#include <set>

#include "world.hh"

namespace kine {

using Kind = Operation::Kind;

namespace {

template <class Expected, class Seen>
[[noreturn]] void broken(const std::string& rule, Expected expected, Seen seen) {
  throw Broken(rule + ": expected " + std::to_string(expected) + ", seen " + std::to_string(seen));
}

bool is_access(Kind kind) { return kind == Kind::kStore || kind == Kind::kLoad || kind == Kind::kFetch; }

}  // namespace

// What an access must take; nothing for other operations, and for one that must be refused.
std::optional<uint64_t> World::predicted_frames(const Operation& op) {
  const bool copy = op.kind == Kind::kCopyOut || op.kind == Kind::kCopyIn;
  if (!is_access(op.kind) && !(copy && op.length > 0 && offset_in_page(op.address) + op.length <= kPageSize)) return {};
  if (model_.expected(op) != Errno::kOk) return {};
  const bool write = op.kind == Kind::kStore || op.kind == Kind::kCopyOut;
  return write ? frames_to_write(spaces_[op.process], op.address) : frames_to_read(spaces_[op.process], op.address);
}

Errno World::play(const Operation& op) {
  const Errno expected = model_.expected(op);
  const std::optional<uint64_t> predicted = predicted_frames(op);
  const uint32_t free_before = frames.free();
  const uint64_t copies_before = machine_events.pages_copied + machine_events.tables_copied;
  const bool exact = reaped_;
  const Errno got = run(op);
  const bool refused = got == Errno::kENOMEM && expected == Errno::kOk;
  const bool nowhere = op.kind == Kind::kMapAnywhere && got == Errno::kEEXIST;
  // The kernel's copy goes page by page, so it may run out before it comes to the page that it may not touch.
  const bool ran_out = got == Errno::kENOMEM && (op.kind == Kind::kCopyOut || op.kind == Kind::kCopyIn);
  if (got != expected && !refused && !nowhere && !ran_out) broken("the result (errno)", static_cast<int>(expected), static_cast<int>(got));
  if (got == Errno::kOk) model_.apply(op, found_);
  if (exact && predicted) check_frames(*predicted, refused, free_before);
  if (op.kind == Kind::kLoad || op.kind == Kind::kFetch || op.kind == Kind::kCopyIn) {
    const uint64_t copies = machine_events.pages_copied + machine_events.tables_copied;
    if (copies != copies_before) broken("a read copies nothing", 0, copies - copies_before);
  }
  if (exact && refused && !is_access(op.kind) && op.kind != Kind::kCopyOut && op.kind != Kind::kCopyIn) {
    frames.reap_all();
    if (frames.free() != free_before) broken("free frames after a refused call", free_before, frames.free());
  }
  return got;
}

void World::perform(const Operation& op, Errno expected) {
  const Errno got = play(op);
  check();
  if (got != expected) broken(describe(op), static_cast<int>(expected), static_cast<int>(got));
}

// A fault takes the frames of the path to one page, never more; and is refused only if there are too few.
void World::check_frames(uint64_t predicted, bool refused, uint32_t free_before) {
  const uint32_t taken = free_before - frames.free();
  if (refused && predicted <= free_before) broken("an access was refused memory with enough of it: it needs", predicted, free_before);
  if (!refused && taken != predicted) broken("frames that an access takes", predicted, taken);
}

void World::compare_page(unsigned process, const Model::Page& page) {
  const auto differs = [&](const char* what, auto expected, auto seen) {
    broken("process " + std::to_string(process) + ", page " + std::to_string(page.number) + ": " + what, expected, seen);
  };
  const auto [entry, level] = spaces_[process].ruling({page.number * kPageSize});
  if (entry.empty()) differs("mapped", 1, 0);
  if (entry.rights() != page.rights) differs("rights", page.rights.bits(), entry.rights().bits());
  if (entry.shared() != page.shared()) differs("MAP_SHARED", page.shared(), entry.shared());
  static constexpr Model::Bytes kZeros{};
  const std::byte* const seen = entry.present() ? arena.at(entry.frame()) : kZeros.data();
  const Model::Bytes& bytes = model_.bytes(page);
  if (std::memcmp(seen, bytes.data(), kPageSize) != 0) {
    uint64_t at = 0;
    while (seen[at] == bytes[at]) ++at;
    differs(("byte " + std::to_string(at)).c_str(), static_cast<unsigned>(bytes[at]), static_cast<unsigned>(seen[at]));
  }
  if (!page.shared()) return;
  // Each cell of the model is one frame, and each such frame one cell.
  Frame& frame = frame_of_cell_[page.cell];
  uint32_t& cell = cell_of_frame_[entry.frame().number];
  if (frame && frame != entry.frame()) differs("the frame of a shared page", frame.number, entry.frame().number);
  if (cell != Model::kPrivate && cell != page.cell) differs("two shared pages in one frame", page.cell, cell);
  frame = entry.frame();
  cell = page.cell;
}

void World::check_meaning() {
  mmu.check_caches();
  frame_of_cell_.assign(model_.cells(), Frame{});
  cell_of_frame_.assign(records_.size(), Model::kPrivate);
  for (unsigned process = 0; process < sizes_.processes; ++process) {
    const Model::Process& expected = model_.process(process);
    if (expected.lives != bool(spaces_[process].root())) broken("process lives", expected.lives, !expected.lives);
    if (!expected.lives) continue;
    for (const Model::Page& page : expected.pages) compare_page(process, page);
    const uint64_t mapped = pages_mapped(spaces_[process]);
    if (mapped != expected.pages.size()) broken("pages mapped in process " + std::to_string(process), expected.pages.size(), mapped);
  }
  if (spaces_[sizes_.processes].root()) broken("the space that exec builds aside is gone", 0, 1);
  for (uint32_t i = 0; i < sizes_.archive_pages; ++i)
    if (std::memcmp(arena.at(archive_frame(i)), archive_[i].data(), kPageSize) != 0) broken("archive page was written", 0, i);
  reaped_ = false;
}

AuditFinding World::audit() {
  return Audit::run([this](auto visit) {
    for (unsigned i = 0; i <= sizes_.processes; ++i)
      if (spaces_[i].root()) visit(spaces_[i].root());
    for (uint32_t i = 0; i < sizes_.archive_pages; ++i) visit(archive_frame(i));
    for (const Frame frame : taken_away_) visit(frame);
  });
}

void World::check() {
  check_meaning();
  const AuditFinding finding = audit();
  if (finding.rule)
    broken(std::string("audit: ") + finding.rule + " (frame " + std::to_string(finding.frame.number) + ")", finding.expected, finding.seen);
  reaped_ = true;
  poison_free_frames();
}

void World::check_unchanged(const Snapshot& since) const {
  if (std::memcmp(since.arena.data(), arena.bytes.data(), since.arena.size()) != 0) throw Broken("a refused operation changed memory");
  for (size_t i = 0; i < records_.size(); ++i) {
    const FrameRecord &was = since.records[i], &is = records_[i];
    if (was.count != is.count || was.used != is.used || was.kind != is.kind || was.groups != is.groups)
      broken("a refused operation changed the record (count) of frame " + std::to_string(i), was.count, is.count);
  }
}

uint64_t World::hash() const {
  uint64_t hash = mmu.hash();
  const auto add = [&](uint64_t value) {
    hash = (hash ^ value) * 0x9e37'79b9'7f4a'7c15;
    hash ^= hash >> 32;
  };
  for (const FrameRecord& r : records_) {
    add(uint64_t{r.count} << 32 | uint64_t{r.used} << 8 | uint64_t(r.kind));
    add(r.groups);
  }
  for (uint64_t at = 0; at < arena.bytes.size(); at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, arena.bytes.data() + at, sizeof word);
    add(word);
  }
  for (unsigned i = 0; i < sizes_.processes; ++i) add(spaces_[i].root().number);
  return hash;
}

// --- independent readings of the tables ---

namespace {

const Pte* entries_of(Frame table) { return reinterpret_cast<const Pte*>(arena.at(table)); }

template <class Visit>
void for_each_entry(Frame table, unsigned level, const Visit& visit) {
  for (unsigned i = 0; i < (level == kRootLevel ? Machine::kUserRootEntries : kEntries); ++i) {
    const Pte entry = entries_of(table)[i];
    if (!entry.empty()) visit(entry, level);
    if (entry.present() && level > 0) for_each_entry(entry.frame(), level - 1, visit);
  }
}

}  // namespace

uint64_t frames_to_write(AddressSpace& space, VirtAddr address) {
  uint64_t needed = 0;
  bool shared = false;  // by another path from here down
  Frame table = space.root();
  for (unsigned level = kRootLevel;; --level) {
    const Pte entry = entries_of(table)[index_of(address, level)];
    if (!entry.present()) return needed + level + 1;  // a table for each level below, and the page
    shared = shared || frames.record(entry.frame()).count > 1;
    if (level == 0) return needed + (shared && !entry.shared() ? 1 : 0);
    needed += shared ? 1 : 0;
    table = entry.frame();
  }
}

uint64_t frames_to_read(AddressSpace& space, VirtAddr address) {
  const Ruling ruling = space.ruling(address);
  return ruling.entry.present() ? 0 : ruling.level + 1;
}

bool has_alias(AddressSpace& space) {
  std::set<uint32_t> seen;
  bool alias = false;
  for_each_entry(space.root(), kRootLevel, [&](Pte entry, unsigned level) {
    if (entry.present() && level > 0) alias = !seen.insert(entry.frame().number).second || alias;
  });
  return alias;
}

uint64_t pages_mapped(AddressSpace& space) {
  uint64_t pages = 0;
  for_each_entry(space.root(), kRootLevel, [&](Pte entry, unsigned level) {
    if (!entry.present() || level == 0) pages += span_of(level) / kPageSize;
  });
  return pages;
}

}  // namespace kine
