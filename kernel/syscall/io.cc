// Descriptors: the calls on the table are answered here; reading and writing by the object behind the descriptor.
#include "syscall/calls.hh"
#include "task/scheduler.hh"

namespace kine::calls {

namespace {

constexpr uint64_t kMaxTransfer = 0x7ffff000;  // as Linux limits one call: read(2), write(2)
constexpr int kMaxVector = 1024;               // IOV_MAX
constexpr uint64_t kPieceBytes = 4096;         // written with interrupts off

struct IoVector {
  uint64_t base, length;
};

// Whether the buffer lies in user space at all (Linux's access_ok); what is mapped there shows when it is used.
bool in_user_space(VirtAddr buffer, uint64_t size) { return size <= kUserEnd.value && buffer <= kUserEnd - size; }

uint64_t at_most(uint64_t size, uint64_t limit) { return size < limit ? size : limit; }

Result<Object*> object_of(Thread& caller, Fd fd) { return caller.process->descriptors.get(fd.number); }

// The end of a write that may have come in pieces: how much was written, or, if that is nothing, `otherwise`.
Answer finish(Thread& caller, Answer otherwise) {
  const int64_t written = static_cast<int64_t>(std::exchange(caller.progress, 0));
  return written > 0 ? Answer(written) : otherwise;
}

// Writes what the parts hold, some of it at a time: between two pieces other threads run and interrupts come, and then the call is issued
// again and goes on where it was. An error behind the first byte gives a short count.
template <class PartAt>
Answer write_parts(Thread& caller, Object& object, int count, PartAt part_at) {
  uint64_t begin = 0;  // of the part, counted from the first byte of all
  uint64_t budget = kPieceBytes;
  for (int i = 0; i < count; ++i) {
    Result<IoVector> part = part_at(i);
    if (!part) return finish(caller, part.error());
    while (caller.progress < begin + part->length) {
      const uint64_t done = caller.progress - begin;
      const Answer answer = object.write(caller, {part->base + done}, at_most(part->length - done, budget));
      if (answer.value() < 0) return finish(caller, answer);
      caller.progress += static_cast<uint64_t>(answer.value());
      budget -= static_cast<uint64_t>(answer.value());
      if (budget > 0 && answer.value() > 0) continue;
      scheduler.requeue();
      return Answer::waits();
    }
    begin += part->length;
  }
  return finish(caller, 0);
}

}  // namespace

Answer read(Thread& caller, Fd fd, VirtAddr buffer, uint64_t size) {
  Result<Object*> object = object_of(caller, fd);
  if (!object) return object.error();
  if (!in_user_space(buffer, size)) return Errno::kEFAULT;
  return (*object)->read(caller, buffer, at_most(size, kMaxTransfer));
}

Answer write(Thread& caller, Fd fd, VirtAddr buffer, uint64_t size) {
  Result<Object*> object = object_of(caller, fd);
  if (!object) return object.error();
  if (!in_user_space(buffer, size)) return Errno::kEFAULT;
  return write_parts(caller, **object, 1, [&](int) { return Result<IoVector>({buffer.value, at_most(size, kMaxTransfer)}); });
}

Answer writev(Thread& caller, Fd fd, VirtAddr vector, int count) {
  Result<Object*> object = object_of(caller, fd);
  if (!object) return object.error();
  if (count < 0 || count > kMaxVector) return Errno::kEINVAL;
  const auto part = [&](int i) {
    return read_user<IoVector>(*caller.process->space, vector + static_cast<uint64_t>(i) * sizeof(IoVector));
  };
  // All parts are checked before the first is written. (And before each further piece: another process may share the vector and change it.)
  uint64_t total = 0;
  for (int i = 0; i < count; ++i) {
    Result<IoVector> next = part(i);
    if (!next) return finish(caller, next.error());
    if (next->length > static_cast<uint64_t>(INT64_MAX) - total) return finish(caller, Errno::kEINVAL);
    if (!in_user_space({next->base}, next->length)) return finish(caller, Errno::kEFAULT);
    total += next->length;
  }
  return write_parts(caller, **object, count, part);
}

Answer close(Thread& caller, Fd fd) {
  Result<Object*> object = object_of(caller, fd);
  if (!object) return object.error();
  caller.process->descriptors.put(static_cast<int>(fd.number), nullptr);
  return 0;
}

Answer dup(Thread& caller, Fd fd) {
  Result<Object*> object = object_of(caller, fd);
  if (!object) return object.error();
  Result<int> copy = caller.process->descriptors.add(**object);
  if (!copy) return copy.error();
  return *copy;
}

Answer dup2(Thread& caller, Fd from, Fd to) {
  Result<Object*> object = object_of(caller, from);
  if (!object) return object.error();
  if (to.number >= Descriptors::kLimit) return Errno::kEBADF;
  caller.process->descriptors.put(static_cast<int>(to.number), *object);
  return to.number;
}

Answer ioctl(Thread& caller, Fd fd, uint64_t request, VirtAddr argument) {
  Result<Object*> object = object_of(caller, fd);
  if (!object) return object.error();
  return (*object)->ioctl(caller, request, argument);
}

}  // namespace kine::calls
