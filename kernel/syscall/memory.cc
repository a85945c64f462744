// brk, mmap, munmap, mprotect, mremap, madvise: they decode addresses, sizes and flags into ranges; mm/ does the rest.
#include <initializer_list>

#include "syscall/calls.hh"
#include "syscall/route.hh"
#include "task/layout.hh"

namespace kine::calls {

namespace {

// Linux's <asm-generic/mman-common.h>, <asm-generic/mman.h>.
constexpr int kProtRead = 1, kProtWrite = 2, kProtExec = 4, kProtSem = 8;
constexpr int kShared = 1, kPrivate = 2, kSharedValidate = 3, kTypeMask = 0xf;
constexpr int kFixed = 0x10, kAnonymous = 0x20, k32Bit = 0x40, kFixedNoReplace = 0x100000;
constexpr int kMayMove = 1, kMoveFixed = 2;

// PROT_… as rights. EACCES: memory that may be written and executed.
Result<Rights> rights_of(int protection) {
  if ((protection & kProtWrite) && (protection & kProtExec)) return Errno::kEACCES;
  return Rights(protection & kProtRead, protection & kProtWrite, protection & kProtExec);
}

// Where there is room for so many bytes. ENOMEM.
Result<PageRange> free_range(AddressSpace& space, uint64_t bytes) {
  Result<VirtAddr> found = space.find_free(bytes, layout::kMmap);
  if (!found) return found.error();
  return PageRange{*found, *found + bytes};
}

// Where a new mapping goes: where the program insists, where it hints if that is free, or where there is room.
Result<PageRange> place(AddressSpace& space, VirtAddr hint, uint64_t bytes, int flags) {
  const bool fixed = flags & (kFixed | kFixedNoReplace);
  const uint64_t size = round_up(bytes, kPageSize);
  if (bytes == 0 || (fixed && offset_in_page(hint) != 0)) return Errno::kEINVAL;
  if (size < bytes || size > kUserEnd.value) return Errno::kENOMEM;
  const VirtAddr wanted = page_of(hint);
  const bool possible = wanted >= layout::kLowest && wanted <= kUserEnd - size;
  if (fixed && !possible) return wanted < layout::kLowest ? Errno::kEPERM : Errno::kENOMEM;
  const PageRange range{wanted, wanted + size};
  if (possible && space.first_used(range.begin, range.end) == range.end) return range;
  if (flags & kFixedNoReplace) return Errno::kEEXIST;
  return fixed ? Result<PageRange>(range) : free_range(space, size);
}

Answer brk(AddressSpace& space, VirtAddr wanted) {
  if (wanted < space.heap_start || wanted > layout::kHeap.end) return space.heap_end;
  const VirtAddr old_end{round_up(space.heap_end.value, kPageSize)};
  const VirtAddr new_end{round_up(wanted.value, kPageSize)};
  // A break that cannot move stays where it is; that is brk's way to fail.
  Result<> moved;
  if (new_end < old_end) moved = space.unmap({new_end, old_end});
  if (new_end > old_end) {
    const bool free = space.first_used(old_end, new_end) == new_end;
    moved = free ? space.map({old_end, new_end}, Rights::rw()) : Errno::kENOMEM;
  }
  if (moved) space.heap_end = wanted;
  return space.heap_end;
}

// W^X: a mapping with PROT_WRITE and PROT_EXEC answers EACCES.
Answer mmap(Thread& caller, VirtAddr hint, uint64_t bytes, int protection, int flags, uint32_t fd, uint64_t offset) {
  AddressSpace& space = *caller.process->space;
  const int type = flags & kTypeMask;
  if (offset % kPageSize != 0 || (type != kShared && type != kPrivate && type != kSharedValidate)) return Errno::kEINVAL;
  if (!(flags & kAnonymous)) {
    // The file's server answers with a view, which does not change when the file does. A shared one has no meaning yet.
    return type != kPrivate && caller.process->descriptors.get(fd) ? Answer(Errno::kENODEV) : send_call(caller);
  }
  if (type == kSharedValidate || (flags & k32Bit)) return Errno::kEINVAL;  // (rather than an address above 2 GiB)
  Result<Rights> rights = rights_of(protection);
  if (!rights) return rights.error();
  Result<PageRange> range = place(space, hint, bytes, flags);
  if (!range) return range.error();
  return when(space.map(*range, *rights, type != kPrivate), range->begin);
}

Answer munmap(AddressSpace& space, VirtAddr begin, uint64_t bytes) {
  Result<PageRange> range = pages_of(begin, bytes);
  return range && !range->empty() ? space.unmap(*range) : Errno::kEINVAL;
}

// Across a hole: ENOMEM, and nothing changed.
Answer mprotect(AddressSpace& space, VirtAddr begin, uint64_t bytes, int protection) {
  if (offset_in_page(begin) != 0 || (protection & ~(kProtRead | kProtWrite | kProtExec | kProtSem))) return Errno::kEINVAL;
  if (bytes == 0) return 0;
  Result<PageRange> range = pages_of(begin, bytes);
  if (!range) return range.error();
  Result<Rights> rights = rights_of(protection);
  return rights ? space.protect(*range, *rights) : rights.error();
}

// --- mremap ---

// An old size of 0: the memory is there twice afterwards, shared copy-on-write (on Linux only memory mapped MAP_SHARED is).
Answer duplicate(AddressSpace& space, PageRange from) {
  Result<PageRange> to = free_range(space, from.bytes());
  return to ? when(space.share_from(space, from, to->begin), to->begin) : to.error();
}

// More memory of the last page's kind: behind it, or else everything moves, if it may.
Answer grow(AddressSpace& space, PageRange from, uint64_t size, bool may_move) {
  const PageRange behind{from.end, from.begin + size};
  const Pte last = space.ruling(from.end - kPageSize).entry;
  if (behind.end <= kUserEnd && space.first_used(behind.begin, behind.end) == behind.end) {
    return when(space.map(behind, last.rights(), last.shared()), from.begin);
  }
  if (!may_move) return Errno::kENOMEM;
  Result<PageRange> to = free_range(space, size);
  return to ? when(space.move(from, *to), to->begin) : to.error();
}

// A part of the old range not mapped: EFAULT. It may span mappings of different rights. An old size of 0: EINVAL without MREMAP_MAYMOVE.
Answer mremap(AddressSpace& space, VirtAddr old, uint64_t old_bytes, uint64_t new_bytes, int flags, VirtAddr target) {
  const bool may_move = flags & kMayMove, to_target = flags & kMoveFixed;
  if ((flags & ~(kMayMove | kMoveFixed)) || (to_target && !may_move)) return Errno::kEINVAL;
  if (offset_in_page(old) != 0 || new_bytes == 0 || (old_bytes == 0 && flags != kMayMove)) return Errno::kEINVAL;
  Result<PageRange> from = pages_of(old, old_bytes ? old_bytes : new_bytes);
  if (!from || !space.mapped(*from)) return Errno::kEFAULT;
  if (old_bytes == 0) return duplicate(space, *from);
  const uint64_t size = round_up(new_bytes, kPageSize);
  if (size < new_bytes || size > kUserEnd.value) return Errno::kENOMEM;
  if (to_target) {
    const PageRange to{target, target + size};
    if (offset_in_page(target) != 0 || target > kUserEnd - size || to.overlaps(*from)) return Errno::kEINVAL;
    return target < layout::kLowest ? Errno::kEPERM : when(space.move(*from, to), target);
  }
  if (size > from->bytes()) return grow(space, *from, size, may_move);
  return when(space.unmap({old + size, from->end}), old);
}

// --- madvise ---

// MADV_DONTNEED: private memory becomes zero again. The image's stays, because its file's contents would have to come back. Other hints
// change nothing. ENOMEM: out of frames, or a part of the range is not mapped; the rest is done.
Answer madvise(AddressSpace& space, VirtAddr begin, uint64_t bytes, int advice) {
  constexpr int kDontNeed = 4;
  // What is nothing but a hint: NORMAL RANDOM SEQUENTIAL WILLNEED DONTNEED FREE MERGEABLE … DODUMP, COLD PAGEOUT.
  constexpr uint32_t kKnown = 0x1f | 1 << 8 | 0x3f << 12 | 3 << 20;
  const uint64_t size = round_up(bytes, kPageSize);
  if (advice < 0 || advice > 31 || !(kKnown >> advice & 1) || offset_in_page(begin) != 0 || size < bytes) return Errno::kEINVAL;
  if (begin.value + size < size) return Errno::kEINVAL;
  if (size == 0) return 0;
  Result<PageRange> range = pages_of(begin, bytes);
  if (!range) return range.error();
  for (const PageRange part : {layout::kHeap, PageRange{layout::kMmap.begin, kUserEnd}}) {
    if (advice != kDontNeed || !part.overlaps(*range)) continue;
    Result<> done = space.forget(part.common(*range));
    if (!done) return done;
  }
  return space.mapped(*range) ? Errno::kOk : Errno::kENOMEM;
}

}  // namespace

Answer map_view(Process& process, const uint64_t (&words)[6], const View& view) {
  AddressSpace& space = *process.space;
  Result<Rights> rights = rights_of(static_cast<int>(words[2]));
  if (!rights) return rights.error();
  if (!(view.rights.read() && (view.rights.exec() || !rights->exec()))) return Errno::kEACCES;
  Result<PageRange> range = place(space, {words[0]}, words[1], static_cast<int>(words[3]));
  if (!range) return range.error();
  // Behind the file's last page there is nothing to see (Linux would send SIGBUS; here it is zero).
  const uint64_t pages = round_up(view.bytes, kPageSize);
  const VirtAddr end = range->begin + (pages < range->bytes() ? pages : range->bytes());
  Result<> done = space.borrow(*view.space, {view.begin, view.begin + (end - range->begin)}, range->begin, *rights);
  if (!done) return done;
  if (end < range->end) done = space.map({end, range->end}, *rights);
  if (!done) return space.unmap({range->begin, end}) ? done : Errno::kENOMEM;
  return range->begin;
}

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {9, handle<mmap>},
    {10, handle<mprotect>},
    {11, handle<munmap>},
    {12, handle<brk>},
    {25, handle<mremap>},
    {28, handle<madvise>},
};

}  // namespace kine::calls
