// exec: a process becomes another program. The new address space is built aside; until it is complete the old one is untouched.
#include "task/archive.hh"
#include "task/elf.hh"
#include "task/layout.hh"
#include "task/process.hh"

namespace kine {

namespace {

constexpr uint64_t kMaxArgumentBytes = 2 * layout::kMiB;  // strings and their addresses: a quarter of the stack, as on Linux (execve(2))
constexpr uint64_t kMaxStringBytes = 32 * kPageSize;      // MAX_ARG_STRLEN, execve(2)

// Headers are copied once, then checked: what is checked cannot change any more.
Result<> read_image(const View& view, Image& image) {
  static ElfHeaders headers;  // (too large for the stack; the kernel lock makes it this exec's)
  if (view.bytes < kElfHeaderBytes) return Errno::kENOEXEC;
  __builtin_memcpy(headers.header, view.at(0), kElfHeaderBytes);
  Result<FilePart> part = program_headers_of(headers, view.bytes);
  if (!part) return part.error();
  __builtin_memcpy(headers.program_headers, view.at(part->offset), part->bytes);
  return image_of(headers, view.bytes, layout::kImages, layout::kPieBase, image);
}

Result<> map_segment(AddressSpace& space, const Segment& segment, const View& view) {
  const VirtAddr pages_end = segment.file_pages_end();
  const Frame first{view.first.number + static_cast<uint32_t>(segment.file_page)};
  Result<> done = space.map_frames({segment.begin, pages_end}, first, segment.rights);
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

// An array of strings in user memory.
struct Strings {
  VirtAddr array;
  uint64_t count = 0;
  uint64_t bytes = 0;  // of all strings, with their NULs
};

Result<Strings> measure(AddressSpace& space, VirtAddr array) {
  Strings strings{array};
  if (array.value == 0) return strings;
  for (;; ++strings.count) {
    Result<uint64_t> address = read_user<uint64_t>(space, array + strings.count * sizeof(uint64_t));
    if (!address) return address.error();
    if (*address == 0) return strings;
    Result<uint64_t> length = string_length(space, {*address}, kMaxStringBytes);
    if (!length) return length.error() == Errno::kENAMETOOLONG ? Errno::kE2BIG : length.error();
    strings.bytes += *length + 1;
    if (strings.bytes + (strings.count + 1) * sizeof(uint64_t) > kMaxArgumentBytes) return Errno::kE2BIG;
  }
}

// Writes words upwards into the new stack, some at a time. After an error it writes nothing more.
class WordWriter {
 public:
  WordWriter(AddressSpace& space, VirtAddr at) : space_(space), at_(at) {}
  void put(uint64_t word) {
    if (count_ == kBuffered) write_buffered();
    words_[count_++] = word;
  }
  // Writes what is left; the result is that of all writing. Call it last.
  Result<> finish() {
    write_buffered();
    return done_;
  }

 private:
  void write_buffered() {
    if (done_) done_ = copy_out(space_, at_, words_, count_ * sizeof words_[0]);
    at_ = at_ + count_ * sizeof words_[0];
    count_ = 0;
  }

  static constexpr unsigned kBuffered = 64;
  AddressSpace& space_;
  VirtAddr at_;
  uint64_t words_[kBuffered];
  unsigned count_ = 0;
  Result<> done_;
};

// Copies the strings to `to`, which moves behind them, and writes where each begins.
Result<> copy_strings(AddressSpace& source, const Strings& strings, AddressSpace& space, VirtAddr& to, WordWriter& words) {
  uint64_t left = strings.bytes;
  for (uint64_t i = 0; i < strings.count; ++i) {
    Result<uint64_t> address = read_user<uint64_t>(source, strings.array + i * sizeof(uint64_t));
    if (!address) return address.error();
    Result<uint64_t> length = string_length(source, {*address}, left);
    if (!length) return length.error();
    const uint64_t bytes = *length + 1;
    Result<> copied = copy_across(source, {*address}, space, to, bytes);
    if (!copied) return copied;
    words.put(to.value);
    to = to + bytes;
    left -= bytes;
  }
  words.put(0);
  return {};
}

struct Auxiliary {
  uint64_t type, value;
};
constexpr unsigned kAuxiliaryCount = 16;

// The vector behind the environment (System V ABI, AMD64 supplement, 3.4.3; getauxval(3)). There is no AT_SYSINFO_EHDR: libc makes real
// calls.
void put_auxiliary(WordWriter& words, const Image& image, VirtAddr random, VirtAddr path) {
  const Auxiliary vector[kAuxiliaryCount] = {
      {3 /* AT_PHDR */, image.headers.value},
      {4 /* AT_PHENT */, kElfProgramHeaderBytes},
      {5 /* AT_PHNUM */, image.header_count},
      {6 /* AT_PAGESZ */, kPageSize},
      {7 /* AT_BASE */, 0},
      {8 /* AT_FLAGS */, 0},
      {9 /* AT_ENTRY */, image.entry.value},
      {11 /* AT_UID */, 0},
      {12 /* AT_EUID */, 0},
      {13 /* AT_GID */, 0},
      {14 /* AT_EGID */, 0},
      {17 /* AT_CLKTCK */, 100},
      {23 /* AT_SECURE */, 0},
      {25 /* AT_RANDOM */, random.value},
      {31 /* AT_EXECFN */, path.value},
      {0 /* AT_NULL */, 0},
  };
  for (const Auxiliary& entry : vector) {
    words.put(entry.type);
    words.put(entry.value);
  }
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
Result<VirtAddr> build_stack(AddressSpace& space, const Image& image, AddressSpace& source, const char* path, uint64_t path_length,
                             VirtAddr argv, VirtAddr envp) {
  Result<Strings> arguments = measure(source, argv);
  if (!arguments) return arguments.error();
  Result<Strings> environment = measure(source, envp);
  if (!environment) return environment.error();
  const uint64_t pointers = (arguments->count + environment->count) * sizeof(uint64_t);
  if (arguments->bytes + environment->bytes + pointers + path_length + 1 > kMaxArgumentBytes) return Errno::kE2BIG;

  const VirtAddr end_marker = layout::kStackTop - sizeof(uint64_t);
  const VirtAddr path_at = end_marker - (path_length + 1);
  VirtAddr strings = path_at - (arguments->bytes + environment->bytes);
  const VirtAddr random{round_down(strings.value, 16) - 16};
  // A program without arguments gets an empty one, as on Linux since 5.18.
  const uint64_t argument_count = arguments->count > 0 ? arguments->count : 1;
  const uint64_t word_count = 1 + argument_count + 1 + environment->count + 1 + 2 * kAuxiliaryCount;
  const VirtAddr stack{round_down(random.value - word_count * sizeof(uint64_t), 16)};

  const uint64_t random_bytes[2] = {Machine::entropy(), Machine::entropy()};
  Result<> done = copy_out(space, random, random_bytes, sizeof random_bytes);
  if (done) done = copy_out(space, path_at, path, path_length);
  WordWriter words(space, stack);
  words.put(argument_count);
  if (arguments->count == 0) words.put(end_marker.value);
  if (done) done = copy_strings(source, *arguments, space, strings, words);
  if (done) done = copy_strings(source, *environment, space, strings, words);
  put_auxiliary(words, image, random, path_at);
  if (done) done = words.finish();
  if (!done) return done.error();
  return stack;
}

}  // namespace

Result<> exec(Process& process, AddressSpace& source, const char* path, uint64_t path_length, VirtAddr argv, VirtAddr envp) {
  Result<View> view = archive.find(path, path_length);
  if (!view) return view.error();
  if (!view->rights.exec()) return Errno::kEACCES;
  static Image image;
  Result<> made = read_image(*view, image);
  AddressSpace space;
  if (made) made = space.create(process.pid == 1 ? Claim::kReserve : Claim::kOrdinary);
  if (made) made = map_image(space, image, *view);
  if (!made) return made;
  Result<VirtAddr> stack = build_stack(space, image, source, path, path_length, argv, envp);
  if (!stack) return stack.error();

  // Commit: nothing fails from here on.
  replace_space(process, space);
  process.own_space.count(&Events::execs);
  process.thread.context.start(image.entry, *stack);
  process.clear_tid = {};
  process.set_name(path, path_length);
  return {};
}

}  // namespace kine
