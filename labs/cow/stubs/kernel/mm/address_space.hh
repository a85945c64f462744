// The stubs of lab cow: the kernel reads and writes a page where it stands.

// Lab cow: Enough for a page mapped MAP_SHARED, which all may write: it is counted. A private page must not be written by anybody who has
// not made it his own. Which entries must say so?
inline Pte AddressSpace::share_entry(Table table, unsigned index) {
  const Pte entry = table[index];
  frames.add_reference(entry.frame());
  return entry;
}

// Lab cow: The mapping's rights are asked, and a promise is kept. But whose page is it that the kernel writes? It must do what a fault at
// this address would, and most often nothing is to be done: then the way down the tables is all that this may cost.
inline Result<std::byte*> AddressSpace::reach(VirtAddr address, Access access) {
  if (address >= kUserEnd) return Errno::kEFAULT;
  const Pte entry = ruling(address).entry;
  if (!grants(entry, access)) return Errno::kEFAULT;
  if (!entry.present()) return reach_by_fault(address, access);
  return Machine::bytes(entry.frame()) + offset_in_page(address);
}
