#include "task/object.hh"

namespace kine {

void Descriptors::clear() {
  if (table_ && !table_.shared())
    table_->open.for_each([&](int fd) { table_->objects[fd] = {}; });
  table_ = {};
}

int Descriptors::lowest_free(int from) const {
  while (from < kLimit && table_->objects[from]) ++from;
  return from;
}

Result<> Descriptors::own(Claim claim) {
  const bool copies = table_.shared();
  Result<> owned = table_.own(claim);
  if (!owned || !copies) return owned;
  table_->open.for_each([&](int fd) { table_->objects[fd]->hold(); });
  return {};
}

void Descriptors::put(int fd, ObjectRef<Object> object, bool close_on_exec) {
  table_->open.set(fd, bool(object));
  table_->close_on_exec.set(fd, object && close_on_exec);
  table_->objects[fd] = std::move(object);
}

void Descriptors::exec() {
  table_->close_on_exec.for_each([&](int fd) { put(fd, {}, false); });
}

}  // namespace kine
