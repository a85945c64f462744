// The stubs of lab cow: every private page has one owner.

// Lab cow: Whose page is it? As long as nobody shares pages, whoever may write one may have it. With sharing, a page that others reference
// too must stay as it is for them. What if no frame is left for a copy? When may the old frame be given up, and what does that cost its
// other owner?
[[gnu::always_inline]] inline FaultVerdict AddressSpace::make_page_writable(Table table, unsigned index) {
  const Pte entry = table[index];
  if (entry.writable()) return FaultVerdict::kAlready;
  if (!entry.present()) {
    Result<Frame> page = zeroed_page();
    if (!page) return FaultVerdict::kNoMemory;
    table.update(index, Pte::page(*page, entry.rights()).writable_now());
    return FaultVerdict::kZeroed;
  }
  table.update(index, entry.writable_now());
  return FaultVerdict::kReused;
}
