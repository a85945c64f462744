// The stubs of lab frames: a search through all records, and what was taken once is never free again.

// Lab frames: Once two have it, it counts as shared for ever. That is safe, for nobody writes what others may have; but whose is a page whose
// other owner has gone?
void add_reference(Frame frame) { record(frame).count = 2; }

// Lab frames: Nobody gives anything back. When the last reference goes, the frame may not be handed out at once: why? `push` puts it on a
// list that runs through the records.
void unlink(Frame frame) { (void)frame; }

// Lab frames: The search makes it slow, and slower the more memory is in use: take the first frame of a list. There are two: the frames on
// zeroed_ hold zeros already, those on free_ hold anything. Which of them serves which call best, and when must a page be cleared? What is
// condemned may be all that is left: see available(). Keep the trace's line.
Result<Frame> take_any(FrameKind kind, Claim claim, bool zeroed) {
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

// Lab frames: It is free, and it is counted; but who looks for a free frame must try each record in turn. The list free_ should lead there.
void make_free(Frame frame, FrameRecord& record) {
  (void)frame;
  record.kind = FrameKind::kFree;
  free_count_ += 1;
}
