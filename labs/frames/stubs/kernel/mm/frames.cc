// The stubs of lab frames: no way back.

// Lab frames: Takes one frame from the list of condemned ones and frees it. A page goes to make_free; a table holds references of its own,
// which go first. For the trace: trace_change(R"({"free":{}})", frame.number) for each frame that becomes free.
bool Frames::reap_one() { return false; }

// Lab frames: Each present entry is a reference to a frame. Without any left, a page below is free at once, but a table is condemned in its
// turn: so this takes a bounded number of steps, however large the tree. A root maps the kernel too, which counts nothing:
// Machine::unmap_kernel clears those entries. Which entries are to be looked at, says record.groups. If you leave the table all zero, it
// may become a zeroed frame.
void Frames::reap_table(Frame table, FrameRecord& r) { (void)table, (void)r; }
