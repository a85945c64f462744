// What the address spaces must mean: the naive model that the kernel is compared with. A process is a list of pages, each with its rights
// and its bytes; fork copies the list. Nothing is shared but by MAP_SHARED, nothing is lazy, nothing runs out.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "operation.hh"

namespace kine {

class Model {
 public:
  using Bytes = std::array<std::byte, kPageSize>;
  using Content = std::shared_ptr<const Bytes>;  // a value: writing makes another one. Null: all zero
  static constexpr uint32_t kPrivate = ~uint32_t{0};

  struct Page {
    uint64_t number;
    Rights rights;
    uint32_t cell;    // MAP_SHARED: whose contents are in cells_[cell]; else kPrivate
    Content content;  // of a private page

    bool shared() const { return cell != kPrivate; }
  };
  struct Process {
    bool lives = false;
    std::vector<Page> pages;  // ascending
  };

  // `archive`: the pages that kMapArchive maps.
  Model(unsigned processes, const std::vector<Bytes>& archive);
  void create(unsigned process) { processes_[process].lives = true; }

  // What the operation answers if memory does not run out. kMapAnywhere: if some place was found.
  Errno expected(const Operation& op) const;
  // Makes it so. Requires: expected(op) is kOk. `found`: where kMapAnywhere was answered.
  void apply(const Operation& op, uint64_t found = 0);

  const Process& process(unsigned index) const { return processes_[index]; }
  unsigned processes() const { return static_cast<unsigned>(processes_.size()); }
  const Page* find(unsigned process, uint64_t number) const;
  const Bytes& bytes(const Page& page) const {
    const Content& content = page.shared() ? cells_[page.cell] : page.content;
    return content ? *content : kZeros;
  }
  size_t cells() const { return cells_.size(); }
  bool free(unsigned process, Pages pages) const;

 private:
  Errno shown(unsigned process, Pages pages) const;
  Errno granted(unsigned process, VirtAddr address, uint64_t length, Access access) const;
  void write(unsigned process, VirtAddr address, uint64_t length, uint8_t value);
  void replace(unsigned process, Pages pages, const std::vector<Page>& with);
  std::vector<Page> copy(unsigned process, Pages pages, uint64_t to) const;
  std::vector<Page> archive_pages(Pages pages, uint32_t from, Rights rights) const;
  std::vector<Page> fresh(Pages pages, Rights rights, bool shared);
  void move(const Operation& op);

  static constexpr Bytes kZeros{};
  std::vector<Process> processes_;
  std::vector<Content> cells_;
  std::vector<Content> archive_;
};

}  // namespace kine
