// A few processes on the simulated machine, beside the model of what they must be. Each operation is played on both; then everything is
// compared and every rule checked, so that the first wrong step is the one that the test ends at.
#pragma once

#include <vector>

#include "debug/audit.hh"
#include "machine/mmu.hh"
#include "model.hh"
#include "operation.hh"

namespace kine {

// What the kernel did differs from what it must do: expected, seen, and which rule broke.
struct Broken : std::logic_error {
  using std::logic_error::logic_error;
};

class World {
 public:
  struct Sizes {
    unsigned processes = 2;
    uint32_t frames = 24;
    uint32_t archive_pages = 2;
    uint32_t spare = 0;  // frames that are not memory yet: for add_spare
  };
  // Everything that an operation can change. Saving into one that was used before allocates nothing.
  struct Snapshot {
    std::vector<std::byte> arena, spaces;
    std::vector<FrameRecord> records;
    Frames frames;
    Events events{};
    Mmu mmu;
    Model model{0, {}};
    std::vector<Frame> taken_away;
    bool reaped = true;
  };

  // Process 0 lives, with nothing mapped, and runs. The machine is started afresh.
  explicit World(Sizes sizes);
  World(const World&) = delete;
  ~World();

  bool lives(unsigned process) const { return model_.process(process).lives; }
  AddressSpace& space(unsigned process) { return spaces_[process]; }
  const Model& model() const { return model_; }

  // Whether the operation makes sense now: its processes live, or do not yet.
  bool applicable(const Operation& op) const;
  // Plays it on the kernel alone.
  Errno run(const Operation& op);
  // Plays it on both and throws Broken unless they answer alike and the kernel took the frames that it should. ENOMEM for want of frames
  // leaves the model alone. Say check() or check_meaning() next.
  Errno play(const Operation& op);

  // Plays it and checks everything; throws Broken if it does not answer as `expected` says.
  void perform(const Operation& op, Errno expected = Errno::kOk);

  // Throws Broken unless every process means what the model says, and no cached translation grants more or leads elsewhere than the tables.
  void check_meaning();
  // The same, and the audit; what is condemned is freed.
  void check();
  AuditFinding audit();
  // Throws Broken if memory or a frame's record is not what it was.
  void check_unchanged(const Snapshot& since) const;

  void save(Snapshot& to) const;
  void restore(const Snapshot& from);
  uint64_t hash() const;  // of everything that a later operation can depend on

  // `count` frames more become memory.
  void add_spare(uint32_t count);
  // Takes frames away until `free` are left, or gives them back.
  void limit_free(uint32_t free);
  void unlimit();

  // Ends with nobody alive; throws if a frame was leaked.
  void end();
  // The processor caches all that it may, before each operation.
  void set_prefetch(bool on) { prefetch_ = on; }
  FaultVerdict last_verdict() const { return last_verdict_; }
  unsigned faults() const { return faults_; }  // of all accesses so far

  // One access of the running process, as the processor and the trap handler do it. EFAULT, ENOMEM.
  Result<Frame> access(unsigned process, VirtAddr address, Access access);

 private:
  static Frame archive_frame(uint32_t index) { return {kKernelRoot.number + 1 + index}; }
  void load(unsigned process);
  void leave(unsigned process);
  Errno run_anywhere(const Operation& op);
  Errno run_load(const Operation& op, Access kind);
  Errno run_copy_in(const Operation& op);
  Errno run_exec(const Operation& op);
  std::optional<uint64_t> predicted_frames(const Operation& op);
  void check_frames(uint64_t predicted, bool refused, uint32_t free_before);
  void compare_page(unsigned process, const Model::Page& page);

  Sizes sizes_;
  std::vector<FrameRecord> records_;
  std::vector<std::byte> space_bytes_;
  AddressSpace* spaces_;  // one for each process, then one for exec
  Model model_;
  std::vector<Frame> taken_away_;
  std::vector<Model::Bytes> archive_;
  std::vector<uint32_t> cell_of_frame_;
  std::vector<Frame> frame_of_cell_;
  bool prefetch_ = false;
  bool reaped_ = true;  // no frame is condemned, so the count of free frames tells what an operation took
  uint64_t found_ = 0;
  FaultVerdict last_verdict_{};
  unsigned faults_ = 0;
};

// Frames that a write to `address` must take: an independent reading of the rules. Requires: a writable mapping.
uint64_t frames_to_write(AddressSpace& space, VirtAddr address);
// … and a read.
uint64_t frames_to_read(AddressSpace& space, VirtAddr address);
// Whether some table can be reached by two paths of this one tree.
bool has_alias(AddressSpace& space);
// Pages that the tree maps.
uint64_t pages_mapped(AddressSpace& space);

}  // namespace kine
