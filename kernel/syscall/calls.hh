// What the handlers of the system calls are made of. A handler is a function whose parameters say what the words of its call mean; it runs
// once all of them are decoded. It decodes the rest, then commits. Results and errors are those of the Linux manual page of the same name,
// section 2, but for what is stated at the handler. Each file ends in the table of its calls.
#pragma once

#include "ipc/right.hh"

namespace kine::calls {

// Makes one table of all files' rows. Requires: no call has come yet.
void start();

using Handler = Answer (*)(Thread&);
extern Handler handlers[KINE_REFUSE + 1];  // by number

// The call's result, into the registers. ERESTARTSYS and ERESTARTNOHAND, whose numbers are above every error of Linux's: it was
// interrupted, and its number stays there; if no signal is deliverable (a server says so without reason), EIO.
void set_interrupted(Thread& thread, int64_t result);
inline void set_answer(Thread& thread, int64_t result) {
  if (result >= -511) [[likely]]
    return thread.context.set_result(result);
  set_interrupted(thread, result);
}

// Issues the system call that the thread's registers describe. Its answer is in the registers afterwards, if there is one.
inline void issue(Thread& thread) {
  const uint32_t number = static_cast<uint32_t>(thread.context.call_number());  // eax, as on Linux
  trace_enter(thread.process->pid, static_cast<int>(number));
  const Answer answer = number <= KINE_REFUSE ? handlers[number](thread) : Answer(Errno::kENOSYS);
  if (answer.has_value()) {
    set_answer(thread, answer.value());
  } else if (answer.is_waiting()) {
    thread.in_call = true;
  }
}

// --- what a handler may ask for ---

// An open descriptor: a C int, so the word's upper half means nothing. EBADF.
struct Fd {
  uint32_t number = 0;
  Object* object = nullptr;
  static Result<Fd> decode(Thread& caller, uint64_t word) {
    Result<Object*> object = caller.process->descriptors.get(static_cast<uint32_t>(word));
    return object ? Result<Fd>(Fd{static_cast<uint32_t>(word), *object}) : object.error();
  }
};

// The answer to a call that did this, or why it could not.
inline Answer when(Result<> done, Answer answer) { return done ? answer : Answer(done); }

// Where the program wants a result. EFAULT, ENOMEM.
template <class T>
struct Out {
  AddressSpace* space = nullptr;
  VirtAddr to{};
  static Result<Out> decode(Thread& caller, uint64_t word) { return Out{caller.process->space, {word}}; }
  Result<> write(const T& value) const { return write_user(*space, to, value); }
  // Address 0: it does not want it.
  Result<> offer(const T& value) const { return to.value ? write(value) : Result<>(); }
};

// The object of a kind behind a descriptor. EBADF, EINVAL.
template <class T>
[[gnu::always_inline]] inline Result<T*> object_behind(Thread& caller, uint64_t fd) {
  Result<Object*> object = caller.process->descriptors.get(static_cast<uint32_t>(fd));
  if (!object) return object.error();
  if ((*object)->kind() != T::kKind) return Errno::kEINVAL;
  return static_cast<T*>(*object);
}

// That the caller holds a right to look at the machine. EBADF, EINVAL, EPERM.
struct MayLook {
  static Result<MayLook> decode(Thread& caller, uint64_t fd) {
    Result<Right*> right = object_behind<Right>(caller, fd);
    if (!right) return right.error();
    return (*right)->covers(Right::Kind::kStatistics, 0, 0) ? Result<MayLook>(MayLook{}) : Errno::kEPERM;
  }
};

// --- decoding ---

// What a reference or a pointer leads to.
template <class T>
using Target = std::remove_const_t<std::remove_pointer_t<std::remove_reference_t<T>>>;

// A handler's first parameter is the caller: its thread, process or address space.
template <class T>
T caller_as(Thread& caller) {
  if constexpr (std::is_same_v<Target<T>, Thread>) {
    return caller;
  } else if constexpr (std::is_same_v<Target<T>, Process>) {
    return *caller.process;
  } else {
    return *caller.process->space;
  }
}

// Each other one is made of the next word; why it cannot be made is the call's answer:
//
//   Port& …     the object behind a descriptor. EBADF, EINVAL
//   Process&    the process with this pid; 0: the caller's. ESRCH
//   Thread&     the waiting sender of a call that the caller received, by its token. ESRCH
//   const T&    the structure at this address. EFAULT, ENOMEM
//   const T*    likewise; null for address 0
//   the structures above as they say, and anything else is the word itself
template <class T>
auto decode(Thread& caller, uint64_t word) {
  if constexpr (std::is_same_v<T, Process&>) {
    Process* const found = static_cast<int>(word) == 0 ? caller.process : processes.find(static_cast<int>(word));
    return found ? Result<Process*>(found) : Errno::kESRCH;
  } else if constexpr (std::is_same_v<T, Thread&>) {
    return sender_of(word, *caller.process);
  } else if constexpr (std::is_base_of_v<Object, Target<T>>) {
    return object_behind<Target<T>>(caller, word);
  } else if constexpr (std::is_reference_v<T> || std::is_pointer_v<T>) {
    if (std::is_pointer_v<T> && word == 0) return Result<Target<T>>(Target<T>{});
    return read_user<Target<T>>(*caller.process->space, {word});
  } else if constexpr (requires { T::decode(caller, word); }) {
    return T::decode(caller, word);
  } else if constexpr (std::is_class_v<T>) {
    return Result<T>(T{word});
  } else {
    return Result<T>(static_cast<T>(word));
  }
}
template <class T>
T as_parameter(auto& decoded, uint64_t word) {
  if constexpr (std::is_pointer_v<T>) {
    return word ? &*decoded : nullptr;
  } else if constexpr (requires { T(**decoded); } && std::is_reference_v<T>) {
    return **decoded;
  } else {
    return *decoded;
  }
}

template <auto function, class Caller, class... Words, size_t... index>
Answer call_with_words(Answer (*)(Caller, Words...), std::index_sequence<index...>, Thread& caller) {
  return [&](auto... words) -> Answer {
    Errno error = Errno::kOk;
    ((error = error == Errno::kOk ? words.error() : error), ...);
    if (error != Errno::kOk) return error;
    return function(caller_as<Caller>(caller), as_parameter<Words>(words, caller.context.argument(index))...);
  }(decode<Words>(caller, caller.context.argument(index))...);
}
template <class Caller, class... Words>
constexpr auto indices_of(Answer (*)(Caller, Words...)) {
  return std::index_sequence_for<Words...>();
}
// The handler for a function: decodes as many words as it has parameters behind the caller.
template <auto function>
Answer handle(Thread& caller) {
  return call_with_words<function>(function, indices_of(function), caller);
}

// A file's calls, by Linux's numbers (arch/x86/entry/syscalls/syscall_64.tbl). All files' rows lie in one section of the image, "calls".
struct Row {
  unsigned number;
  Handler handler;
};

// --- what several files need ---

// Linux's struct timespec and struct timeval: seconds, and so many of the units that a second has.
template <uint64_t units>
struct SecondsAnd {
  static constexpr uint64_t kNanoseconds = 1'000'000'000;
  static constexpr uint64_t kForever = uint64_t{1} << 62;  // longer than any machine runs
  int64_t seconds, fraction;

