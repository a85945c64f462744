#include "task/object.hh"

namespace kine {

void Descriptors::clear() {
  if (table_ && !table_.shared())
    for (ObjectRef<Object>& object : table_->objects) object = {};
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
  for (const ObjectRef<Object>& object : table_->objects)
    if (object) object->hold();
  return {};
}

void Descriptors::put(int fd, ObjectRef<Object> object, bool close_on_exec) {
  table_->close_on_exec[fd] = object && close_on_exec;
  table_->objects[fd] = std::move(object);
}

void Descriptors::exec() {
  for (int fd = 0; fd < kLimit; ++fd)
    if (close_on_exec(fd)) put(fd, {}, false);
}

}  // namespace kine
