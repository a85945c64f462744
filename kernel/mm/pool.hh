// Small kernel objects: cells of equal size, carved from frames of kind kObject. A frame goes back as soon as no cell of it is in use.
#pragma once

#include <new>

#include "base/list.hh"
#include "mm/frames.hh"

namespace kine {

class Pool {
 public:
  static constexpr uint64_t kCellBytes = 128;

  // A new object in a cell of kCellBytes, aligned to 16. ENOMEM.
  template <class T, class... Arguments>
  Result<T*> make(Claim claim, Arguments... arguments) {
    static_assert(sizeof(T) <= kCellBytes);
    Result<void*> cell = take(claim);
    if (!cell) return cell.error();
    return new (*cell) T(arguments...);
  }
  // Requires: `cell` was taken here, and nothing leads to it any more.
  void give_back(void* cell);

  template <class Visit>
  void for_each_frame(Visit visit) const {
    for (Slab* slab = slabs_.first(); slab; slab = slabs_.next(*slab)) visit(slab->frame);
  }

 private:
  // The first cell of each frame. Free cells link through their first word.
  struct Slab {
    Link<Slab> link;
    void* free = nullptr;
    Frame frame;
    uint32_t used = 0;
  };
  static_assert(sizeof(Slab) <= kCellBytes);
  Result<void*> take(Claim claim);
  static Slab& slab_of(void* cell) { return *reinterpret_cast<Slab*>(round_down(reinterpret_cast<uint64_t>(cell), kPageSize)); }

  List<Slab, &Slab::link> slabs_;  // those with a free cell before those without
};

}  // namespace kine
