#include "whole_kernel.hh"

#include <cstring>

#include "cpio.hh"

namespace kine {

namespace {

constexpr Frame kArchiveFrame{kKernelRoot.number + 1};
constexpr uint64_t kPageBytes = 4096;
static_assert(kPageSize == kPageBytes, "programs and their layout need pages of the real size");

uint64_t address_of(Frame frame) { return uint64_t{frame.number} << Machine::kPageBits; }

// As at power-on. (The globals are constinit: nobody else has started them.)
void forget_everything() {
  processes = ProcessTable();
  scheduler = Scheduler();
  archive = Archive();
  for (unsigned i = 0; i < 3; ++i) consoles[i] = Console(i);
}

}  // namespace

WholeKernel::WholeKernel(const std::vector<File>& files, const std::string& command_line, uint32_t frames_wanted) {
  CpioWriter writer;
  for (const File& file : files) writer.add(file.name, file.data, file.mode);
  const std::string bytes = writer.finish();
  const uint32_t archive_frames = static_cast<uint32_t>(round_up(bytes.size(), kPageSize) / kPageSize);
  const Frame first{kArchiveFrame.number + archive_frames};
  start_machine(first.number + frames_wanted);
  frames.start(nullptr, 0);
  forget_everything();
  std::memset(arena.at(kArchiveFrame), 0, archive_frames * kPageSize);
  std::memcpy(arena.at(kArchiveFrame), bytes.data(), bytes.size());
  BootInfo boot{};
  boot.memory[0] = {{address_of(first)}, frames_wanted * kPageSize};
  boot.memory_count = 1;
  boot.archive = {{address_of(kArchiveFrame)}, bytes.size()};
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
  frames.start(nullptr, 0);
}

// Into the kernel and out again. User mode must go on with the memory of the thread that goes on.
void WholeKernel::enter(const std::function<Context*()>& kernel) {
  running_ = kernel();
  if (mmu.root() != process().space->root()) throw MachineError("user mode runs on the tables of another process");
  if (devices.current != running_) throw MachineError("user mode runs with the registers of another thread");
  mmu.check_caches();
  poison_free_frames();
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

void WholeKernel::interrupt(unsigned irq) {
  devices.trap = {Trap::Kind::kInterrupt, {}, false, false, irq, 0, nullptr};
  enter([&] { return kernel_trap(running_); });
}

bool WholeKernel::access(uint64_t address, Access kind, std::optional<uint8_t> stored) {
  const int pid = process().pid;
  for (bool answered = false;; answered = true) {
    if (const auto frame = mmu.translate({address}, kind)) {
      if (stored) arena.at(*frame)[address % kPageSize] = std::byte{*stored};
      return true;
    }
    if (answered) throw MachineError("no progress: a fault was answered, but the same access faults again");
    devices.trap = {Trap::Kind::kPageFault, {address}, kind == Access::kWrite, kind == Access::kFetch, 0, 0, nullptr};
    enter([&] { return kernel_trap(running_); });
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
    });
    for (uint32_t i = 0; i < archive.frame_count(); ++i) visit(Frame{archive.first_frame().number + i});
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
  while (frames.free() > free) {
    Result<Frame> frame = frames.take(FrameKind::kObject, Claim::kReserve);
    taken_away_.push_back(*frame);
  }
}

const std::byte* WholeKernel::file_bytes(const char* path) {
  Result<View> view = archive.find(path, std::strlen(path));
  return view ? view->at(0) : nullptr;
}

std::unique_ptr<WholeKernel::Snapshot> WholeKernel::take_snapshot() const {
  return std::make_unique<Snapshot>(
      Snapshot{arena.bytes, frames, machine_events, mmu, devices, processes, scheduler, {consoles, consoles + 3}, running_, taken_away_});
}

void WholeKernel::restore(const Snapshot& from) {
  std::memcpy(arena.bytes.data(), from.arena.data(), from.arena.size());
  frames = from.frames;
  machine_events = from.events;
  mmu = from.mmu;
  devices = from.devices;
  processes = from.processes;
  scheduler = from.scheduler;
  for (unsigned i = 0; i < 3; ++i) consoles[i] = from.consoles[i];
  running_ = from.running;
  taken_away_ = from.taken_away;
}

}  // namespace kine
