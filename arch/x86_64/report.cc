// The machine's part of the panic report. Written for the reader who has nothing else: registers, why the fault, the walk that the
// processor made, who called whom. Must not fault: it follows only pointers that it has checked, and it allocates nothing.
#include "base/log.hh"
#include "image.hh"
#include "machine.hh"

namespace kine {
namespace {

constexpr unsigned kMaxFrames = 24;

VirtAddr hex(uint64_t number) { return {number}; }

bool in(uint64_t address, const char* begin, const char* end) {
  return address >= reinterpret_cast<uint64_t>(begin) && address < reinterpret_cast<uint64_t>(end);
}

// The name of the function that an address lies in, and how far. The table, which build.mk makes from the linked kernel, is a sequence
// of records, ascending: the low half of the address (the high half is all ones), name, NUL.
struct Symbol {
  const char* name;
  uint64_t offset;
};

Symbol symbol_of(uint64_t address) {
  Symbol found = {nullptr, 0};
  if (!in(address, text_begin, text_end)) return found;
  for (const char* record = symbols_begin; record + 5 <= symbols_end;) {
    uint32_t low;
    __builtin_memcpy(&low, record, sizeof(low));
    const uint64_t start = uint64_t{0xffff'ffff} << 32 | low;
    if (start > address) break;
    record += sizeof(low);
    found = {record, address - start};
    while (*record++ != 0) continue;
  }
  return found;
}

constexpr uint64_t kPresent = 1 << 0, kLarge = 1 << 7;

// Whether an entry ends a walk: not present, a page, or a large page.
bool ends_walk(Pte entry, unsigned level) { return !entry.present() || level == 0 || entry.bits() & kLarge; }

// What the processor finds at a level (3 = the root's) when it walks to an address; empty if the walk ends above. CR3 leads to the root as
// an entry leads to a table.
Pte entry_of(uint64_t address, unsigned level) {
  const Pte above = level == 3 ? Pte(read_cr3() | kPresent) : entry_of(address, level + 1);
  if (ends_walk(above, level + 1)) return Pte();
  return Machine::table(above.frame())[address >> (12 + 9 * level) & 511];
}

void report_entry(const char* level, Pte entry) {
  const uint64_t bits = entry.bits();
  if (!entry.present()) {
    const char* kind = entry.is_promise() ? ": a promise of zeroed pages" : entry.empty() ? ": empty" : "";
    return log("    {} {} not present{}", level, hex(bits), kind);
  }
  log("    {} {} frame {}{}{}{}{}{}{}{}", level, hex(bits), entry.frame(), entry.writable() ? " writable" : " read-only",
      bits & 1 << 2 ? " user" : " kernel", bits >> 63 ? " no-execute" : " executable", bits & kLarge ? " large" : "",
      bits & 1 << 8 ? " global" : "", entry.may_write() ? " may-write" : "", entry.shared() ? " shared" : "");
}

void report_walk(uint64_t address) {
  constexpr const char* kLevels[] = {"PTE  ", "PDE  ", "PDPTE", "PML4E"};
  log("  the walk for CR2 = {} (the last page fault's address), from CR3 = {}:", hex(address), hex(read_cr3()));
  for (unsigned level = 4; level-- > 0;) {
    const Pte entry = entry_of(address, level);
    report_entry(kLevels[level], entry);
    if (ends_walk(entry, level)) return;
  }
}

// Intel SDM vol. 3A, 4.7.
void report_page_fault(uint64_t error) {
  const char* who = error & 1 << 2 ? "user mode" : "the kernel";
  const char* what = error & 1 << 4 ? "execute" : error & 1 << 1 ? "write" : "read";
  const char* why = error & 1 << 3                                    ? "an entry has a reserved bit set"
                    : !(error & 1 << 0)                               ? "no page is mapped there"
                    : read_cr2() < kLowerHalfEnd && !(error & 1 << 2) ? "the page is a user's, which the kernel must not touch"
                                                                      : "the page's rights forbid it";
  log("  page fault: {} tried to {} {}: {}", who, what, hex(read_cr2()), why);
}

void report_registers(const Registers& regs) {
  log("  rip={} rsp={} rflags={} cs={} ss={}", hex(regs.rip), hex(regs.rsp), hex(regs.rflags), hex(regs.cs), hex(regs.ss));
  log("  rax={} rbx={} rcx={} rdx={}", hex(regs.rax), hex(regs.rbx), hex(regs.rcx), hex(regs.rdx));
  log("  rsi={} rdi={} rbp={}", hex(regs.rsi), hex(regs.rdi), hex(regs.rbp));
  log("  r8={} r9={} r10={} r11={}", hex(regs.r8), hex(regs.r9), hex(regs.r10), hex(regs.r11));
  log("  r12={} r13={} r14={} r15={}", hex(regs.r12), hex(regs.r13), hex(regs.r14), hex(regs.r15));
}

// A return address may be the first of the next function, if the call never comes back: so one looks for the byte before it.
void report_caller(uint64_t address, uint64_t back) {
  const Symbol symbol = symbol_of(address - back);
  if (symbol.name)
    log("    {} {}+{}", hex(address), symbol.name, hex(symbol.offset + back));
  else
    log("    {}{}", hex(address), address < kLowerHalfEnd ? " (user mode)" : "");
}

// A word of a stack, or of code: the kernel's own lie in its image, user mode's are read through the direct map (SMAP forbids their own
// addresses). Returns false if it is not mapped, or crosses a page.
template <class T>
bool read(uint64_t address, T& word) {
  if (address % 4096 > 4096 - sizeof word) return false;
  if (address < kLowerHalfEnd) {
    const Pte page = entry_of(address, 0);
    if (!page.present()) return false;
    address = reinterpret_cast<uint64_t>(Machine::bytes(page.frame())) + address % 4096;
  } else if (!in(address, text_begin, kernel_stack_guard) && !in(address, kernel_stack_guard + 4096, image_end)) {
    return false;
  }
  __builtin_memcpy(&word, reinterpret_cast<const void*>(address), sizeof word);
  return true;
}

// Where code was interrupted. A function that calls no other may have no frame of its own: then the stack's top is where its caller goes
// on, behind a call that leads into it (Intel SDM vol. 2A, CALL: E8 and the distance), or behind one that led nowhere.
void report_interrupted(uint64_t rip, uint64_t stack) {
  report_caller(rip, 0);
  uint64_t back;
  uint8_t opcode;
  int32_t distance;
  if (!read(stack, back) || !read(back - 5, opcode) || !read(back - 4, distance)) return;
  const bool led_here = opcode == 0xe8 && rip - (back + static_cast<uint64_t>(int64_t{distance})) < 4096;
  if (led_here || (in(back, text_begin, text_end) && !in(rip, text_begin, text_end))) report_caller(back, 1);
}

// Follows the frames that `push rbp; mov rbp, rsp` leaves (caller's frame, return address), over the one that entry.asm pushed, into user
// code.
void report_callers(uint64_t frame) {
  uint64_t outer, address;
  for (unsigned i = 0; i < kMaxFrames && read(frame, outer) && read(frame + 8, address) && address != 0; ++i) {
    if (frame >= kLowerHalfEnd && address < kLowerHalfEnd)
      report_interrupted(address, this_cpu().current->regs.rsp);
    else
      report_caller(address, 1);
    if (outer <= frame && outer >= kLowerHalfEnd) return;
    frame = outer;
  }
}

}  // namespace

void Machine::report(const Registers* trap, uint64_t frame_pointer) {
  uint64_t address = 0;
  if (trap) {
    address = trap->rip;
    log("  vector {}, error code {}", trap->vector, hex(trap->error));
    if (trap->vector == kPageFault) report_page_fault(trap->error);
    if (in(read_cr2(), kernel_stack_guard, kernel_stack_guard + 4096)) log("  the kernel's stack has overflowed into its guard page");
    report_registers(*trap);
  } else {
    read(frame_pointer + 8, address);
  }
  report_walk(read_cr2());
  log("  called from:");
  if (trap) report_interrupted(address, trap->rsp);
  report_callers(frame_pointer);
  if (!trap && this_cpu().current) {
    log("  the thread in the kernel came with:");
    report_registers(this_cpu().current->regs);
  }
  log("  to look closer: make gdb PROGRAM=\"...\" with what ran here, and in GDB: continue, kine bt, info line *{}", hex(address));
}

}  // namespace kine
