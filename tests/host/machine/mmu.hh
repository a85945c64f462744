// How the simulated processor translates: like x86-64 (Intel SDM vol. 3A, 4.5, 4.6 and 4.10), with caches that forget nothing unless told.
// Real caches are small and QEMU's TLB forgives; this one keeps every translation (read-only ones, too) and every upper-level entry until
// it is flushed, so a missing flush shows the first time that it matters.
//
// flush_page is INVLPG: that page's translation and all upper-level entries. flush_all and load_root drop all of the user half.
#pragma once

#include <optional>
#include <vector>

#include "mm/address_space.hh"

namespace kine {

// What a path through the tables grants so far: R/W and U/S of all entries ANDed, NX ORed.
struct Grant {
  bool write = true;
  bool user = true;
  bool exec = true;

  bool allows(Access access) const { return user && (access != Access::kWrite || write) && (access != Access::kFetch || exec); }
  // Whether this grants nothing that `other` does not.
  bool within(Grant other) const { return write <= other.write && user <= other.user && exec <= other.exec; }
};

class Mmu {
 public:
  // The frame that an access reaches; nullopt is a page fault. May fill the caches.
  std::optional<Frame> translate(VirtAddr address, Access access);
  // Caches every translation of the user half, as a processor may that runs ahead of the program.
  void prefetch();

  void load(Frame root);
  void flush_all();
  void flush_page(VirtAddr address);

  // Ends the test if a cached translation grants more than the tables do, or leads elsewhere: a flush is missing.
  void check_caches() const;
  // Ends the test if a cached translation leads to `frame`, which is about to be used afresh.
  void check_unreachable(Frame frame) const;

  Frame root() const { return root_; }
  size_t cached() const { return leaves_.size(); }
  uint64_t hash() const;
  uint64_t flushes_all = 0;
  uint64_t flushes_page = 0;

 private:
  struct Leaf {
    uint64_t page;
    Frame frame;
    Grant grant;
  };
  // A cached upper entry: where the walk for every address in its span may begin.
  struct Upper {
    uint64_t span;   // number of the span
    unsigned level;  // of the table that it leads to
    Frame table;
    Grant grant;
  };
  struct Position {
    unsigned level;
    Frame table;
    Grant grant;
  };

  const Leaf* find_leaf(uint64_t page) const;
  Position deepest_cached(VirtAddr address) const;
  void prefetch(Position at, VirtAddr base);

  Frame root_;
  std::vector<Leaf> leaves_;
  std::vector<Upper> uppers_;
};
extern Mmu mmu;

}  // namespace kine
