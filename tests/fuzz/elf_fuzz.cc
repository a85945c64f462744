// The ELF loader's checks. Input: how long the file says to be (4 bytes), then its first bytes.
#include <cstring>

#include "fuzz.hh"
#include "unit/sound.hh"

namespace kine {
namespace {

constexpr PageRange kArea{{0x10000}, {0x7fff'0000'0000}};
constexpr VirtAddr kBase{0x5555'5555'4000};

// As exec reads it (kernel/task/exec.cc); the sanitizer sees a read behind what there is.
Errno load(Input file, uint64_t bytes, Image& image) {
  ElfHeaders headers{};
  if (file.size() < sizeof headers.header) return Errno::kENOEXEC;
  std::memcpy(&headers.header, file.data(), sizeof headers.header);
  Result<> sound = check_header(headers.header, bytes);
  if (!sound) return sound.error();
  const uint64_t at = headers.header.phoff, count = headers.header.table_bytes();
  if (count > sizeof headers.program_headers || at > bytes || count > bytes - at) fail("the program headers are not in the file");
  for (uint64_t i = 0; i < count; ++i)
    reinterpret_cast<uint8_t*>(headers.program_headers)[i] = at + i < file.size() ? file[at + i] : uint8_t{0};
  return image_of(headers, bytes, kArea, kBase, image).error();
}

}  // namespace

void fuzz(Input input) {
  uint32_t bytes;
  if (input.size() < sizeof bytes) return;
  std::memcpy(&bytes, input.data(), sizeof bytes);
  const Input file = {input.data() + sizeof bytes, input.size() - sizeof bytes};
  Image image;
  if (load(file, std::max<uint64_t>(bytes, file.size()), image) != Errno::kOk) return;
  require_nothing(unsound(image, std::max<uint64_t>(bytes, file.size()), kArea));
}

}  // namespace kine
