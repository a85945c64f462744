#include "world.hh"

#include <cstring>
#include <new>

#include "mm/user_copy.hh"

namespace kine {

using Kind = Operation::Kind;

namespace {

// Every archive page has other bytes.
std::vector<Model::Bytes> archive_contents(uint32_t count) {
  std::vector<Model::Bytes> pages(count);
  for (uint32_t i = 0; i < count; ++i)
    for (uint64_t at = 0; at < kPageSize; ++at) pages[i][at] = std::byte(0x11 * (i + 1) + at * 7);
  return pages;
}

}  // namespace

World::World(Sizes sizes)
    : sizes_(sizes),
      records_(kKernelRoot.number + 1 + sizes.archive_pages + sizes.frames + sizes.spare),
      space_bytes_((sizes.processes + 1) * sizeof(AddressSpace)),
      model_(sizes.processes, archive_contents(sizes.archive_pages)),
      archive_(archive_contents(sizes.archive_pages)),
      cell_of_frame_(records_.size()) {
  start_machine(static_cast<uint32_t>(records_.size()));
  frames.start(records_.data(), static_cast<uint32_t>(records_.size()));
  frames.adopt_pages(archive_frame(0), sizes.archive_pages);
  for (uint32_t i = 0; i < sizes.archive_pages; ++i) std::memcpy(arena.at(archive_frame(i)), archive_[i].data(), kPageSize);
  frames.add_memory(archive_frame(sizes.archive_pages), sizes.frames);
  // The objects live in plain bytes, so that a snapshot can copy them; end() sees to it that they hold nothing.
  spaces_ = reinterpret_cast<AddressSpace*>(space_bytes_.data());
  for (unsigned i = 0; i <= sizes.processes; ++i) new (spaces_ + i) AddressSpace;
  if (!spaces_[0].create(Claim::kOrdinary)) throw Broken("no frame for the first process");
  model_.create(0);
  load(0);
  check();
}

World::~World() { mmu = Mmu(); }

bool World::applicable(const Operation& op) const {
  if (op.kind == Kind::kReap) return true;
  if (!lives(op.process)) return false;
  if (op.kind == Kind::kExit) {  // somebody stays
    for (unsigned i = 0; i < sizes_.processes; ++i)
      if (i != op.process && lives(i)) return true;
    return false;
  }
  if (op.kind == Kind::kFork) return !lives(op.other);
  return (op.kind != Kind::kShare && op.kind != Kind::kBorrow) || lives(op.other);
}

void World::load(unsigned process) {
  if (mmu.root() != spaces_[process].root()) Machine::load_root(spaces_[process].root());
  if (prefetch_) mmu.prefetch();
}

void World::leave(unsigned process) {
  if (mmu.root() == spaces_[process].root()) Machine::load_root(Machine::kernel_root());
}

Result<Frame> World::access(unsigned process, VirtAddr address, Access access) {
  for (bool answered = false;; answered = true) {
    if (const auto frame = mmu.translate(address, access)) return *frame;
    if (answered)
      throw Broken("progress: the fault at page " + std::to_string(address.value / kPageSize) +
                   " was answered, but the same access faults again");
    ++faults_;
    last_verdict_ = spaces_[process].fault(address, access);
    if (last_verdict_ == FaultVerdict::kBad) return Errno::kEFAULT;
    if (last_verdict_ == FaultVerdict::kNoMemory) return Errno::kENOMEM;
  }
}

Errno World::run(const Operation& op) {
  if (op.kind != Kind::kReap && op.running) load(op.process);
  AddressSpace& space = spaces_[op.process];
  const PageRange at = op.at.range();
  switch (op.kind) {
    case Kind::kMap: return space.map(at, op.rights).error();
    case Kind::kMapShared: return space.map(at, op.rights, true).error();
    case Kind::kMapArchive: return space.map_frames(at, archive_frame(op.value), op.rights).error();
    case Kind::kMapAnywhere: return run_anywhere(op);
    case Kind::kUnmap: return space.unmap(at).error();
    case Kind::kProtect: return space.protect(at, op.rights).error();
    case Kind::kForget: return space.forget(at).error();
    case Kind::kMove: return space.move(op.from.range(), at).error();
    case Kind::kShare: return space.share_from(spaces_[op.other], op.from.range(), at.begin).error();
    case Kind::kBorrow: return space.borrow(spaces_[op.other], op.from.range(), at.begin, op.rights).error();
    case Kind::kStore: {
      Result<Frame> frame = access(op.process, op.address, Access::kWrite);
      if (frame) arena.at(*frame)[offset_in_page(op.address)] = std::byte{op.value};
      return frame.error();
    }
    case Kind::kLoad: return run_load(op, Access::kRead);
    case Kind::kFetch: return run_load(op, Access::kFetch);
    case Kind::kCopyOut: return copy_out(space, op.address, std::vector<uint8_t>(op.length, op.value).data(), op.length).error();
    case Kind::kCopyIn: return run_copy_in(op);
    case Kind::kFork: return spaces_[op.other].fork_from(space, op.strategy).error();
    case Kind::kExec: return run_exec(op);
    case Kind::kExit:
      leave(op.process);
      space.destroy();
      return Errno::kOk;
    case Kind::kReap:
      for (uint64_t i = 0; i < op.length; ++i) (void)frames.reap_one();
      return Errno::kOk;
  }
  return Errno::kENOSYS;
}

Errno World::run_anywhere(const Operation& op) {
  const PageRange area = op.from.range();
  Result<VirtAddr> place = spaces_[op.process].find_free(op.at.count * kPageSize, area);
  if (!place) {
    const uint64_t step = op.at.count >= kEntries ? kEntries : 1;
    for (uint64_t first = round_up(op.from.first, step); first + op.at.count <= op.from.end(); first += step)
      if (model_.free(op.process, {first, op.at.count}))
        throw Broken("find_free: expected the free range at page " + std::to_string(first) + ", seen ENOMEM");
    return Errno::kEEXIST;
  }
  found_ = place->value / kPageSize;
  const Pages got{found_, op.at.count};
  if (got.first < op.from.first || got.end() > op.from.end() || !model_.free(op.process, got) ||
      (got.count >= kEntries && got.first % kEntries != 0))
    throw Broken("find_free: page " + std::to_string(found_) + " is not free, not in the area, or not aligned");
  return spaces_[op.process].map(got.range(), op.rights).error();
}

Errno World::run_load(const Operation& op, Access kind) {
  Result<Frame> frame = access(op.process, op.address, kind);
  if (!frame) return frame.error();
  const Model::Page* page = model_.find(op.process, op.address.value / kPageSize);
  const std::byte seen = arena.at(*frame)[offset_in_page(op.address)];
  if (page && seen != model_.bytes(*page)[offset_in_page(op.address)]) throw Broken("a load saw another byte than was stored");
  return Errno::kOk;
}

Errno World::run_copy_in(const Operation& op) {
  std::vector<std::byte> bytes(op.length);
  Result<> done = copy_in(spaces_[op.process], bytes.data(), op.address, op.length);
  if (!done) return done.error();
  for (uint64_t i = 0; i < op.length; ++i) {
    const VirtAddr address = op.address + i;
    const Model::Page* page = model_.find(op.process, address.value / kPageSize);
    if (page && bytes[i] != model_.bytes(*page)[offset_in_page(address)]) throw Broken("the kernel read another byte than was stored");
  }
  return Errno::kOk;
}

// As execve does it: built aside, and at the commit the processor leaves the old tables before they go.
Errno World::run_exec(const Operation& op) {
  AddressSpace& space = spaces_[op.process];
  AddressSpace& aside = spaces_[sizes_.processes];
  const auto build = [&]() -> Result<> {
    Result<> done = aside.create(Claim::kOrdinary);
    if (done) done = aside.map(op.at.range(), op.rights);
    if (done) done = aside.map_frames(Pages{op.at.end(), 1}.range(), archive_frame(0), Rights::rx());
    if (done) done = copy_out(aside, op.at.range().begin, &op.value, 1);
    return done;
  };
  Result<> built = build();
  if (!built) {
    aside.destroy();
    return built.error();
  }
  if (mmu.root() == space.root()) Machine::load_root(aside.root());
  space.take_over(aside);
  return Errno::kOk;
}

void World::save(Snapshot& to) const {
  const uint64_t bytes_in_use = (records_.size() - sizes_.spare) * kPageSize;
  to.arena.assign(arena.bytes.begin(), arena.bytes.begin() + static_cast<ptrdiff_t>(bytes_in_use));
  to.records = records_;
  to.frames = frames;
  to.events = machine_events;
  to.spaces = space_bytes_;
  to.mmu = mmu;
  to.model = model_;
  to.taken_away = taken_away_;
  to.reaped = reaped_;
}

void World::restore(const Snapshot& from) {
  std::memcpy(arena.bytes.data(), from.arena.data(), from.arena.size());
  std::memcpy(records_.data(), from.records.data(), records_.size() * sizeof(FrameRecord));
  frames = from.frames;
  machine_events = from.events;
  std::memcpy(space_bytes_.data(), from.spaces.data(), space_bytes_.size());
  mmu = from.mmu;
  model_ = from.model;
  taken_away_ = from.taken_away;
  reaped_ = from.reaped;
}

void World::add_spare(uint32_t count) { frames.add_memory({static_cast<uint32_t>(records_.size()) - sizes_.spare}, count); }

void World::limit_free(uint32_t free) {
  while (frames.free() > free) {
    Result<Frame> frame = frames.take(FrameKind::kObject, Claim::kReserve);
    taken_away_.push_back(*frame);
  }
}

void World::unlimit() {
  for (const Frame frame : taken_away_) frames.unlink(frame);
  taken_away_.clear();
  frames.reap_all();
}

void World::end() {
  unlimit();
  for (unsigned i = 0; i < sizes_.processes; ++i)
    if (lives(i)) play({.kind = Kind::kExit, .process = i});
  check();
  if (frames.free() != frames.total())
    throw Broken("with every process gone, expected all " + std::to_string(frames.total()) + " frames free, seen " +
                 std::to_string(frames.free()));
}

}  // namespace kine
