#include "mm/user_copy.hh"

namespace kine {

Result<> copy_in(AddressSpace& space, void* to, VirtAddr from, uint64_t size) {
  std::byte* next = static_cast<std::byte*>(to);
  return for_each_part(space, from, size, Access::kRead, [&](const std::byte* bytes, uint64_t count) {
    __builtin_memcpy(next, bytes, count);
    next += count;
  });
}

Result<> prepare_out(AddressSpace& space, VirtAddr to, uint64_t size) {
  return for_each_part(space, to, size, Access::kWrite, [](std::byte*, uint64_t) {});
}

Result<> copy_out(AddressSpace& space, VirtAddr to, const void* from, uint64_t size) {
  // A part within one page needs no rehearsal: it is reached once or not at all.
  if (size > kPageSize - offset_in_page(to)) {
    Result<> prepared = prepare_out(space, to, size);
    if (!prepared) return prepared;
  }
  const std::byte* next = static_cast<const std::byte*>(from);
  return for_each_part(space, to, size, Access::kWrite, [&](std::byte* bytes, uint64_t count) {
    __builtin_memcpy(bytes, next, count);
    next += count;
  });
}

Result<> zero_out(AddressSpace& space, VirtAddr to, uint64_t size) {
  return for_each_part(space, to, size, Access::kWrite, [](std::byte* bytes, uint64_t count) { __builtin_memset(bytes, 0, count); });
}

Result<> copy_across(AddressSpace& from_space, VirtAddr from, AddressSpace& to_space, VirtAddr to, uint64_t size) {
  while (size > 0) {
    // (What is read stays where it is, even if it is the page that the write copies: then somebody else has it too.)
    Result<std::byte*> source = from_space.reach(from, Access::kRead);
    if (!source) return source.error();
    Result<std::byte*> target = to_space.reach(to, Access::kWrite);
    if (!target) return target.error();
    const uint64_t count = part_within_page(to, part_within_page(from, size));
    __builtin_memcpy(*target, *source, count);
    from = from + count;
    to = to + count;
    size -= count;
  }
  return {};
}

Result<uint64_t> string_length(AddressSpace& space, VirtAddr at, uint64_t limit) {
  uint64_t length = 0;
  while (length < limit) {
    Result<std::byte*> reached = space.reach(at + length, Access::kRead);
    if (!reached) return reached.error();
    const std::byte* bytes = *reached;
    for (uint64_t left = kPageSize - offset_in_page(at + length); left > 0 && length < limit; --left, ++length)
      if (*bytes++ == std::byte{0}) return length;
  }
  return Errno::kENAMETOOLONG;
}

}  // namespace kine
