// The whole kernel, booted on the simulated machine. A test plays the programs: it puts words into the registers of the one that runs and
// enters the kernel as a trap would; its loads and stores go through the simulated processor.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "boot_info.hh"
#include "debug/audit.hh"
#include "ipc/right.hh"
#include "machine/mmu.hh"
#include "task/archive.hh"

namespace kine {

// What the trap entry calls (kernel/main.cc).
extern "C" Context* kernel_syscall(Context* context);
extern "C" Context* kernel_trap(Context* context);
extern "C" [[noreturn]] void kernel_main(const BootInfo& boot);

class WholeKernel {
 public:
  struct File {
    const char* name;
    std::string data;
    unsigned mode = 0100755;
  };
  // Boots with these files and `frames` frames of memory; init is about to run its first instruction.
  WholeKernel(const std::vector<File>& files, const std::string& command_line, uint32_t frames);
  WholeKernel(const WholeKernel&) = delete;
  ~WholeKernel();

  Context& context() { return *running_; }
  Process& process() { return *Thread::of(*running_).process; }

  // A system call of the program that runs. Returns its answer; afterwards somebody else may be running.
  template <class... Words>
  int64_t call(uint64_t number, Words... words) {
    const uint64_t all[6] = {word(words)...};
    return issue(number, all);
  }
  // The program's own `syscall` instruction, with the registers as they are.
  void issue_again();
  // The answer of a call that did not return at once, when its caller runs again.
  int64_t answer() { return static_cast<int64_t>(context().regs.rax); }

  // One access of the program that runs; false if it was killed for it.
  bool store(uint64_t address, uint8_t value) { return access(address, Access::kWrite, value); }
  bool fetch(uint64_t address) { return access(address, Access::kFetch, {}); }
  // -1: it was killed for it.
  int load(uint64_t address);
  uint64_t load_word(uint64_t address);
  void store_text(uint64_t address, const std::string& text);
  std::string load_text(uint64_t address);

  void tick() { interrupt(Machine::kTimerIrq); }
  void interrupt(unsigned irq);
  void exception(int signal, int code);
  // What devices.trap says.
  void trap();

  // A device's interrupt, if it is enabled.
  void raise(unsigned irq);

  // Ticks until that process runs. False: it does not come to run, because it waits, or waits again.
  bool run(int pid);

  AuditFinding audit();
  // Free frames, with nothing condemned.
  uint32_t free_frames();
  // Takes frames away until `free` are left (unlimit, or restore, gives them back).
  void limit_free(uint32_t free);
  void unlimit();
  // Where a file lies in the archive, and its size.
  ArchiveFile file(const char* path) const;
  // … its bytes.
  const std::byte* file_bytes(const char* path) const { return arena.at(kArchiveFrame) + file(path).offset; }

  // Everything that the kernel and the machine remember.
  struct Snapshot {
    std::vector<std::byte> arena, kernel_state;
    Mmu mmu;
    Devices devices;
    Context* running;
    std::vector<Frame> taken_away;
  };
  std::unique_ptr<Snapshot> take_snapshot() const;
  void restore(const Snapshot& from);

 private:
  static constexpr Frame kArchiveFrame{kKernelRoot.number + 1 + Machine::kDeviceMemory.bytes() / kPageSize};
  static uint64_t word(uint64_t value) { return value; }
  static uint64_t word(const void*) = delete;
  void check_user_mode();
  int64_t issue(uint64_t number, const uint64_t (&words)[6]);
  void enter(const std::function<Context*()>& kernel);
  bool access(uint64_t address, Access kind, std::optional<uint8_t> stored);

  Context* running_ = nullptr;
  std::vector<Frame> taken_away_;
  uint64_t archive_bytes_ = 0;
};

}  // namespace kine
