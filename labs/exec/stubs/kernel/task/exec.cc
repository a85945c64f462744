// The stubs of lab exec: a loader that believes its file, a stack with arguments and nothing else, and no way back.

// Lab exec: Whole pages of the file are borrowed: shared, and copied by who writes them. The page that is only partly the file's is made by hand
// here; zero_out is there, and does what a write of the program would. And all memory behind is used at once, page by page: does a program
// with a large array need all of that?
Result<> map_segment(AddressSpace& space, const Segment& segment, const View& view) {
  const VirtAddr file = view.begin + segment.file_page * kPageSize;
  const VirtAddr whole = segment.zero_tail ? page_of(segment.file_end) : segment.file_pages_end();
  Result<> done = space.borrow(*view.space, PageRange{file, file + (whole - segment.begin)}, segment.begin, segment.rights);
  if (done) done = space.map(PageRange{whole, segment.end}, segment.rights);
  if (done && whole < segment.file_end) done = copy_across(*view.space, file + (whole - segment.begin), space, whole, segment.file_end - whole);
  for (VirtAddr page = whole; done && page < segment.end; page = page + kPageSize) (void)space.reach(page, Access::kRead);
  return done;
}

// Lab exec: An empty vector; getauxval(3) finds nothing. `stack.put` writes the next word.
void put_auxiliary(StackWriter& stack, const Image& image, const Identity& identity, VirtAddr random, VirtAddr path) {
  (void)image, (void)identity, (void)random, (void)path;
  for (unsigned i = 0; i < kAuxiliaryCount; ++i) stack.put(0), stack.put(0);
}

// Lab exec: Arguments, at places that are surely far enough apart, and no environment. Strings first need to be counted: then everything can
// stand close together at the stack's top, and what is too large is refused before anything is written. put_strings writes an array's
// addresses and its strings. Where must rsp point, and to a multiple of what?
Result<VirtAddr> build_stack(AddressSpace& space, const Image& image, const Program& program, const Identity& identity) {
  constexpr uint64_t kRoom = kMaxArgumentBytes / 16;
  uint64_t count = 0, skipped = 0;
  for (const char* at = program.prefix.data(); at != program.prefix.data() + program.prefix.size(); ++at) count += *at == '\0';
  if (count > 0) skipped = 1;
  Result<> counted = for_each_string(program.strings, program.argv, skipped, [&](VirtAddr, uint64_t) {
    ++count;
    return Result<>();
  });
  if (!counted) return counted.error();
  const VirtAddr strings_at = layout::kStackTop - kRoom, words_at = strings_at - kRoom;
  StackWriter writer{space, words_at, strings_at};
  writer.put(count);
  writer.put_strings(program.prefix, program.strings, program.argv, skipped);
  writer.put(0);
  put_auxiliary(writer, image, identity, {}, {});
  if (!writer.done) return writer.done.error();
  return words_at;
}

// Lab exec: The process becomes the new program step by step; if a step fails, it is neither the one nor the other. What can fail, and what
// cannot? Which of it may come before, and which only after, the line that says so?
Result<> exec(Process& process, const Program& program) {
  static Image image;
  set_name(process, program.path);
  process.clear_tid = {};
  process.signals.exec();
  Result<> step = process.descriptors.own(process.claim());
  if (step) process.descriptors.exec();
  if (step) step = read_image(program.image, image);
  AddressSpace fresh;
  if (step) step = fresh.create(process.claim());
  if (step) step = map_image(fresh, image, program.image);
  if (!step) return step;
  Result<VirtAddr> top = build_stack(fresh, image, program, process.identity);
  if (!top) return top.error();
  trace_event(R"("event":"load","pid":{}})", process.pid);
  trace_event(R"("event":"exec","pid":{}})", process.pid);
  replace_space(process, fresh);
  trace_process(process);
  process.own_space.count(&Events::execs);
  process.thread.context.start(image.entry, *top);
  process.io.count = 0;
  scheduler.reload(process.thread);
  scheduler.forget_io(process);
  return {};
}
