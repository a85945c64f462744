// A structure in a frame of its own that fork shares: copies of it lead to the same frame, until the first that changes it has made its own.
#pragma once

#include <utility>

#include "mm/user_copy.hh"

namespace kine {

template <class T>
class ForkShared {
 public:
  ForkShared() = default;
  ForkShared(const ForkShared& other) : frame_(other.frame_) {
    if (frame_) frames.add_reference(frame_);
  }
  ForkShared& operator=(ForkShared other) {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~ForkShared() {
    if (frame_) frames.unlink(frame_);
  }

  explicit operator bool() const { return bool(frame_); }
  T& operator*() const { return *reinterpret_cast<T*>(Machine::bytes(frame_)); }
  T* operator->() const { return &**this; }
  Frame frame() const { return frame_; }
  bool shared() const { return frame_ && frames.record(frame_).count > 1; }

  // Makes it this owner's own, so that it can change; an empty one gets a frame of zeros. ENOMEM: it is as it was.
  [[nodiscard]] Result<> own(Claim claim) {
    static_assert(kPageSize < 4096 || sizeof(T) <= kPageSize);
    if (frame_ && !shared()) return {};
    Result<Frame> made = frame_ ? frames.take(FrameKind::kObject, claim) : frames.take_zeroed(FrameKind::kObject, claim);
    if (!made) return made.error();
    if (frame_) {
      Machine::copy_page(*made, frame_);
      frames.unlink(frame_);
    }
    frame_ = *made;
    return {};
  }

 private:
  Frame frame_;
};

}  // namespace kine
