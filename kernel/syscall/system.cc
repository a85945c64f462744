// uname, and Kine's own calls: what the kernel knows of memory, for those who want to see it.
#include "base/log.hh"
#include "debug/audit.hh"
#include "syscall/calls.hh"
#include "task/archive.hh"
#include "task/scheduler.hh"

namespace kine::calls {

namespace {

// Linux's struct new_utsname.
struct SystemName {
  char system[65], node[65], release[65], version[65], machine[65], domain[65];
};

}  // namespace

Answer uname(Thread& caller, VirtAddr out) {
  // The release tells libc which Linux's calls it may expect.
  static constexpr SystemName kName = {"Kine", "kine", "6.1.0-kine", "Kine teaching microkernel", "x86_64", "(none)"};
  return write_user(*caller.process->space, out, kName);
}

Answer statistics(Thread& caller, VirtAddr out) {
  if (frames.reap_pending()) {  // on the way to the next thread it is reaped in slices; then the call is issued again
    scheduler.requeue();
    return Answer::waits();
  }
  const kine_statistics all = {
      .frames_total = frames.total(),
      .frames_free = frames.free(),
      .processes = processes.count(),
      .flushes_all = Machine::flushes_all(),
      .flushes_page = Machine::flushes_page(),
      .machine = machine_events,
      .own = caller.process->own_space.events,
  };
  return write_user(*caller.process->space, out, all);
}

Answer page(Thread& caller, VirtAddr address, VirtAddr out) {
  const AddressSpace& space = *caller.process->space;
  if (address >= kUserEnd || space.ruling(address).entry.empty()) return Errno::kENOMEM;
  const Ruling ruling = space.ruling(address);
  kine_page found{};
  found.level = ruling.level;
  found.rights = ruling.entry.rights().bits();
  found.shared = ruling.entry.shared();
  found.writable = 1;
  Frame table = space.root();
  for (unsigned level = kRootLevel;; --level) {
    const Pte entry = Machine::table(table)[index_of(address, level)];
    found.tables[level] = frames.record(table).count;
    found.writable &= entry.writable();
    if (level == ruling.level) break;
    table = entry.frame();
  }
  if (ruling.entry.present()) {
    found.frame = ruling.entry.frame().number;
    found.references = frames.record(ruling.entry.frame()).count;
  }
  return write_user(*caller.process->space, out, found);
}

Answer audit(Thread&) {
  const AuditFinding finding = Audit::run([](auto visit) {
    processes.for_each([&](Process& process) {
      visit(process.frame);
      if (process.own_space.root()) visit(process.own_space.root());
    });
    for (uint32_t i = 0; i < archive.frame_count(); ++i) visit(Frame{archive.first_frame().number + i});
  });
  if (!finding.rule) return 0;
  log("audit: {}: frame {}, expected {}, seen {}", finding.rule, finding.frame, finding.expected, finding.seen);
  return Errno::kEIO;
}

}  // namespace kine::calls
