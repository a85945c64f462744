// The reader of the boot archive. Input: the length of a path (1 byte), the path, then the archive. So that small inputs say much, a byte
// 0xff in the archive stands for zeros up to the next page boundary, the first few times.
#include <vector>

#include "fuzz.hh"
#include "unit/sound.hh"

namespace kine {

void fuzz(Input input) {
  if (input.size() < 1 || input.size() - 1 < input[0]) return;
  const std::string path(reinterpret_cast<const char*>(input.data() + 1), input[0]);
  std::vector<std::byte> archive;
  unsigned boundaries = 16;
  for (size_t at = 1 + path.size(); at < input.size(); ++at) {
    archive.push_back(std::byte{input[at]});
    if (input[at] != 0xff || boundaries == 0) continue;
    archive.back() = std::byte{0};
    archive.resize(round_up(archive.size(), kPageSize));
    --boundaries;
  }
  archive.shrink_to_fit();
  const Span<const std::byte> bytes = {archive.data(), archive.size()};
  Result<ArchiveFile> file = find_in_archive(bytes, path.data(), path.size());
  if (file) require_nothing(unsound(*file, bytes));
}

}  // namespace kine
