#include "whole_kernel.hh"

#include <cstring>

#include "cpio.hh"

// Every variable of the kernel (tests/host/build.mk puts them into one section, which the linker names the ends of).
extern "C" std::byte __start_kernel_state[], __stop_kernel_state[];

namespace kine {

namespace {

constexpr uint64_t kPageBytes = 4096;
static_assert(kPageSize == kPageBytes, "programs and their layout need pages of the real size");
static_assert(Machine::kDeviceMemory.begin.value == (uint64_t{kKernelRoot.number} + 1) * kPageSize, "the archive lies behind the display");

uint64_t address_of(Frame frame) { return uint64_t{frame.number} << Machine::kPageBits; }

// (Byte by byte: the sanitizer keeps forbidden bytes between variables, which its own memcpy would report.)
[[gnu::no_sanitize_address]] void copy_state(const volatile std::byte* from, volatile std::byte* to) {
  for (ptrdiff_t left = __stop_kernel_state - __start_kernel_state; left > 0; --left) *to++ = *from++;
}
std::vector<std::byte> save_state() {
  std::vector<std::byte> state(static_cast<size_t>(__stop_kernel_state - __start_kernel_state));
  copy_state(__start_kernel_state, state.data());
  return state;
}

// As at power-on: taken before any test runs.
const std::vector<std::byte> kAtPowerOn = save_state();

}  // namespace

WholeKernel::WholeKernel(const std::vector<File>& files, const std::string& command_line, uint32_t frames_wanted) {
  CpioWriter writer;
  for (const File& file : files) writer.add(file.name, file.data, file.mode);
  const std::string bytes = writer.finish();
  archive_bytes_ = bytes.size();
  const uint32_t archive_frames = static_cast<uint32_t>(round_up(bytes.size(), kPageSize) / kPageSize);
  const Frame first{kArchiveFrame.number + archive_frames};
  start_machine(first.number + frames_wanted);
  copy_state(kAtPowerOn.data(), __start_kernel_state);
  std::memset(arena.at(kArchiveFrame), 0, archive_frames * kPageSize);
  std::memcpy(arena.at(kArchiveFrame), bytes.data(), bytes.size());
  BootInfo boot{};
  boot.edges[0] = address_of(first);
  boot.edges[1] = address_of(first) + frames_wanted * kPageSize;
  boot.edge_count = 2;
  boot.archive = {{address_of(kArchiveFrame)}, {address_of(kArchiveFrame) + bytes.size()}};
  std::memcpy(boot.command_line, command_line.data(), command_line.size());
  boot.loader = "a test";
  try {
    kernel_main(boot);
  } catch (const Resumed& resumed) {
    running_ = &resumed.context;
  }
}

WholeKernel::~WholeKernel() {
  mmu = Mmu();
  copy_state(kAtPowerOn.data(), __start_kernel_state);
}

// Into the kernel and out again.
void WholeKernel::enter(const std::function<Context*()>& kernel) {
  running_ = kernel();
  check_user_mode();
  mmu.check_caches();
  poison_free_frames();
}

// User mode must go on with what belongs to the thread that goes on.
void WholeKernel::check_user_mode() {
  const Process& process = this->process();
  if (scheduler.current() != &process.thread) throw MachineError("user mode runs another thread than the current one");
  if (process.thread.waits_for != WaitFor::kNothing || process.zombie)
    throw MachineError("user mode runs a thread that waits or has ended");
  if (mmu.root() != process.space->root()) throw MachineError("user mode runs on the tables of another process");
  if (devices.current != running_) throw MachineError("user mode runs with the registers of another thread");
  if (devices.fs_base != running_->fs_base || devices.gs_base != running_->gs_base)
    throw MachineError("user mode runs with the segments of another thread");
  if (devices.io_allowed != (process.io.count > 0)) throw MachineError("user mode may use I/O ports that are not its own");
  for (unsigned i = 0; devices.io_allowed && i < process.io.count; ++i)
    if (devices.io.count != process.io.count || devices.io.ranges[i].first != process.io.ranges[i].first ||
        devices.io.ranges[i].count != process.io.ranges[i].count)
      throw MachineError("user mode may use the I/O ports of another process");
  if (process.signals.deliverable()) throw MachineError("user mode goes on in spite of a signal");
}

int64_t WholeKernel::issue(uint64_t number, const uint64_t (&words)[6]) {
  Registers& regs = context().regs;
  regs.vector = Registers::kSystemCall;
  regs.rax = number;
  regs.rdi = words[0];
  regs.rsi = words[1];
  regs.rdx = words[2];
  regs.r10 = words[3];
  regs.r8 = words[4];
  regs.r9 = words[5];
  Context* const caller = running_;
  enter([&] { return kernel_syscall(caller); });
  return answer();
}

void WholeKernel::issue_again() {
  constexpr uint64_t kInstructionBytes = 2;
  context().regs.rip += kInstructionBytes;
  context().regs.vector = Registers::kSystemCall;
  Context* const caller = running_;
  enter([&] { return kernel_syscall(caller); });
}

void WholeKernel::trap() {
  enter([&] { return kernel_trap(running_); });
}

void WholeKernel::interrupt(unsigned irq) {
  devices.trap = Trap{Trap::Kind::kInterrupt, {}, irq, 0, 0, nullptr};
  trap();
}

void WholeKernel::raise(unsigned irq) {
  if (devices.enabled_irqs & 1u << irq) interrupt(irq);
}

void WholeKernel::exception(int signal, int code) {
  devices.trap = Trap{Trap::Kind::kException, {context().regs.rip}, 0, signal, code, "an exception"};
  context().regs.vector = 6;
  trap();
}

bool WholeKernel::run(int pid) {
  for (unsigned ticks = 0; process().pid != pid; ++ticks) {
    const Process* const wanted = processes.find(pid);
    if (!wanted || wanted->zombie || wanted->thread.waits_for != WaitFor::kNothing) return false;
    if (ticks > 2 * processes.count()) throw MachineError("process " + std::to_string(pid) + " is ready and does not come to run");
    tick();
  }
  return true;
}

bool WholeKernel::access(uint64_t address, Access kind, std::optional<uint8_t> stored) {
  const int pid = process().pid;
  for (bool answered = false;; answered = true) {
    if (const auto frame = mmu.translate({address}, kind)) {
      if (stored) arena.at(*frame)[address % kPageSize] = std::byte{*stored};
      return true;
    }
    if (answered) throw MachineError("no progress: a fault was answered, but the same access faults again");
    devices.trap = PageFault{{address}, kind == Access::kWrite, kind == Access::kFetch};
    trap();
    Process* const still = processes.find(pid);
    if (!still || still->zombie) return false;
  }
}

int WholeKernel::load(uint64_t address) {
  if (!access(address, Access::kRead, {})) return -1;
  return static_cast<int>(arena.at(*mmu.translate({address}, Access::kRead))[address % kPageSize]);
}

uint64_t WholeKernel::load_word(uint64_t address) {
  uint64_t word = 0;
  for (unsigned i = 0; i < sizeof word; ++i) word |= static_cast<uint64_t>(load(address + i)) << (8 * i);
  return word;
}

void WholeKernel::store_text(uint64_t address, const std::string& text) {
  for (size_t i = 0; i <= text.size(); ++i) (void)store(address + i, static_cast<uint8_t>(text.c_str()[i]));
}

std::string WholeKernel::load_text(uint64_t address) {
  std::string text;
  for (int byte; (byte = load(address)) > 0; ++address) text += static_cast<char>(byte);
  return text;
}

AuditFinding WholeKernel::audit() {
  const AuditFinding finding = Audit::run([this](auto visit) {
    processes.for_each([&](Process& process) {
      visit(process.frame);
      if (process.own_space.root()) visit(process.own_space.root());
      if (process.descriptors.frame()) visit(process.descriptors.frame());
      if (process.signals.frame()) visit(process.signals.frame());
    });
    objects.for_each_frame(visit);
    for (const FrameRange& range : kernel_pages)
      for (uint32_t i = 0; i < range.count; ++i) visit(Frame{range.first.number + i});
    for (const Frame frame : taken_away_) visit(frame);
  });
  poison_free_frames();
  return finding;
}

uint32_t WholeKernel::free_frames() {
  frames.reap_all();
  return frames.free();
}

void WholeKernel::limit_free(uint32_t free) {
  frames.reap_all();
  while (frames.free() > free) {
    Result<Frame> frame = frames.take(FrameKind::kObject, Claim::kReserve);
    taken_away_.push_back(*frame);
  }
}

void WholeKernel::unlimit() {
  for (const Frame frame : taken_away_) frames.unlink(frame);
  taken_away_.clear();
  frames.reap_all();
}

ArchiveFile WholeKernel::file(const char* path) const {
  Result<ArchiveFile> found = find_in_archive({arena.at(kArchiveFrame), archive_bytes_}, path, std::strlen(path));
  if (found.error() == Errno::kEACCES) throw MachineError(std::string("not executable: ") + path);
  return *found;
}

std::unique_ptr<WholeKernel::Snapshot> WholeKernel::take_snapshot() const {
  return std::make_unique<Snapshot>(Snapshot{{arena.bytes.begin(), arena.bytes.end()}, save_state(), mmu, devices, running_, taken_away_});
}

void WholeKernel::restore(const Snapshot& from) {
  std::memcpy(arena.bytes.data(), from.arena.data(), from.arena.size());
  copy_state(from.kernel_state.data(), __start_kernel_state);
  mmu = from.mmu;
  devices = from.devices;
  running_ = from.running;
  taken_away_ = from.taken_away;
}

}  // namespace kine
