// wait: what a parent learns of its children. A child that ended is waited for once and is gone; one that stopped or goes on is told of
// once.
#include "task/scheduler.hh"

namespace kine {

namespace {

// Linux's <linux/wait.h>. The last are about threads.
constexpr int kNoHang = 1, kStopped = 2, kContinued = 8, kThreads = static_cast<int>(0xe000'0000);

bool has_news(const Process& child, int options) {
  return child.zombie || (child.news.value != 0 && (options & (child.stopped ? kStopped : kContinued)));
}

// The selected child that there is something to tell of; null: not yet. ECHILD: no child is selected.
Result<Process*> look(int which, const Process& caller, int options) {
  if (which > 0) {  // without a look at all the others
    Process* const child = processes.find(which);
    if (!child || child->parent != &caller) return Errno::kECHILD;
    return has_news(*child, options) ? child : nullptr;
  }
  bool selected = false;
  for (const auto* list : {&caller.zombies, &caller.children}) {
    for (Process* child = list->first(); child; child = list->next(*child)) {
      if (which != -1 && child->group != (which == 0 ? caller.group : -which)) continue;
      if (has_news(*child, options)) return child;
      selected = true;
      if (!(options & (kStopped | kContinued))) break;  // no other that is alive has anything to tell
    }
  }
  return selected ? Result<Process*>(nullptr) : Errno::kECHILD;
}

}  // namespace

ResourceUsage ResourceUsage::of(uint64_t ticks, uint64_t faults) {
  const uint64_t microseconds = ticks * (Machine::kTickNanoseconds / 1000);
  return {microseconds / 1'000'000, microseconds % 1'000'000, {}, faults, {}};
}

Answer wait_for_child(Thread& caller, int which, VirtAddr status, int options, VirtAddr usage) {
  Process& parent = *caller.process;
  if (options & ~(kNoHang | kStopped | kContinued | kThreads)) return Errno::kEINVAL;
  if (which == INT32_MIN) return Errno::kESRCH;
  Result<Process*> found = look(which, parent, options);
  if (!found) return found.error();
  if (!*found) {
    if (options & kNoHang) return 0;
    if (parent.signals.deliverable()) return Errno::kERESTARTSYS;
    scheduler.wait(WaitFor::kChild);
    return Answer::waits();
  }
  Process& child = **found;
  const uint64_t ticks = child.ticks + child.child_ticks;
  const uint64_t faults = child.own_space.events.faults + child.child_faults;
  // Both are checked before either is written and the child goes.
  Result<> done;
  if (usage.value) done = prepare_out(*parent.space, usage, sizeof(ResourceUsage));
  if (done && status.value) done = write_user(*parent.space, status, child.news.value);
  if (done && usage.value) done = write_user(*parent.space, usage, ResourceUsage::of(ticks, faults));
  if (!done) return done;
  const int pid = child.pid;
  trace_event(R"("event":"wait","pid":{},"status":{}})", pid, child.news.value);
  child.news = {};
  if (child.zombie) {
    parent.child_ticks += ticks;
    parent.child_faults += faults;
    parent.zombies.remove(child);
    processes.remove(child);
  }
  return pid;
}

}  // namespace kine
