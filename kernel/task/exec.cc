// exec: a process becomes another program. The new address space is built aside; until it is complete the old one is untouched.
#include "task/elf.hh"
#include "task/layout.hh"
#include "task/scheduler.hh"

namespace kine {

namespace {

constexpr uint64_t kMaxArgumentBytes = 2 * layout::kMiB;  // strings and their addresses: a quarter of the stack, as on Linux (execve(2))
constexpr uint64_t kMaxStringBytes = 32 * kPageSize;      // MAX_ARG_STRLEN, execve(2)

// Headers are copied once, then checked: what is checked cannot change any more.
Result<> read_image(const View& view, Image& image) {
  static ElfHeaders headers;  // (too large for the stack; the kernel lock makes it this exec's)
  if (view.bytes < sizeof headers.header) return Errno::kENOEXEC;
  Result<> read = copy_in(*view.space, &headers.header, view.begin, sizeof headers.header);
  if (!read) return read;
  read = check_header(headers.header, view.bytes);
  if (!read) return read;
  read = copy_in(*view.space, headers.program_headers, view.begin + headers.header.phoff, headers.header.table_bytes());
  if (!read) return read;
  return image_of(headers, view.bytes, layout::kImages, layout::kPieBase, image);
}

// lab(exec)
Result<> map_segment(AddressSpace& space, const Segment& segment, const View& view) {
  const VirtAddr pages_end = segment.file_pages_end();
  const VirtAddr from = view.begin + segment.file_page * kPageSize;
  Result<> done = space.borrow(*view.space, {from, from + (pages_end - segment.begin)}, segment.begin, segment.rights);
  if (done) done = space.map({pages_end, segment.end}, segment.rights);
  // The kernel writes as the program would, so the page is copied first: the file's other users never see the zeros.
  if (done && segment.zero_tail) done = zero_out(space, segment.file_end, pages_end - segment.file_end);
  return done;
}

Result<> map_image(AddressSpace& space, const Image& image, const View& view) {
  Result<> done;
  for (unsigned i = 0; done && i < image.segment_count; ++i) done = map_segment(space, image.segments[i], view);
  if (done) done = space.map(layout::kStack, Rights::rw());
  if (done) done = space.map(layout::kStackGuard, Rights::none());
  space.heap_start = space.heap_end = layout::kHeap.begin;
  return done;
}

// Calls visit(address, bytes with the NUL) for each string of an array in user memory but the first `skipped`; an array at address 0 has
// none. E2BIG, EFAULT, ENOMEM, and what `visit` returns.
template <class Visit>
Result<> for_each_string(AddressSpace& source, VirtAddr array, uint64_t skipped, Visit visit) {
  for (uint64_t i = 0; array.value != 0; ++i) {
    Result<uint64_t> address = read_user<uint64_t>(source, array + i * sizeof(uint64_t));
    if (!address || *address == 0) return address.error();
    if (i < skipped) continue;
    Result<uint64_t> length = string_length(source, {*address}, kMaxStringBytes);
    if (!length) return length.error() == Errno::kENAMETOOLONG ? Errno::kE2BIG : length.error();
    Result<> done = visit(VirtAddr{*address}, *length + 1);
    if (!done) return done;
  }
  return {};
}

// Fills the new stack upwards, in two places: strings, and words, among them the strings' addresses. After an error it writes nothing more.
struct StackWriter {
  AddressSpace& space;
  VirtAddr words, strings;
  Result<> done{};

