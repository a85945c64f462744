#include "start.hh"

#include "base/log.hh"
#include "command_line.hh"
#include "ipc/console.hh"
#include "task/layout.hh"
#include "task/scheduler.hh"

namespace kine {

namespace {

Frame frame_at(PhysAddr address) { return {static_cast<uint32_t>(address.value >> Machine::kPageBits)}; }
uint32_t pages_in(uint64_t bytes) { return static_cast<uint32_t>(round_up(bytes, kPageSize) / kPageSize); }

// The records of all frames need memory before there is an allocator: they lie at the beginning of the first range with room for them.
void start_memory(const BootInfo& boot) {
  uint32_t limit = frame_at(boot.archive.base).number + pages_in(boot.archive.bytes);
  for (unsigned i = 0; i < boot.memory_count; ++i) {
    const BootInfo::Range& range = boot.memory[i];
    const uint32_t end = frame_at(range.base).number + pages_in(range.bytes);
    if (end > limit) limit = end;
  }
  const uint32_t record_pages = pages_in(uint64_t{limit} * sizeof(FrameRecord));
  unsigned home = 0;
  while (home < boot.memory_count && pages_in(boot.memory[home].bytes) < record_pages) ++home;
  check(home < boot.memory_count, "no range of memory has room for the records of all frames");
  const Frame records = frame_at(boot.memory[home].base);
  frames.start(reinterpret_cast<FrameRecord*>(Machine::bytes(records)), limit);
  for (unsigned i = 0; i < boot.memory_count; ++i) {
    const uint32_t taken = i == home ? record_pages : 0;
    frames.add_memory({frame_at(boot.memory[i].base).number + taken}, pages_in(boot.memory[i].bytes) - taken);
  }
  frames.set_reserve();
}

void start_archive(const BootInfo& boot) {
  check(boot.archive.bytes > 0, "there is no boot archive: give one with -initrd, or as a GRUB module");
  const Frame first = frame_at(boot.archive.base);
  frames.adopt_pages(first, pages_in(boot.archive.bytes));
  check(bool(archive.open(Machine::bytes(first), boot.archive.bytes, first)), "the boot archive is not one that tools/mkarchive makes");
}

void start_console(const CommandLine& line) {
  for (int fd = 0; fd < 3; ++fd)
    if (line.terminal[fd]) consoles[fd].set_terminal();
  if (line.terminal[0]) return Machine::enable_irq(Machine::kConsoleIrq);
  if (line.input.length == 0) return;
  Result<View> file = archive.find(line.input.text, line.input.length);
  check(bool(file), "the file that stdin= names is not in the boot archive");
  consoles[0].set_file(*file);
}

// Writes init's arguments as a program would hold them, into an address space of their own: strings from its beginning, their addresses
// behind them. Returns the address of the array.
Result<VirtAddr> write_arguments(AddressSpace& space, const CommandLine& line) {
  constexpr PageRange kRange{layout::kLowest, layout::kLowest + 64 * 1024};
  constexpr unsigned kMaxArguments = sizeof(BootInfo::command_line) / 2;
  Result<> done = space.create(Claim::kReserve);
  if (done) done = space.map(kRange, Rights::rw());
  static uint64_t addresses[kMaxArguments + 1];
  unsigned count = 0;
  VirtAddr at = kRange.begin;
  const char* rest = line.arguments;
  for (Word word = line.init; done && word.length > 0; word = next_word(rest)) {
    static char decoded[sizeof(BootInfo::command_line)];
    const uint64_t length = decode_word(word, decoded);
    decoded[length] = 0;
    addresses[count++] = at.value;
    done = copy_out(space, at, decoded, length + 1);
    at = at + length + 1;
  }
  addresses[count] = 0;
  const VirtAddr array{round_up(at.value, sizeof(uint64_t))};
  if (done) done = copy_out(space, array, addresses, (count + 1) * sizeof addresses[0]);
  if (!done) return done.error();
  return array;
}

void start_init(const CommandLine& line) {
  Result<Process*> made = processes.create(Claim::kReserve);
  check(bool(made), "no memory for the first process");
  Process& init = **made;
  init.group = init.session = init.pid;
  for (int fd = 0; fd < 3; ++fd) init.descriptors.put(fd, &consoles[fd]);
  AddressSpace source;
  Result<VirtAddr> arguments = write_arguments(source, line);
  check(bool(arguments), "no memory for init's arguments");
  check(bool(exec(init, source, line.init.text, line.init.length, *arguments, {})),
        "the first program cannot be run: is it in the boot archive?");
  scheduler.make_ready(init.thread);
}

}  // namespace

void start_kernel(const BootInfo& boot) {
  start_memory(boot);
  start_archive(boot);
  const CommandLine line = parse_command_line(boot.command_line);
  fork_strategy = line.strategy;
  start_console(line);
  log("booted through {}: {} MiB of memory, {} files in the archive", boot.loader, frames.total() / (layout::kMiB / kPageSize),
      archive.count());
  start_init(line);
  Machine::enable_irq(Machine::kTimerIrq);
}

}  // namespace kine
