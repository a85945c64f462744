// The stubs of lab tree: what is lent is lent page by page.

// Lab tree: A table can be lent as a whole, if it stands at the same place of an aligned span, and its pages keep their rights. (As it
// stands, only what is no table is: a promise, or nothing.)
inline bool AddressSpace::Edit::lent_whole(unsigned level, VirtAddr begin) const {
  const VirtAddr there = source_of(begin);
  return there.value % span_of(level) == 0 && source->ruling(there).level >= level;
}