  static SecondsAnd of(uint64_t nanoseconds) {
    return {static_cast<int64_t>(nanoseconds / kNanoseconds), static_cast<int64_t>(nanoseconds % kNanoseconds / (kNanoseconds / units))};
  }
  // EINVAL: negative, or a fraction of a second or more.
  Result<uint64_t> nanoseconds() const {
    if (seconds < 0 || fraction < 0 || static_cast<uint64_t>(fraction) >= units) return Errno::kEINVAL;
    if (static_cast<uint64_t>(seconds) >= kForever / kNanoseconds) return kForever;
    return static_cast<uint64_t>(seconds) * kNanoseconds + static_cast<uint64_t>(fraction) * (kNanoseconds / units);
  }
};
using Timespec = SecondsAnd<1'000'000'000>;
using Timeval = SecondsAnd<1'000'000>;

// A call that waits for signals too: meanwhile the caller blocks those in `mask` (null: as before). An interrupted call keeps the mask
// until its handler runs. EINVAL.
template <class Call>
Answer with_mask(Thread& caller, const uint64_t* mask, uint64_t mask_bytes, Call call) {
  Signals& signals = caller.process->signals;
  if (mask && mask_bytes != sizeof *mask) return Errno::kEINVAL;
  if (mask) signals.suspend(*mask);
  const Answer answer = call();
  if (answer.has_value() && answer.value() != Answer(Errno::kERESTARTNOHAND).value()) signals.end_suspend();
  return answer;
}

// The pages that [begin, begin + bytes) touches. EINVAL: begin is not a page's; ENOMEM: it leaves user space.
inline Result<PageRange> pages_of(VirtAddr begin, uint64_t bytes) {
  if (offset_in_page(begin) != 0) return Errno::kEINVAL;
  if (bytes > kUserEnd.value || begin > kUserEnd - round_up(bytes, kPageSize)) return Errno::kENOMEM;
  return PageRange{begin, begin + round_up(bytes, kPageSize)};
}

// memory.cc. The mapping that mmap's words ask for, of a view that a server shows.
Answer map_view(Process& process, const uint64_t (&words)[6], const View& view);

}  // namespace kine::calls
