#include "machine.hh"

#include <cstring>

#include "mmu.hh"

namespace kine {

Devices devices;
Arena arena;

void panic(const char* cause) { throw MachineError(std::string("kernel panic: ") + cause); }

namespace {

[[noreturn, gnu::noinline]] void broken(const char* rule, Frame frame) {
  throw MachineError(std::string("the direct map: ") + rule + " (frame " + std::to_string(frame.number) + ")");
}
inline void require(bool holds, const char* rule, Frame frame) {
  if (!holds) [[unlikely]]
    broken(rule, frame);
}

FrameKind kind_of(Frame frame) {
  require(frame && frame.number < arena.frames(), "no such frame", frame);
  return frame.number < frames.limit() ? frames.record(frame).kind : FrameKind::kAbsent;
}

// For code that is about to write a frame that it has just taken.
std::byte* fresh(Frame frame) {
  const FrameKind kind = kind_of(frame);
  require(kind != FrameKind::kFree && kind != FrameKind::kZeroed, "a free frame was written", frame);
  mmu.check_unreachable(frame);
  return arena.at(frame);
}

constexpr uint32_t kMxcsrBits = 0xffbf;  // as on a processor without denormals-are-zeros

Pte* kernel_half(Frame root) { return reinterpret_cast<Pte*>(arena.at(root)); }

}  // namespace

void Arena::start(uint32_t frames) { bytes.assign(uint64_t{frames} << Machine::kPageBits, kPoison); }

void start_machine(uint32_t frames_wanted) {
  arena.start(frames_wanted);
  mmu = Mmu();
  devices = Devices();
  machine_events = Events{};
  std::memset(arena.at(kKernelRoot), 0, kPageSize);
  Machine::map_kernel(kKernelRoot);
}

void poison_free_frames() {
  for (uint32_t i = 1; i < frames.limit(); ++i) {
    if (frames.record({i}).kind != FrameKind::kFree) continue;
    std::byte* const bytes = arena.at({i});
    const bool done = bytes[0] == kPoison && std::memcmp(bytes, bytes + 1, kPageSize - 1) == 0;
    if (!done) std::memset(bytes, static_cast<int>(kPoison), kPageSize);
  }
}

std::byte* Machine::bytes(Frame frame) {
  require(kind_of(frame) != FrameKind::kFree, "the bytes of a free frame were used", frame);
  return arena.at(frame);
}

Pte* Machine::table(Frame frame) {
  const FrameKind kind = kind_of(frame);
  require(kind == FrameKind::kTable || kind == FrameKind::kRoot, "a frame that is no table was used as one", frame);
  return reinterpret_cast<Pte*>(arena.at(frame));
}

void Machine::copy_page(Frame to, Frame from) {
  const FrameKind kind = kind_of(from);
  require(kind == FrameKind::kPage || kind == FrameKind::kObject, "a frame that is no page, nor an object, was copied", from);
  require(from != to, "a frame was copied onto itself", to);
  std::memcpy(fresh(to), arena.at(from), kPageSize);
}

void Machine::fill_page(Frame frame, Pte entry) {
  Pte* const entries = reinterpret_cast<Pte*>(fresh(frame));
  for (unsigned i = 0; i < kEntries; ++i) entries[i] = entry;
}

void Machine::map_kernel(Frame root) {
  for (unsigned i = kUserRootEntries; i < kEntries; ++i) {
    require(kernel_half(root)[i].empty(), "a root's kernel half is not zero", root);
    kernel_half(root)[i] = kernel_entry(i);
  }
}

void Machine::unmap_kernel(Frame root) {
  for (unsigned i = kUserRootEntries; i < kEntries; ++i) {
    require(kernel_half(root)[i] == kernel_entry(i), "a root's kernel half was changed", root);
    kernel_half(root)[i] = Pte();
  }
}

Frame Machine::kernel_root() { return kKernelRoot; }

void Machine::load_root(Frame root) {
  require(root == kKernelRoot || kind_of(root) == FrameKind::kRoot, "a frame that is no root was loaded", root);
  for (unsigned i = kUserRootEntries; i < kEntries; ++i)
    require(kernel_half(root)[i] == kernel_entry(i), "a root without the kernel was loaded", root);
  mmu.load(root);
}

void Machine::flush_all() { mmu.flush_all(); }
void Machine::flush_page(VirtAddr address) { mmu.flush_page(address); }
uint64_t Machine::flushes_all() { return mmu.flushes_all; }
uint64_t Machine::flushes_page() { return mmu.flushes_page; }

// --- devices ---

// FXSAVE writes which bits of MXCSR there are; FXRSTOR faults on any other (Intel SDM vol. 1, 10.5.1.2).
void Machine::save_fpu(Context& running) {
  running.fpu = devices.fpu;
  running.fpu.mxcsr_mask = kMxcsrBits;
}

void Machine::load_segments(const Context& running) {
  devices.fs_base = running.fs_base;
  devices.gs_base = running.gs_base;
}

void Machine::switch_context(Context* from, Context& to) {
  if (from) save_fpu(*from);
  if (to.fpu.mxcsr & ~kMxcsrBits) throw MachineError("FXRSTOR of an MXCSR with bits that do not exist");
  devices.fpu = to.fpu;
  load_segments(to);
  devices.current = &to;
}

void* Machine::cpu_storage() { return devices.cpu_storage; }
void Machine::resume(Context& context) { throw Resumed{context}; }
bool Machine::is_page_fault(const Context&) { return std::holds_alternative<PageFault>(devices.trap); }
PageFault Machine::page_fault(const Context&) { return std::get<PageFault>(devices.trap); }
Trap Machine::decode(const Context&) { return std::get<Trap>(devices.trap); }

// Idling passes the time to the next tick, if ticks are enabled.
uint32_t Machine::wait_for_interrupt() {
  if (!(devices.pending_irqs & devices.enabled_irqs)) {
    devices.now += kTickNanoseconds;
    devices.pending_irqs |= 1u << kTimerIrq;
  }
  const uint32_t came = poll_interrupts();
  if (came == 0) throw MachineError("the machine idles for ever: no interrupt is enabled");
  return came;
}

uint32_t Machine::poll_interrupts() {
  const uint32_t came = devices.pending_irqs & devices.enabled_irqs;
  devices.pending_irqs &= ~came;
  return came;
}

void Machine::enable_irq(unsigned number) { devices.enabled_irqs |= 1u << number; }
void Machine::disable_irq(unsigned number) { devices.enabled_irqs &= ~(1u << number); }
void Machine::set_io(const IoPorts& ports) { devices.io = ports; }
void Machine::allow_io(bool allowed) { devices.io_allowed = allowed; }
uint64_t Machine::now() { return devices.now; }
uint64_t Machine::entropy() { return devices.entropy = devices.entropy * 6364136223846793005 + 1442695040888963407; }

void Machine::debug_write(char byte) { devices.debug += byte; }
void Machine::power_off(unsigned code) { throw PowerOff{code}; }

}  // namespace kine
