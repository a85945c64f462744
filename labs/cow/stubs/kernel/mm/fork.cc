// The stubs of lab cow: nothing is shared yet.

// Lab cow: Every strategy copies everything, until kPages shares the entries of the lowest tables: those of level 0. The strategy kTree is
// a later lab's, and shares those of the root, kRootLevel; with your fault it will work as well.
constexpr unsigned level_to_share(ForkStrategy strategy) {
  (void)strategy;
  return kNoLevel;
}
