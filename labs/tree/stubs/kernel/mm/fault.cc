// The stubs of lab tree: every table has one owner.

// Lab tree: Who copies a table stores a second time what it points at. Who owns that then, and who may write it? Nothing may have changed
// if no frame is left.
Result<Frame> AddressSpace::copy_table(Frame shared) {
  (void)shared;
  return Errno::kENOMEM;
}

// Lab tree: As long as no table is shared, an entry that has no R/W here is a promise. With shared ones there are three cases: nobody else
// has the table any more, others have it too, or it is a promise.
bool AddressSpace::make_own(Table table, unsigned index) {
  Result<Frame> lower = split(table[index]);
  if (!lower) return false;
  table.update(index, Pte::table(*lower));
  return true;
}
