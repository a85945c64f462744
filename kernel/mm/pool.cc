#include "mm/pool.hh"

namespace kine {

Result<void*> Pool::take(Claim claim) {
  Slab* slab = slabs_.first();
  if (!slab || !slab->free) {
    Result<Frame> frame = frames.take(FrameKind::kObject, claim);
    if (!frame) return frame.error();
    std::byte* const bytes = Machine::bytes(*frame);
    slab = new (bytes) Slab{{}, nullptr, *frame, 0};
    for (uint64_t at = kPageSize - kCellBytes; at >= kCellBytes; at -= kCellBytes) slab->free = new (bytes + at) void*(slab->free);
    slabs_.insert_after(nullptr, *slab);
  }
  void* const cell = std::exchange(slab->free, *static_cast<void**>(slab->free));
  ++slab->used;
  if (!slab->free) {
    slabs_.remove(*slab);
    slabs_.push_back(*slab);
  }
  return cell;
}

void Pool::give_back(void* cell) {
  Slab& slab = slab_of(cell);
  slab.free = new (cell) void*(slab.free);
  slabs_.remove(slab);
  if (--slab.used > 0) return slabs_.insert_after(nullptr, slab);
  frames.unlink(slab.frame);
}

}  // namespace kine
