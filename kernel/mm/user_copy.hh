// The kernel's access to user memory: never by a user address, always through the tables of the address space and the direct map, page by
// page, with what a fault there would do (fill, copy). EFAULT: the program may not do that access itself. ENOMEM: no frame is left for it.
#pragma once

#include "mm/address_space.hh"

namespace kine {

// How many of the bytes from the address on lie in its page.
constexpr uint64_t part_within_page(VirtAddr address, uint64_t size) {
  const uint64_t to_end = kPageSize - offset_in_page(address);
  return size < to_end ? size : to_end;
}

// Calls visit(std::byte* bytes, size_t count) for each page's part of [address, address + size), reached for this access. Stops at the
// first error; what was visited before stays done.
template <class Visit>
Result<> for_each_part(AddressSpace& space, VirtAddr address, uint64_t size, Access access, Visit visit) {
  while (size > 0) {
    Result<std::byte*> bytes = space.reach(address, access);
    if (!bytes) return bytes.error();
    const uint64_t count = part_within_page(address, size);
    visit(*bytes, count);
    address = address + count;
    size -= count;
  }
  return {};
}

// Reads [from, from + size) into `to`.
[[nodiscard]] Result<> copy_in(AddressSpace& space, void* to, VirtAddr from, uint64_t size);
// Writes all of it or, if any part cannot be written, nothing.
[[nodiscard]] Result<> copy_out(AddressSpace& space, VirtAddr to, const void* from, uint64_t size);
// Writes zeros.
[[nodiscard]] Result<> zero_out(AddressSpace& space, VirtAddr to, uint64_t size);
// From one address space to another. On an error a part may have been written.
[[nodiscard]] Result<> copy_across(AddressSpace& from_space, VirtAddr from, AddressSpace& to_space, VirtAddr to, uint64_t size);
// The length of the string at `at`, without its NUL. ENAMETOOLONG: no NUL within `limit` bytes.
[[nodiscard]] Result<uint64_t> string_length(AddressSpace& space, VirtAddr at, uint64_t limit);
// Makes sure that copy_out to this range cannot fail (until the tables change).
[[nodiscard]] Result<> prepare_out(AddressSpace& space, VirtAddr to, uint64_t size);

template <class T>
[[nodiscard]] Result<T> read_user(AddressSpace& space, VirtAddr from) {
  T value;
  Result<> done = copy_in(space, &value, from, sizeof value);
  if (!done) return done.error();
  return value;
}
template <class T>
[[nodiscard]] Result<> write_user(AddressSpace& space, VirtAddr to, const T& value) {
  return copy_out(space, to, &value, sizeof value);
}

}  // namespace kine
