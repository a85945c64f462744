// From what the boot path found to the first program.
#include "base/log.hh"
#include "boot_info.hh"
#include "command_line.hh"
#include "syscall/calls.hh"
#include "task/archive.hh"
#include "task/layout.hh"
#include "task/scheduler.hh"

namespace kine {

namespace {

FrameRange frames_of(PhysRange range) {
  const uint64_t first = range.begin.value / kPageSize, end = round_up(range.end.value, kPageSize) / kPageSize;
  return {{static_cast<uint32_t>(first)}, static_cast<uint32_t>(end - first)};
}

// The records of all frames need memory before there is an allocator: they lie at the beginning of the first range with room for them.
void start_memory(const BootInfo& boot) {
  PhysAddr end = boot.archive.end;
  for (unsigned i = 0; i < boot.ranges(); ++i)
    if (boot.range(i).end > end) end = boot.range(i).end;
  const uint32_t limit = frames_of({{}, end}).count;
  const uint64_t record_bytes = round_up(limit * sizeof(FrameRecord), kPageSize);
  unsigned home = 0;
  while (home < boot.ranges() && boot.range(home).bytes() < record_bytes) ++home;
  check(home < boot.ranges(), "too little memory: no range has room for the records of all frames");
  frames.start(reinterpret_cast<FrameRecord*>(Machine::bytes(frames_of(boot.range(home)).first)), limit);
  for (unsigned i = 0; i < boot.ranges(); ++i) {
    PhysRange range = boot.range(i);
    if (i == home) range.begin.value += record_bytes;
    const auto [first, count] = frames_of(range);
    frames.add_memory(first, count);
  }
  frames.set_reserve();
}

// What is not free memory, and yet mapped by programs.
void adopt_pages(const BootInfo& boot) {
  check(boot.archive.bytes() > 0,
        "there is no boot archive: -initrd or a GRUB module gives one (which GRUB leaves out if there is too little memory)");
  kernel_pages[0] = frames_of(boot.archive);
  kernel_pages[1] = frames_of(Machine::kDeviceMemory);
  for (const FrameRange& range : kernel_pages) frames.adopt_pages(range.first, range.count);
}

// init's arguments, as exec takes them: strings, each with its NUL.
Span<const char> arguments_of(const CommandLine& line) {
  static char strings[sizeof(BootInfo::command_line) + 16];  // (the command line, and the path of an init that it does not name)
  uint64_t bytes = 0;
  const char* rest = line.arguments;
  for (Word word = line.init; word.length > 0; word = next_word(rest)) {
    __builtin_memcpy(strings + bytes, word.text, word.length);
    bytes += word.length + 1;
  }
  return {strings, bytes};
}

// init runs from the archive, mapped aside, and has all of it mapped afterwards too.
void start_init(const BootInfo& boot, const CommandLine& line) {
  const Frame first = kernel_pages[0].first;
  Result<ArchiveFile> file = find_in_archive({Machine::bytes(first), boot.archive.bytes()}, line.init.text, line.init.length);
  check(file.error() != Errno::kEINVAL, "the boot archive is not one that tools/mkarchive makes");
  check(bool(file), "the first program is not in the boot archive, or not executable");
  Result<Process*> made = processes.create({}, Claim::kReserve);
  check(bool(made), "no memory for the first process");
  Process& init = **made;
  init.group = init.session = init.pid;
  AddressSpace source;
  const VirtAddr begin{KINE_ARCHIVE_ADDRESS};
  const PageRange archive{begin, begin + round_up(boot.archive.bytes(), kPageSize)};
  Result<> done = source.create(Claim::kReserve);
  if (done) done = source.map_frames(archive, first, Rights::r());
  if (done) done = init.descriptors.own(Claim::kReserve);
  Result<Right*> machine = objects.make<Right>(Claim::kReserve, Right::Kind::kMachine, uint64_t{0}, uint64_t{0});
  check(bool(done) && bool(machine), "no memory for init");
  init.descriptors.put(0, ObjectRef<Object>::adopt(*machine), false);
  const View view{&source, archive.begin + file->offset, file->bytes, Rights(true, false, true)};
  done = exec(
      init,
      {.image = view, .path = {line.init.text, line.init.length}, .strings = source, .argv = {}, .envp = {}, .prefix = arguments_of(line)});
  if (done) done = init.space->map_frames(archive, first, Rights::r());
  check(done.error() != Errno::kENOMEM, "no memory for the first program");
  check(bool(done), "the first program cannot be run");
  scheduler.make_ready(init.thread);
}

}  // namespace

void start_kernel(const BootInfo& boot) {
  start_memory(boot);
  adopt_pages(boot);
  const CommandLine line = parse_command_line(boot.command_line);
  fork_strategy = line.strategy;
  calls::start();
  log("booted through {}: {} MiB of memory, {} KiB of archive", boot.loader, frames.total() / (layout::kMiB / kPageSize),
      boot.archive.bytes() / 1024);
  start_init(boot, line);
  Machine::enable_irq(Machine::kTimerIrq);
}

}  // namespace kine
