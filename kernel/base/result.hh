// Result<T>: a value or an error number of Linux's. Dropping one is a compile error, so no failure is overlooked.
#pragma once

#include <utility>

#include "base/check.hh"
#include "base/types.hh"

namespace kine {

// Linux's numbers (include/uapi/asm-generic/errno-base.h, errno.h); those that the kernel can answer.
enum class Errno : int {
  kOk = 0,
  kEPERM = 1,
  kENOENT = 2,
  kESRCH = 3,
  kEINTR = 4,
  kEIO = 5,
  kE2BIG = 7,
  kENOEXEC = 8,
  kEBADF = 9,
  kECHILD = 10,
  kEAGAIN = 11,
  kENOMEM = 12,
  kEACCES = 13,
  kEFAULT = 14,
  kEBUSY = 16,
  kEEXIST = 17,
  kEXDEV = 18,
  kENODEV = 19,
  kEINVAL = 22,
  kEMFILE = 24,
  kENOSPC = 28,
  kEDEADLK = 35,
  kENAMETOOLONG = 36,
  kENOSYS = 38,
  kELOOP = 40,
  // A signal came before anything was done. Programs never see these: the call is issued again or answers EINTR (task/signal.hh).
  kERESTARTSYS = 512,     // again, also behind a handler with SA_RESTART
  kERESTARTNOHAND = 514,  // again, unless a handler runs
};

// What a Result<> is besides an error.
struct Nothing {};

template <class T = Nothing>
class [[nodiscard]] Result {
 public:
  constexpr Result() requires std::is_same_v<T, Nothing>
  = default;
  constexpr Result(T value) : value_(std::move(value)) {}
  constexpr Result(Errno error) : error_(error) {}
  constexpr explicit operator bool() const { return error_ == Errno::kOk; }
  constexpr Errno error() const { return error_; }
  constexpr T& operator*() {
    check(error_ == Errno::kOk, "the value of a failed Result was used");
    return value_;
  }
  constexpr T* operator->() { return &**this; }

 private:
  [[no_unique_address]] T value_{};
  Errno error_ = Errno::kOk;
};

}  // namespace kine
