// One operation on the address spaces of a few processes, as data: the random, the exhaustive and the failure tests play the same ones, on
// the kernel and on the model, and can print them.
#pragma once

#include <string>

#include "mm/address_space.hh"

namespace kine {

// A range in pages.
struct Pages {
  uint64_t first = 0;
  uint64_t count = 0;

  PageRange range() const { return {{first * kPageSize}, {(first + count) * kPageSize}}; }
  uint64_t end() const { return first + count; }
};

inline constexpr uint64_t kUserPages = kUserEnd.value / kPageSize;

struct Operation {
  enum class Kind : uint8_t {
    kMap,          // `at`, `rights`
    kMapShared,    // `at`, `rights`
    kMapArchive,   // `at` becomes archive pages from number `value` on, `rights`
    kMapAnywhere,  // find_free at.count pages in `from`, then map, `rights`
    kUnmap,        // `at`
    kProtect,      // `at`, `rights`
    kForget,       // `at`
    kMove,         // `from` to `at`, which may be longer or shorter
    kShare,        // process `other`'s `from` at `at`
    kBorrow,       // process `other`'s `from` at `at`, with `rights`, as another process is shown memory
    kStore,        // the program writes `value` at `address`
    kLoad,         // the program reads the byte at `address`
    kFetch,        // the program runs the byte at `address`
    kCopyOut,      // the kernel writes `length` bytes `value` at `address`
    kCopyIn,       // the kernel reads `length` bytes at `address`
    kFork,         // process `other`, which does not live, becomes the child, by `strategy`
    kExec,         // a new address space: `at` with `rights` and one byte written, an archive page behind it
    kExit,
    kReap,  // the kernel frees `length` condemned frames
  };

  Kind kind;
  unsigned process = 0;
  unsigned other = 0;
  Pages at{};
  Pages from{};
  Rights rights{};
  uint8_t value = 0;
  VirtAddr address{};
  uint64_t length = 0;
  ForkStrategy strategy = ForkStrategy::kTree;
  bool running = true;  // the process is the one that the processor runs (always so for kStore, kLoad, kFetch)
};

// Whether a refusal (ENOMEM) leaves every bit as it was. A fault may have copied a part of its path, which changes no meaning; exec has
// used and given back frames.
inline bool all_or_nothing(const Operation& op) {
  using Kind = Operation::Kind;
  return op.kind != Kind::kStore && op.kind != Kind::kLoad && op.kind != Kind::kFetch && op.kind != Kind::kCopyOut &&
         op.kind != Kind::kCopyIn && op.kind != Kind::kExec;
}

// Short forms, for tests that are written by hand.
inline Operation map(unsigned process, Pages at, Rights rights = Rights::rw()) {
  return {.kind = Operation::Kind::kMap, .process = process, .at = at, .rights = rights};
}
inline Operation map_shared(unsigned process, Pages at, Rights rights = Rights::rw()) {
  return {.kind = Operation::Kind::kMapShared, .process = process, .at = at, .rights = rights};
}
inline Operation map_archive(unsigned process, Pages at, Rights rights, uint8_t from = 0) {
  return {.kind = Operation::Kind::kMapArchive, .process = process, .at = at, .rights = rights, .value = from};
}
inline Operation unmap(unsigned process, Pages at) { return {.kind = Operation::Kind::kUnmap, .process = process, .at = at}; }
inline Operation protect(unsigned process, Pages at, Rights rights) {
  return {.kind = Operation::Kind::kProtect, .process = process, .at = at, .rights = rights};
}
inline Operation forget(unsigned process, Pages at) { return {.kind = Operation::Kind::kForget, .process = process, .at = at}; }
inline Operation move(unsigned process, Pages from, Pages at) {
  return {.kind = Operation::Kind::kMove, .process = process, .at = at, .from = from};
}
inline Operation share(unsigned process, unsigned source, Pages from, uint64_t at) {
  return {.kind = Operation::Kind::kShare, .process = process, .other = source, .at = {at, from.count}, .from = from};
}
inline Operation borrow(unsigned process, unsigned source, Pages from, uint64_t at, Rights rights) {
  return {.kind = Operation::Kind::kBorrow, .process = process, .other = source, .at = {at, from.count}, .from = from, .rights = rights};
}
inline Operation store(unsigned process, uint64_t page, uint8_t value) {
  return {.kind = Operation::Kind::kStore, .process = process, .value = value, .address = {page * kPageSize + value % kPageSize}};
}
inline Operation load(unsigned process, uint64_t page) {
  return {.kind = Operation::Kind::kLoad, .process = process, .address = {page * kPageSize}};
}
inline Operation fetch(unsigned process, uint64_t page) {
  return {.kind = Operation::Kind::kFetch, .process = process, .address = {page * kPageSize}};
}
inline Operation copy_out(unsigned process, VirtAddr address, uint64_t length, uint8_t value) {
  return {.kind = Operation::Kind::kCopyOut, .process = process, .value = value, .address = address, .length = length};
}
inline Operation copy_in(unsigned process, VirtAddr address, uint64_t length) {
  return {.kind = Operation::Kind::kCopyIn, .process = process, .address = address, .length = length};
}
inline Operation fork(unsigned parent, unsigned child, ForkStrategy strategy = ForkStrategy::kTree) {
  return {.kind = Operation::Kind::kFork, .process = parent, .other = child, .strategy = strategy};
}
inline Operation exec(unsigned process, Pages at, uint8_t value) {
  return {.kind = Operation::Kind::kExec, .process = process, .at = at, .rights = Rights::rw(), .value = value};
}
inline Operation exit(unsigned process) { return {.kind = Operation::Kind::kExit, .process = process}; }

inline std::string describe(const Operation& op) {
  static constexpr const char* kNames[] = {"map",     "map_shared", "map_archive", "map_anywhere", "unmap", "protect", "forget",
                                           "move",    "share",      "borrow",      "store",        "load",  "fetch",   "copy_out",
                                           "copy_in", "fork",       "exec",        "exit",         "reap"};
  const auto number = [](uint64_t n) { return std::to_string(n); };
  const auto pages = [&](Pages p) { return "[" + number(p.first) + "," + number(p.end()) + ")"; };
  const auto rights = std::string(op.rights.read() ? "r" : "-") + (op.rights.write() ? "w" : "-") + (op.rights.exec() ? "x" : "-");
  return std::string(kNames[static_cast<unsigned>(op.kind)]) + " process " + number(op.process) + " other " + number(op.other) + " at " +
         pages(op.at) + " from " + pages(op.from) + " " + rights + " value " + number(op.value) + " address " +
         number(op.address.value / kPageSize) + "+" + number(offset_in_page(op.address)) + " length " + number(op.length) + " strategy " +
         number(static_cast<unsigned>(op.strategy)) + (op.running ? "" : " (not running)");
}

}  // namespace kine