  void put(const void* bytes, uint64_t count) {
    if (done) done = copy_out(space, words, bytes, count);
    words = words + count;
  }
  void put(uint64_t word) { put(&word, sizeof word); }
  // An array of strings, of which some lie in the kernel.
  void put_strings(Span<const char> own, AddressSpace& source, VirtAddr array, uint64_t skipped) {
    if (done) done = copy_out(space, strings, own.data(), own.size());
    for (uint64_t i = 0; i < own.size(); ++i)
      if (i == 0 || own[i - 1] == 0) put((strings + i).value);
    strings = strings + own.size();
    const auto copy = [&](VirtAddr from, uint64_t bytes) {
      put(strings.value);
      if (done) done = copy_across(source, from, space, strings, bytes);
      strings = strings + bytes;
      return done;
    };
    if (done) done = for_each_string(source, array, skipped, copy);
    put(0);
  }
};

constexpr unsigned kAuxiliaryCount = 16;

// The vector behind the environment (System V ABI, AMD64 supplement, 3.4.3; getauxval(3)). There is no AT_SYSINFO_EHDR: libc makes real
// calls.
// lab(exec)
void put_auxiliary(StackWriter& stack, const Image& image, const Identity& identity, VirtAddr random, VirtAddr path) {
  const uint64_t vector[kAuxiliaryCount][2] = {
      {3 /* AT_PHDR */, image.headers.value},
      {4 /* AT_PHENT */, sizeof(ElfProgramHeader)},
      {5 /* AT_PHNUM */, image.header_count},
      {6 /* AT_PAGESZ */, kPageSize},
      {7 /* AT_BASE */, 0},
      {8 /* AT_FLAGS */, 0},
      {9 /* AT_ENTRY */, image.entry.value},
      {11 /* AT_UID */, identity.uid},
      {12 /* AT_EUID */, identity.uid},
      {13 /* AT_GID */, identity.gid},
      {14 /* AT_EGID */, identity.gid},
      {17 /* AT_CLKTCK */, 100},
      {23 /* AT_SECURE */, 0},
      {25 /* AT_RANDOM */, random.value},
      {31 /* AT_EXECFN */, path.value},
      {0 /* AT_NULL */, 0},
  };
  stack.put(vector, sizeof vector);
}

// The initial stack, from its top down:
//
//     kStackTop   8 zero bytes
//                 the program's path
//                 environment strings, argument strings below them
//                 16 random bytes
//                 auxiliary vector, AT_NULL last
//                 environment pointers, 0
//                 argument pointers, 0
//     rsp ──>     argument count                        rsp % 16 == 0
//
// Returns rsp. E2BIG, EFAULT, ENOMEM.
// lab(exec)
Result<VirtAddr> build_stack(AddressSpace& space, const Image& image, const Program& program, const Identity& identity) {
  AddressSpace& source = program.strings;
  Span<const char> prefix = program.prefix;
  uint64_t arguments = 0, variables = 0, bytes = prefix.size();
  for (uint64_t i = 0; i < prefix.size(); ++i) arguments += prefix[i] == 0;
  const uint64_t skipped = arguments > 0 ? 1 : 0;  // a prefix stands in the place of the first
  const auto count_in = [&](uint64_t& count) {
    return [&](VirtAddr, uint64_t string_bytes) -> Result<> {
      ++count;
      bytes += string_bytes;
      return bytes + (arguments + variables) * sizeof(uint64_t) <= kMaxArgumentBytes ? Errno::kOk : Errno::kE2BIG;
    };
  };
  Result<> done = for_each_string(source, program.envp, 0, count_in(variables));
  if (done) done = for_each_string(source, program.argv, skipped, count_in(arguments));
  if (!done) return done.error();
  if (arguments == 0) {  // it gets an empty one, as on Linux since 5.18
    prefix = {"", 1};
    arguments = 1;
    ++bytes;
  }

  const VirtAddr path_at = layout::kStackTop - sizeof(uint64_t) - (program.path.size() + 1);
  const VirtAddr strings = path_at - bytes;
  const VirtAddr random{round_down(strings.value, 16) - 16};
  const uint64_t word_count = 1 + arguments + 1 + variables + 1 + 2 * kAuxiliaryCount;
  const VirtAddr words{round_down(random.value - word_count * sizeof(uint64_t), 16)};
  const uint64_t random_bytes[2] = {Machine::entropy(), Machine::entropy()};
  StackWriter stack{space, words, strings};
  stack.put(arguments);
  stack.put_strings(prefix, source, program.argv, skipped);
  stack.put_strings({}, source, program.envp, 0);
  put_auxiliary(stack, image, identity, random, path_at);
  done = stack.done;
  if (done) done = copy_out(space, random, random_bytes, sizeof random_bytes);
  if (done) done = copy_out(space, path_at, program.path.data(), program.path.size());
  if (!done) return done.error();
  return words;
}

// The last part of its path, and zeros.
void set_name(Process& process, Span<const char> path) {
  uint64_t last = path.size();
  while (last > 0 && path[last - 1] != '/') --last;
  const uint64_t length = path.size() - last;
  __builtin_memset(process.name, 0, sizeof process.name);
  __builtin_memcpy(process.name, path.data() + last, length < sizeof process.name ? length : sizeof process.name - 1);
}

}  // namespace

// lab(exec)
Result<> exec(Process& process, const Program& program) {
  trace_event(R"("event":"load","pid":{}})", process.pid);
  static Image image;
  Result<> made = process.descriptors.own(process.claim());
  if (made) made = read_image(program.image, image);
  AddressSpace space;
  if (made) made = space.create(process.claim());
  if (made) made = map_image(space, image, program.image);
  if (!made) return made;
  Result<VirtAddr> stack = build_stack(space, image, program, process.identity);
  if (!stack) return stack.error();

  // Commit: nothing fails from here on.
  set_name(process, program.path);
  trace_event(R"("event":"exec","pid":{}})", process.pid);
  replace_space(process, space);
  trace_process(process);
  process.own_space.count(&Events::execs);
  process.thread.context.start(image.entry, *stack);
  scheduler.reload(process.thread);
  process.clear_tid = {};
  process.io.count = 0;
  scheduler.forget_io(process);
  process.signals.exec();
  process.descriptors.exec();
  return {};
}

}  // namespace kine
