#include "model.hh"

#include <algorithm>

namespace kine {

namespace {

constexpr Rights rights_for(Access access) {
  return access == Access::kWrite ? Rights::rw() : access == Access::kFetch ? Rights::rx() : Rights::r();
}

}  // namespace

using Kind = Operation::Kind;

Model::Model(unsigned processes, const std::vector<Bytes>& archive) : processes_(processes) {
  for (const Bytes& page : archive) archive_.push_back(std::make_shared<const Bytes>(page));
}

const Model::Page* Model::find(unsigned process, uint64_t number) const {
  const auto& pages = processes_[process].pages;
  const auto at = std::lower_bound(pages.begin(), pages.end(), number, [](const Page& p, uint64_t n) { return p.number < n; });
  return at != pages.end() && at->number == number ? &*at : nullptr;
}

bool Model::free(unsigned process, Pages pages) const {
  const auto& all = processes_[process].pages;
  const auto at = std::lower_bound(all.begin(), all.end(), pages.first, [](const Page& p, uint64_t n) { return p.number < n; });
  return at == all.end() || at->number >= pages.end();
}

Errno Model::granted(unsigned process, VirtAddr address, uint64_t length, Access access) const {
  const uint64_t last = (address.value + length - 1) / kPageSize;
  for (uint64_t number = address.value / kPageSize; number <= last; ++number) {
    const Page* page = find(process, number);
    if (!page || !page->rights.contains(rights_for(access))) return Errno::kEFAULT;
  }
  return Errno::kOk;
}

// Whether another process may be shown these pages: what may be read, and does not change under its eyes.
Errno Model::shown(unsigned process, Pages pages) const {
  for (uint64_t number = pages.first; number < pages.end(); ++number) {
    const Page* page = find(process, number);
    if (!page || !page->rights.read()) return Errno::kEFAULT;
    if (page->shared()) return Errno::kEINVAL;
  }
  return Errno::kOk;
}

Errno Model::expected(const Operation& op) const {
  const auto all_mapped = [&](Pages pages) {
    for (uint64_t number = pages.first; number < pages.end(); ++number)
      if (!find(op.process, number)) return false;
    return true;
  };
  switch (op.kind) {
    case Kind::kProtect: return all_mapped(op.at) ? Errno::kOk : Errno::kENOMEM;
    case Kind::kMove: return all_mapped(op.from) ? Errno::kOk : Errno::kEFAULT;
    case Kind::kBorrow: return shown(op.other, op.from);
    case Kind::kStore: return granted(op.process, op.address, 1, Access::kWrite);
    case Kind::kLoad: return granted(op.process, op.address, 1, Access::kRead);
    case Kind::kFetch: return granted(op.process, op.address, 1, Access::kFetch);
    case Kind::kCopyOut: return granted(op.process, op.address, op.length, Access::kWrite);
    case Kind::kCopyIn: return granted(op.process, op.address, op.length, Access::kRead);
    default: return Errno::kOk;
  }
}

void Model::replace(unsigned process, Pages pages, const std::vector<Page>& with) {
  auto& all = processes_[process].pages;
  const auto before = [](const Page& p, uint64_t n) { return p.number < n; };
  const auto first = std::lower_bound(all.begin(), all.end(), pages.first, before);
  const auto last = std::lower_bound(first, all.end(), pages.end(), before);
  all.insert(all.erase(first, last), with.begin(), with.end());
}

std::vector<Model::Page> Model::fresh(Pages pages, Rights rights, bool shared) {
  std::vector<Page> made;
  for (uint64_t number = pages.first; number < pages.end(); ++number) {
    made.push_back({number, rights, shared ? static_cast<uint32_t>(cells_.size()) : kPrivate, nullptr});
    if (shared) cells_.push_back(nullptr);
  }
  return made;
}

std::vector<Model::Page> Model::archive_pages(Pages pages, uint32_t from, Rights rights) const {
  std::vector<Page> made;
  for (uint64_t i = 0; i < pages.count; ++i) made.push_back({pages.first + i, rights, kPrivate, archive_[from + i]});
  return made;
}

std::vector<Model::Page> Model::copy(unsigned process, Pages pages, uint64_t to) const {
  std::vector<Page> copies;
  for (const Page& page : processes_[process].pages) {
    if (page.number < pages.first || page.number >= pages.end()) continue;
    copies.push_back(page);
    copies.back().number = to + (page.number - pages.first);
  }
  return copies;
}

void Model::write(unsigned process, VirtAddr address, uint64_t length, uint8_t value) {
  for (Page& page : processes_[process].pages) {
    if (page.number < address.value / kPageSize || page.number * kPageSize >= address.value + length) continue;
    auto changed = std::make_shared<Bytes>(bytes(page));
    const uint64_t begin = std::max(page.number * kPageSize, address.value) - page.number * kPageSize;
    const uint64_t end = std::min((page.number + 1) * kPageSize, address.value + length) - page.number * kPageSize;
    std::fill(changed->begin() + begin, changed->begin() + end, std::byte{value});
    (page.shared() ? cells_[page.cell] : page.content) = std::move(changed);
  }
}

void Model::move(const Operation& op) {
  const uint64_t kept = std::min(op.from.count, op.at.count);
  const Page last = *find(op.process, op.from.end() - 1);
  std::vector<Page> moved = copy(op.process, {op.from.first, kept}, op.at.first);
  const std::vector<Page> more = fresh({op.at.first + kept, op.at.count - kept}, last.rights, last.shared());
  moved.insert(moved.end(), more.begin(), more.end());
  replace(op.process, op.from, {});
  replace(op.process, op.at, moved);
}

void Model::apply(const Operation& op, uint64_t found) {
  const Pages at = op.kind == Kind::kMapAnywhere ? Pages{found, op.at.count} : op.at;
  switch (op.kind) {
    case Kind::kMap:
    case Kind::kMapAnywhere: return replace(op.process, at, fresh(at, op.rights, false));
    case Kind::kMapShared: return replace(op.process, at, fresh(at, op.rights, true));
    case Kind::kMapArchive: return replace(op.process, at, archive_pages(at, op.value, op.rights));
    case Kind::kUnmap: return replace(op.process, at, {});
    case Kind::kProtect:
      for (Page& page : processes_[op.process].pages)
        if (page.number >= at.first && page.number < at.end()) page.rights = op.rights;
      return;
    case Kind::kForget:
      for (Page& page : processes_[op.process].pages)
        if (page.number >= at.first && page.number < at.end()) page.content = nullptr;
      return;
    case Kind::kMove: return move(op);
    case Kind::kShare: return replace(op.process, at, copy(op.other, op.from, at.first));
    case Kind::kBorrow: {
      std::vector<Page> pages = copy(op.other, op.from, at.first);
      for (Page& page : pages) page.rights = op.rights;
      return replace(op.process, at, pages);
    }
    case Kind::kStore: return write(op.process, op.address, 1, op.value);
    case Kind::kCopyOut: return write(op.process, op.address, op.length, op.value);
    case Kind::kFork: processes_[op.other] = processes_[op.process]; return;
    case Kind::kExec:
      processes_[op.process] = {true, fresh(at, op.rights, false)};
      replace(op.process, {at.end(), 1}, archive_pages({at.end(), 1}, 0, Rights::rx()));
      return write(op.process, at.range().begin, 1, op.value);
    case Kind::kExit: processes_[op.process] = {}; return;
    case Kind::kLoad:
    case Kind::kFetch:
    case Kind::kCopyIn:
    case Kind::kReap: return;
  }
}

}  // namespace kine
