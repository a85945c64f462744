// The stubs of lab fault: only memory that may be written is answered, and every access to it as if it were a write.

// Lab fault: The ruling entry says what is mapped and what may be done there: `grants`. What does each access need? What if nothing is to
// be done at all, since the processor only remembered an older entry? (It must forget that.)
FaultVerdict AddressSpace::fault(VirtAddr address, Access access) {
  if (address.value >= kUserEnd.value) return FaultVerdict::kBad;
  const Path path = path_to(address);
  if (access == Access::kFetch || !path.entry.may_write()) return FaultVerdict::kBad;
  return make_writable(path, address);
}

// Lab fault: A promise can stand at any level: above level 0 it is split first (`split`), level by level, and what stood there is then a
// table. The zeroed page gets the rights that the promise had. May it be written without a further fault?
FaultVerdict AddressSpace::make_readable(Table table, unsigned level, VirtAddr address) {
  (void)table, (void)level, (void)address;
  return FaultVerdict::kBad;
}
