// The stubs of lab frames: a search through all records, and no way back.

// Lab frames: The search makes it slow, and slower the more memory is in use: take the first frame of a list. There are two: the frames on
// zeroed_ hold zeros already, those on free_ hold anything. Which of them serves which call best, and when must a page be cleared? What is
// condemned may be all that is left: see available(). Keep the trace's line.
[[gnu::always_inline]] inline Result<Frame> Frames::take_any(FrameKind kind, Claim claim, bool zeroed) {
  if (!at_hand(1, claim)) return Errno::kENOMEM;
  Frame found{1};
  while (record(found).kind != FrameKind::kFree) ++found.number;
  FrameRecord& taken = record(found);
  taken = FrameRecord{.count = 1, .used = 0, .kind = kind, .mark = 0, .groups = 0};
  free_count_ -= 1;
  trace_change(R"({"take":[{},"{}"]})", found.number, kFrameKindNames[static_cast<unsigned>(kind)]);
  if (zeroed) Machine::fill_page(found, Pte());
  return found;
}

// Lab frames: Takes one frame from the list of condemned ones and frees it. A page goes to make_free; a table holds references of its own,
// which go first. For the trace: trace_change(R"({"free":{}})", frame.number) for each frame that becomes free.
bool Frames::reap_one() { return false; }

// Lab frames: Each present entry is a reference to a frame. Without any left, a page below is free at once, but a table is condemned in its
// turn: so this takes a bounded number of steps, however large the tree. A root maps the kernel too, which counts nothing:
// Machine::unmap_kernel clears those entries. Which entries are to be looked at, says record.groups. If you leave the table all zero, it
// may become a zeroed frame.
void Frames::reap_table(Frame table, FrameRecord& r) { (void)table, (void)r; }
