// The stubs of lab fork: the child shares everything with its parent, whatever the strategy says. (The rest of the kernel can do that: so
// it boots.)

// Lab fork: What if memory ends half-way? The parent must be as it was, and so must this. Either count first what the copy will take, or
// give back what was taken. Two things besides the tree belong to an address space: its heap, and where it looks for free addresses next.
Result<> AddressSpace::fork_from(AddressSpace& parent, ForkStrategy strategy, Claim claim) {
  (void)strategy;
  Result<> made = create(claim);
  if (!made) return made;
  copy_entries(Table(parent.root_), Table(root_), kRootLevel, kRootLevel);
  search_hint_ = parent.search_hint_;
  heap_start = parent.heap_start;
  heap_end = parent.heap_end;
  parent.count(&Events::forks);
  Machine::flush_all();
  return {};
}

// Lab fork: Nobody asks yet.
uint64_t AddressSpace::frames_to_copy(Frame table, unsigned level, unsigned shared_level) const {
  (void)table, (void)level, (void)shared_level;
  return 0;
}

// Lab fork: One table, and nothing below. An eager fork needs a table of its own for each table, and a page for each page; promises are
// copied as they are, and a page mapped MAP_SHARED stays one page. Table has what you need: for_each_used, set. What may the new entry's
// R/W say?
void AddressSpace::copy_entries(Table from, Table to, unsigned level, unsigned shared_level) {
  (void)level, (void)shared_level;
  from.for_each_used([&](unsigned index, Pte entry) { to.set(index, entry.present() ? share_entry(from, index) : entry); });
}
