// The stubs of lab cow: what one address space borrows from another it copies, byte by byte.

// Lab cow: share_from does what this needs: it has every page in both, and nobody may write it without a copy. But not everything may be
// lent. Keep the two errors that the declaration promises.
Result<> AddressSpace::borrow(AddressSpace& source, PageRange from, VirtAddr to, Rights rights) {
  const VirtAddr refused = source.find(from, [](Pte leaf) { return leaf.shared() || !leaf.rights().read(); });
  if (refused != from.end) return source.ruling(refused).entry.shared() ? Errno::kEINVAL : Errno::kEFAULT;
  const PageRange range{to, to + from.bytes()};
  Result<> done = map(range, Rights::rw());
  for (uint64_t at = 0; done && at < from.bytes(); at += kPageSize) {
    Result<std::byte*> page = source.reach(from.begin + at, Access::kRead);
    if (!page) return page.error();
    Result<std::byte*> copy = reach(to + at, Access::kWrite);
    if (!copy) return copy.error();
    __builtin_memcpy(*copy, *page, kPageSize);
  }
  return done ? protect(range, rights) : done;
}
