// The stubs of lab tables: page by page, each from the root, and memory is counted by the thumb.

// Lab tables: Everything is done page by page (but for what is nothing, and stays nothing). An entry that lies wholly in the range can often be
// changed in one step: a promise for all of its span, a whole table unmapped. When, for each kind? Mind what the entry holds already.
inline bool AddressSpace::Edit::descends(Pte entry, unsigned level, PageRange part) const {
  (void)part;
  if (level == 0) return false;
  if (kind == Kind::kForget) return entry.present();
  return !(kind == Kind::kReplace && value.empty() && entry.empty());
}

// Lab tables: As many as the worst case takes. So a change fails that would have had memory enough. Walk as commit will, change nothing, and count what
// it will take: a table where there is none, one where a promise is split, and a copy of each table that others have too. `frames.record` says how
// many. Below a shared table, who else has what it leads to?
void AddressSpace::Edit::count_frames(uint64_t& needed, Frame table, Pte uniform, unsigned level, PageRange part, bool shared) const {
  (void)table, (void)uniform, (void)level, (void)part, (void)shared;
  needed = frames_at_most();
}

// Not for you: no machine that this runs on has counts so narrow that it is asked (Frames::countable).
template <class Visit>
void AddressSpace::Edit::visit_references(Frame table, Pte uniform, unsigned level, PageRange part, bool shared, Visit visit) const {
  (void)table, (void)uniform, (void)level, (void)part, (void)shared, (void)visit;
}

// Lab tables: Each page has its own way from the root and back. One walk for the range is enough; and whatever it leaves empty goes. `open` makes the
// entry lead to a table of this address space's own, `close` gives an empty table back.
void AddressSpace::Edit::commit() const {
  trace_event(R"("event":"range","kind":"{}","root":{},"begin":"{}","end":"{}","value":"{}","source":{},"from":"{}"})",
              kKindNames[static_cast<unsigned>(kind)], space.root_.number, range.begin, range.end, VirtAddr{value.bits()},
              source ? source->root_.number : 0, from);
  for (VirtAddr page = range.begin; page < range.end;) {
    const VirtAddr behind = page + kPageSize;
    Table tables[kRootLevel + 1];
    unsigned at = kRootLevel;
    tables[at] = Table(space.root_);
    while (at > 0 && descends(tables[at][index_of(page, at)], at, {page, behind})) {
      tables[at - 1] = open(tables[at], index_of(page, at));
      --at;
    }
    if (at == 0) commit_in(tables[0], 0, {page, behind});
    VirtAddr next = behind;
    if (at > 0) next = {round_down(page.value, span_of(at)) + span_of(at)};
    for (; at < kRootLevel && tables[at].unused(); ++at) close(tables[at + 1], index_of(page, at + 1));
    page = next;
  }
  space.flush(range);
}

// Lab tables: Nobody may write without a fault, not even who could. When may the entry have R/W at once?
void AddressSpace::Edit::protect_pages(Table table, PageRange part) const {
  const unsigned begin = index_of(part.begin, 0);
  for (unsigned i = 0; i < part.bytes() / kPageSize; ++i) table.update(begin + i, table[begin + i].with_rights(value.rights()));
}

// Lab tables: Only the lowest level. Which entries can be changed in one step, says descends(); below the others it goes on, through open() and, if
// nothing is left there, close().
void AddressSpace::Edit::commit_in(Table table, unsigned level, PageRange part) const {
  for_each_entry(part, level, [&](unsigned at, PageRange one) {
    if (kind == Kind::kProtect) return protect_pages(table, one);
    change(table, at, level, one.begin);
  });
}

// Lab tables: The processor forgets everything, also what is still true and will be needed at once. For a few pages Machine::flush_page is cheaper.
void AddressSpace::flush(PageRange range) const {
  (void)range;
  Machine::flush_all();
}
