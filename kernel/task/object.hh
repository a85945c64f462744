// What a descriptor leads to. The kernel knows few kinds of objects: a port's receiving end, a connection to a port, and rights to
// hardware. All else is behind a connection, in a server.
//
// An object is counted by the slots and the kernel owners that lead to it, and goes with the last one.
#pragma once

#include <bit>

#include "task/fork_shared.hh"

namespace kine {

struct Thread;

// How a system call ends: with a value or an error number for the program, or not yet, or never.
class Answer {
 public:
  constexpr Answer(int64_t value = 0) : value_(value) {}
  constexpr Answer(Errno error) : value_(-static_cast<int64_t>(error)) {}
  constexpr Answer(VirtAddr address) : value_(static_cast<int64_t>(address.value)) {}
  constexpr Answer(Result<> done) : Answer(done.error()) {}
  template <class T>
  constexpr Answer(Result<T> result) : Answer(result ? Answer(*result) : Answer(result.error())) {}
  // The thread waits (the scheduler knows for what); when it runs again, the call is issued once more with the same arguments.
  static constexpr Answer waits() { return Answer(0, Kind::kWaits); }
  // There is nobody to answer: the thread has ended, starts anew with other registers, or somebody else will write its result.
  static constexpr Answer none() { return Answer(0, Kind::kNone); }

  constexpr bool has_value() const { return kind_ == Kind::kValue; }
  constexpr bool is_waiting() const { return kind_ == Kind::kWaits; }
  constexpr int64_t value() const { return value_; }

 private:
  enum class Kind : uint8_t { kValue, kWaits, kNone };
  constexpr Answer(int64_t value, Kind kind) : value_(value), kind_(kind) {}
  int64_t value_;
  Kind kind_ = Kind::kValue;
};

class Object {
 public:
  enum class Kind : uint8_t { kPort, kConnection, kRight };

  Kind kind() const { return kind_; }
  void hold() { ++references_; }
  void drop() {
    if (--references_ == 0) last_dropped();
  }

  // A thread that waits at this object (Thread::waits_at) has a signal that it does not block; `killed`: it will never run user code again.
  virtual void interrupt(Thread& /* waiting */, bool /* killed */) {}
  // The server that received this thread's call has ended.
  virtual void abandon(Thread& /* waiting */) {}

 protected:
  explicit Object(Kind kind) : kind_(kind) {}
  ~Object() = default;
  // Nobody leads here any more.
  virtual void last_dropped() = 0;

 private:
  uint32_t references_ = 1;
  Kind kind_;
};

// Owns one reference to an object, until a descriptor's slot does.
template <class T>
class ObjectRef {
 public:
  ObjectRef() = default;
  // Takes over the reference that `object` was made with, or that somebody released.
  static ObjectRef adopt(T* object) { return ObjectRef(object); }
  static ObjectRef hold(T& object) {
    object.hold();
    return ObjectRef(&object);
  }
  ObjectRef(const ObjectRef& other) : object_(other.object_) {
    if (object_) object_->hold();
  }
  ObjectRef(ObjectRef&& other) noexcept : object_(other.release()) {}
  ObjectRef& operator=(ObjectRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~ObjectRef() {
    if (object_) object_->drop();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  [[nodiscard]] T* release() { return std::exchange(object_, nullptr); }

 private:
  explicit ObjectRef(T* object) : object_(object) {}
  T* object_ = nullptr;
};

// A set of small numbers, a bit each: visiting its members costs little when they are few.
template <int kSize>
class BitSet {
 public:
  bool has(int number) const { return words_[number / 64] >> number % 64 & 1; }
  void set(int number, bool member) {
    const uint64_t bit = uint64_t{1} << number % 64;
    words_[number / 64] = member ? words_[number / 64] | bit : words_[number / 64] & ~bit;
  }
  // In order; `visit` may change the membership of what it is given.
  void for_each(auto visit) const {
    for (int first = 0; first < kSize; first += 64)
      for (uint64_t rest = words_[first / 64]; rest != 0; rest &= rest - 1) visit(first + std::countr_zero(rest));
  }

 private:
  uint64_t words_[(kSize + 63) / 64];
};

// A process's table of descriptors, which fork's child copies. Duplicating, closing and inheriting descriptors concern the table alone.
class Descriptors {
 public:
  static constexpr int kLimit = 256;  // RLIMIT_NOFILE: descriptors are 0 … kLimit - 1

  // Lets go of the table; whose last owner closes everything in it.
  void clear();
  Frame frame() const { return table_.frame(); }

  // The object behind a descriptor; EBADF.
  Result<Object*> get(uint32_t fd) const {
    if (fd >= static_cast<uint32_t>(kLimit) || !table_->objects[fd]) return Errno::kEBADF;
    return table_->objects[fd].get();
  }
  // The lowest free descriptor from `from` on, 0 <= from <= kLimit; kLimit if there is none.
  int lowest_free(int from) const;
  bool close_on_exec(int fd) const { return table_->close_on_exec.has(fd); }

  // Makes the table this process's own, so that it can change; at first, an empty one. ENOMEM.
  [[nodiscard]] Result<> own(Claim claim);

  // All below require own().
  // The descriptor leads to `object` from here on; what it led to is closed. An empty one closes.
  void put(int fd, ObjectRef<Object> object, bool close_on_exec);
  void set_close_on_exec(int fd, bool value) { table_->close_on_exec.set(fd, value); }
  // Closes those that are close-on-exec.
  void exec();

 private:
  struct Table {
    ObjectRef<Object> objects[kLimit];
    BitSet<kLimit> open;  // those with an object
    BitSet<kLimit> close_on_exec;
  };
  ForkShared<Table> table_;
};

}  // namespace kine
