// What a descriptor leads to, and a process's table of descriptors. Descriptors are small numbers that only the table gives meaning to;
// duplicating, closing and inheriting them concerns the table alone.
#pragma once

#include "mm/user_copy.hh"

namespace kine {

struct Thread;

// How a system call ends: with a value or an error number for the program, or not yet, or never.
class Answer {
 public:
  constexpr Answer(int64_t value) : value_(value) {}
  constexpr Answer(Errno error) : value_(-static_cast<int64_t>(error)) {}
  constexpr Answer(Result<> done) : Answer(done.error()) {}
  // The thread waits (the scheduler knows for what); when it runs again, the call is issued once more with the same arguments.
  static constexpr Answer waits() { return Answer(0, Kind::kWaits); }
  // There is nobody to answer: the thread has ended, or starts anew with other registers.
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

// A thing that can be read and written. Objects outlive every descriptor that leads to them.
class Object {
 public:
  virtual Answer read(Thread& caller, VirtAddr buffer, uint64_t size) = 0;
  virtual Answer write(Thread& caller, VirtAddr buffer, uint64_t size) = 0;
  virtual Answer ioctl(Thread& caller, uint64_t request, VirtAddr argument) = 0;

 protected:
  ~Object() = default;
};

class Descriptors {
 public:
  static constexpr uint32_t kLimit = 256;  // RLIMIT_NOFILE: descriptors are 0 … kLimit - 1

  Descriptors() = default;
  Descriptors(const Descriptors& other) { *this = other; }
  // Only the part in use is copied, so that a fork costs what is open.
  Descriptors& operator=(const Descriptors& other) {
    end_ = other.end_;
    for (int i = 0; i < end_; ++i) objects_[i] = other.objects_[i];
    return *this;
  }

  // The object behind a descriptor; EBADF.
  Result<Object*> get(uint32_t fd) const {
    if (fd >= static_cast<uint32_t>(end_) || !objects_[fd]) return Errno::kEBADF;
    return objects_[fd];
  }
  // The lowest free descriptor leads to `object`. EMFILE.
  Result<int> add(Object& object) {
    int fd = 0;
    while (fd < end_ && objects_[fd]) ++fd;
    if (fd == static_cast<int>(kLimit)) return Errno::kEMFILE;
    put(fd, &object);
    return fd;
  }
  // Requires: 0 <= fd < kLimit. Null closes.
  void put(int fd, Object* object) {
    for (; end_ <= fd; ++end_) objects_[end_] = nullptr;
    objects_[fd] = object;
  }

 private:
  int end_ = 0;  // descriptors below it have a slot that was written; beyond it nothing is open
  Object* objects_[kLimit];
};

}  // namespace kine
