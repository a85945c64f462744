// brk, mmap, munmap, mprotect, mremap: they decode addresses, sizes and flags into ranges; mm/ does the rest.
#include "syscall/calls.hh"
#include "task/layout.hh"

namespace kine::calls {

namespace {

// Linux's <asm-generic/mman-common.h>, <asm-generic/mman.h>.
constexpr int kProtRead = 1, kProtWrite = 2, kProtExec = 4, kProtSem = 8;
constexpr int kShared = 1, kPrivate = 2, kSharedValidate = 3, kTypeMask = 0xf;
constexpr int kFixed = 0x10, kAnonymous = 0x20, k32Bit = 0x40, kFixedNoReplace = 0x100000;
constexpr int kMayMove = 1, kMoveFixed = 2;

AddressSpace& space_of(Thread& caller) { return *caller.process->space; }

// The pages that [begin, begin + bytes) touches. EINVAL: begin is not a page's, or bytes is 0; ENOMEM: it leaves user space.
Result<PageRange> pages_of(VirtAddr begin, uint64_t bytes) {
  if (offset_in_page(begin) != 0 || bytes == 0) return Errno::kEINVAL;
  if (bytes > kUserEnd.value || begin > kUserEnd - round_up(bytes, kPageSize)) return Errno::kENOMEM;
  return PageRange{begin, begin + round_up(bytes, kPageSize)};
}

// PROT_… as rights. EACCES: memory that may be written and executed.
Result<Rights> rights_of(int protection) {
  if ((protection & kProtWrite) && (protection & kProtExec)) return Errno::kEACCES;
  return Rights(protection & kProtRead, protection & kProtWrite, protection & kProtExec);
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
  if (possible) {
    const PageRange range{wanted, wanted + size};
    if (space.first_used(range.begin, range.end) == range.end) return range;
    if (flags & kFixedNoReplace) return Errno::kEEXIST;
    if (flags & kFixed) return range;
  }
  Result<VirtAddr> found = space.find_free(size, layout::kMmap);
  if (!found) return found.error();
  return PageRange{*found, *found + size};
}

}  // namespace

Answer brk(Thread& caller, VirtAddr wanted) {
  AddressSpace& space = space_of(caller);
  const VirtAddr old = space.heap_end;
  if (wanted < space.heap_start || wanted > layout::kHeap.end) return static_cast<int64_t>(old.value);
  const VirtAddr old_end{round_up(old.value, kPageSize)};
  const VirtAddr new_end{round_up(wanted.value, kPageSize)};
  // A break that cannot move stays where it is; that is brk's way to fail.
  bool moved = true;
  if (new_end > old_end) {
    moved = space.first_used(old_end, new_end) == new_end && space.map({old_end, new_end}, Rights::rw());
  } else if (new_end < old_end) {
    moved = bool(space.unmap({new_end, old_end}));
  }
  if (moved) space.heap_end = wanted;
  return static_cast<int64_t>(space.heap_end.value);
}

Answer mmap(Thread& caller, VirtAddr hint, uint64_t bytes, int protection, int flags, Fd fd, uint64_t offset) {
  AddressSpace& space = space_of(caller);
  const int type = flags & kTypeMask;
  if (offset % kPageSize != 0 || (type != kShared && type != kPrivate && type != kSharedValidate)) return Errno::kEINVAL;
  if (!(flags & kAnonymous)) {
    Result<Object*> object = caller.process->descriptors.get(fd.number);
    return object ? Errno::kENODEV : object.error();
  }
  if (type == kSharedValidate || (flags & k32Bit)) return Errno::kEINVAL;  // (rather than an address above 2 GiB)
  Result<Rights> rights = rights_of(protection);
  if (!rights) return rights.error();
  Result<PageRange> range = place(space, hint, bytes, flags);
  if (!range) return range.error();
  Result<> mapped = type == kPrivate ? space.map(*range, *rights) : space.map_shared(*range, *rights);
  if (!mapped) return mapped;
  return static_cast<int64_t>(range->begin.value);
}

Answer munmap(Thread& caller, VirtAddr begin, uint64_t bytes) {
  Result<PageRange> range = pages_of(begin, bytes);
  if (!range) return Errno::kEINVAL;
  return space_of(caller).unmap(*range);
}

Answer mprotect(Thread& caller, VirtAddr begin, uint64_t bytes, int protection) {
  if (offset_in_page(begin) != 0 || (protection & ~(kProtRead | kProtWrite | kProtExec | kProtSem))) return Errno::kEINVAL;
  if (bytes == 0) return 0;
  Result<PageRange> range = pages_of(begin, bytes);
  if (!range) return range.error();
  Result<Rights> rights = rights_of(protection);
  if (!rights) return rights.error();
  return space_of(caller).protect(*range, *rights);
}

Answer mremap(Thread& caller, VirtAddr old, uint64_t old_bytes, uint64_t new_bytes, int flags, VirtAddr target) {
  AddressSpace& space = space_of(caller);
  const bool to_target = flags & kMoveFixed;
  if ((flags & ~(kMayMove | kMoveFixed)) || (to_target && !(flags & kMayMove))) return Errno::kEINVAL;
  if (offset_in_page(old) != 0 || old_bytes == 0 || new_bytes == 0) return Errno::kEINVAL;
  Result<PageRange> from = pages_of(old, old_bytes);
  if (!from || !space.mapped(*from)) return Errno::kEFAULT;
  const uint64_t size = round_up(new_bytes, kPageSize);
  if (size < new_bytes || size > kUserEnd.value) return Errno::kENOMEM;

  PageRange to{target, target + size};
  if (to_target) {
    if (offset_in_page(target) != 0 || target > kUserEnd - size || to.overlaps(*from)) return Errno::kEINVAL;
    if (target < layout::kLowest) return Errno::kEPERM;
  } else if (size <= from->bytes()) {
    const VirtAddr end = from->begin + size;
    if (end < from->end) {
      Result<> shrunk = space.unmap({end, from->end});
      if (!shrunk) return shrunk;
    }
    return static_cast<int64_t>(old.value);
  } else {
    const PageRange behind{from->end, from->begin + size};
    const bool room = behind.end <= kUserEnd && space.first_used(behind.begin, behind.end) == behind.end;
    const Pte last = space.ruling(from->end - kPageSize).entry;
    if (room) {
      Result<> grown = last.shared() ? space.map_shared(behind, last.rights()) : space.map(behind, last.rights());
      if (!grown) return grown;
      return static_cast<int64_t>(old.value);
    }
    if (!(flags & kMayMove)) return Errno::kENOMEM;
    Result<VirtAddr> found = space.find_free(size, layout::kMmap);
    if (!found) return found.error();
    to = {*found, *found + size};
  }
  Result<> moved = space.move(*from, to);
  if (!moved) return moved;
  return static_cast<int64_t>(to.begin.value);
}

}  // namespace kine::calls
