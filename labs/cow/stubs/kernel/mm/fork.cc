// The stubs of lab cow: nothing is shared yet.

// Lab cow: Every strategy copies everything, until kPages shares the entries of the lowest tables: those of level 0. The strategy kTree is
// a later lab's, and shares those of the root, kRootLevel; with your fault it will work as well.
constexpr unsigned level_to_share(ForkStrategy strategy) {
  (void)strategy;
  return kNoLevel;
}

// Lab cow: Enough for a page mapped MAP_SHARED, which all may write: it is counted. A private page must not be written by anybody who has
// not made it his own. Which entries must say so?
Pte AddressSpace::share_entry(Table table, unsigned index) {
  const Pte entry = table[index];
  frames.add_reference(entry.frame());
  return entry;
}
