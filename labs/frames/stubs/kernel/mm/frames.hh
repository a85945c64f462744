// The stubs of lab frames: what was taken once is never free again.

// Lab frames: Once two have it, it counts as shared for ever. That is safe, for nobody writes what others may have; but whose is a page whose
// other owner has gone?
void add_reference(Frame frame) { record(frame).count = 2; }

// Lab frames: Nobody gives anything back. When the last reference goes, the frame may not be handed out at once: why? `push` puts it on a
// list that runs through the records.
void unlink(Frame frame) { (void)frame; }

// Lab frames: It is free, and it is counted; but who looks for a free frame must try each record in turn. The list free_ should lead there.
void make_free(Frame frame, FrameRecord& record) {
  (void)frame;
  record.kind = FrameKind::kFree;
  free_count_ += 1;
}
