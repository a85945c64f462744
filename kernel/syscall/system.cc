// What the kernel says of itself, of processes and of memory, for those who want to see it: ps, /proc, students.
#include "base/log.hh"
#include "debug/audit.hh"
#include "mm/usage.hh"
#include "syscall/calls.hh"

namespace kine::calls {

namespace {

// Linux's struct new_utsname.
struct SystemName {
  char system[65], node[65], release[65], version[65], machine[65], domain[65];
};

Answer uname(Process&, Out<SystemName> out) {
  // The release tells libc which Linux's calls it may expect.
  return out.write({"Kine", "kine", "6.1.0-kine", "Kine teaching microkernel", "x86_64", "(none)"});
}

// Linux's struct sysinfo.
struct SystemInfo {
  uint64_t uptime, loads[3];
  uint64_t memory, free, shared_and_buffers[2], swap[2];
  uint16_t processes;
  uint64_t high_memory[2];
  uint32_t unit;
};
static_assert(sizeof(SystemInfo) == 112);

Answer sysinfo(Process&, Out<SystemInfo> out) {
  SystemInfo info{};
  info.uptime = Machine::now() / 1'000'000'000;
  info.memory = frames.total() * kPageSize;
  info.free = frames.free() * kPageSize;
  info.processes = static_cast<uint16_t>(processes.count());
  info.unit = 1;
  return out.write(info);
}

// What is condemned counts as free. On the way to the next thread it is reaped in slices; then the call is issued again.
Answer wait_for_reaping() {
  scheduler.requeue();
  return Answer::waits();
}

Answer statistics(Thread& caller, int machine, Out<kine_statistics> out) {
  kine_statistics all{};
  all.own = caller.process->own_space.events;
  if (machine == -1) return out.write(all);
  Result<MayLook> allowed = MayLook::decode(caller, static_cast<uint32_t>(machine));
  if (!allowed) return allowed.error();
  if (frames.reap_pending()) return wait_for_reaping();
  all.frames_total = frames.total();
  all.frames_free = frames.free();
  all.processes = processes.count();
  all.flushes_all = Machine::flushes_all();
  all.flushes_page = Machine::flushes_page();
  all.messages = Port::delivered();
  all.machine = machine_events;
  return out.write(all);
}

Answer page(AddressSpace& space, VirtAddr address, Out<kine_page> out) {
  kine_page found{};
  return describe_page(space, address, found) ? Answer(out.write(found)) : Answer(Errno::kENOMEM);
}

Answer audit(Process&, MayLook) {
  const AuditFinding finding = Audit::run([](auto visit) {
    processes.for_each([&](Process& process) {
      visit(process.frame);
      if (process.own_space.root()) visit(process.own_space.root());
      if (process.descriptors.frame()) visit(process.descriptors.frame());
      if (process.signals.frame()) visit(process.signals.frame());
    });
    objects.for_each_frame(visit);
    for (const FrameRange& range : kernel_pages)
      for (uint32_t i = 0; i < range.count; ++i) visit(Frame{range.first.number + i});
  });
  if (!finding.rule) return 0;
  log("audit: {}: frame {}, expected {}, seen {}", finding.rule, finding.frame, finding.expected, finding.seen);
  return Errno::kEIO;
}

char state_of(const Process& process) {
  if (process.zombie) return 'Z';
  const WaitFor waits_for = process.thread.waits_for;
  return waits_for == WaitFor::kNothing ? 'R' : waits_for == WaitFor::kContinue ? 'T' : 'S';
}

// The process with the lowest pid from `pid` on.
Answer process(Process&, MayLook, int pid, Out<kine_process> out) {
  const Process* found = nullptr;
  processes.for_each([&](const Process& process) {
    if (process.pid >= pid && !process.reaped && (!found || process.pid < found->pid)) found = &process;
  });
  if (!found) return Errno::kESRCH;
  kine_process shown{};
  count_usage(found->own_space, shown);
  shown.pid = found->pid;
  shown.parent = found->parent ? found->parent->pid : 0;
  shown.group = found->group;
  shown.session = found->session;
  shown.uid = found->identity.uid;
  shown.gid = found->identity.gid;
  shown.state = static_cast<uint8_t>(state_of(*found));
  shown.server = found->server;
  shown.root = found->own_space.root().number;
  shown.user_nanoseconds = found->ticks * Machine::kTickNanoseconds;
  shown.start_nanoseconds = found->started_at;
  __builtin_memcpy(shown.name, found->name, sizeof shown.name);
  shown.events = found->own_space.events;
  return out.write(shown);
}

Answer ranges(AddressSpace& space, MayLook, int pid, VirtAddr from, VirtAddr out, uint32_t count) {
  constexpr uint32_t kMost = 64;
  const Process* const process = processes.find(pid);
  if (!process) return Errno::kESRCH;
  uint32_t written = 0;
  for (; written < count && written < kMost; ++written) {
    const kine_range found = next_range(process->own_space, from);
    if (found.begin == found.end) break;
    Result<> done = write_user(space, out + written * sizeof found, found);
    if (!done) return done;
    from = {found.end};
  }
  return written;
}

Answer trace_mark(AddressSpace& space, VirtAddr text) {
  char copy[64] = {};
  Result<uint64_t> length = string_length(space, text, sizeof copy);
  Result<> done = length ? copy_in(space, copy, text, *length) : length.error();
  if (done) trace_event(R"("event":"mark","text":"{}"})", copy);
  return done;
}

Answer crash(Process&, MayLook, Out<kine_crash> out) {
  return last_crash.number > 0 ? Answer(out.write(last_crash)) : Answer(Errno::kESRCH);
}

// The page of the caller's that a call fills. EINVAL: an address within one.
struct OutPage {
  AddressSpace* space = nullptr;
  VirtAddr to{};
  static Result<OutPage> decode(Thread& caller, uint64_t word) {
    return offset_in_page({word}) == 0 ? Result<OutPage>(OutPage{caller.process->space, {word}}) : Errno::kEINVAL;
  }
  // Its bytes, which are the caller's own then. EFAULT, ENOMEM.
  Result<std::byte*> own() const { return space->reach(to, Access::kWrite); }
};

static_assert(static_cast<int>(FrameKind::kAbsent) == KINE_FRAME_ABSENT && static_cast<int>(FrameKind::kZeroed) == KINE_FRAME_ZEROED &&
              static_cast<int>(FrameKind::kPage) == KINE_FRAME_PAGE && static_cast<int>(FrameKind::kTable) == KINE_FRAME_TABLE &&
              static_cast<int>(FrameKind::kRoot) == KINE_FRAME_ROOT && static_cast<int>(FrameKind::kObject) == KINE_FRAME_KERNEL);

Answer frames_from(Process&, MayLook, uint64_t first, OutPage out) {
  if (frames.reap_pending()) return wait_for_reaping();
  Result<std::byte*> page = out.own();
  if (!page) return page.error();
  kine_frame* const shown = reinterpret_cast<kine_frame*>(*page);
  uint32_t count = 0;
  for (; count < kPageSize / sizeof *shown && first + count < frames.limit(); ++count) {
    const FrameRecord& record = frames.record({static_cast<uint32_t>(first + count)});
    shown[count] = {static_cast<uint32_t>(record.kind), record.in_use() ? record.count : 0};
  }
  return count;
}

Answer table(Process&, MayLook, uint64_t number, OutPage out) {
  Result<std::byte*> page = out.own();
  if (!page) return page.error();
  const Frame frame{static_cast<uint32_t>(number)};
  const FrameKind kind = number < frames.limit() ? frames.record(frame).kind : FrameKind::kAbsent;
  if (kind != FrameKind::kTable && kind != FrameKind::kRoot) return Errno::kESRCH;
  const uint64_t bytes = (kind == FrameKind::kRoot ? Machine::kUserRootEntries : kEntries) * sizeof(Pte);
  __builtin_memset(*page + bytes, 0, kPageSize - bytes);
  __builtin_memcpy(*page, Machine::table(frame), bytes);
  return 0;
}

}  // namespace

[[gnu::section("calls"), gnu::used]] constinit const Row kCalls[] = {
    {63, handle<uname>},
    {99, handle<sysinfo>},
    {KINE_STATISTICS, handle<statistics>},
    {KINE_PAGE, handle<page>},
    {KINE_AUDIT, handle<audit>},
    {KINE_PROCESS, handle<process>},
    {KINE_RANGES, handle<ranges>},
    {KINE_TRACE_MARK, handle<trace_mark>},
    {KINE_CRASH, handle<crash>},
    {KINE_FRAMES, handle<frames_from>},
    {KINE_TABLE, handle<table>},
};

}  // namespace kine::calls
