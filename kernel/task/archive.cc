#include "task/archive.hh"

namespace kine {

namespace {

// The header of an entry in cpio's "new ASCII" format: a magic number, then 13 numbers of 8 hexadecimal digits (cpio(5)).
constexpr uint64_t kHeaderBytes = 6 + 13 * 8;
constexpr unsigned kMode = 1, kFileSize = 6, kNameSize = 11;
constexpr char kMagic[] = {'0', '7', '0', '7', '0', '1'};
constexpr char kTrailer[] = "TRAILER!!!";
constexpr uint64_t kTypeMask = 0170000, kRegular = 0100000, kExecutable = 0111;

Result<uint64_t> field(const char* header, unsigned index) {
  uint64_t value = 0;
  for (const char* digit = header + 6 + index * 8; digit != header + 6 + index * 8 + 8; ++digit) {
    const char c = *digit;
    const int digit_value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
    if (digit_value < 0) return Errno::kEINVAL;
    value = value << 4 | static_cast<uint64_t>(digit_value);
  }
  return value;
}

bool all_zero(const std::byte* bytes, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i)
    if (bytes[i] != std::byte{0}) return false;
  return true;
}

}  // namespace

Result<ArchiveFile> find_in_archive(Span<const std::byte> archive, const char* path, uint64_t path_length) {
  const std::byte* const start = archive.data();
  const uint64_t bytes = archive.size();
  if (path_length == 0 || path[0] != '/') return Errno::kENOENT;
  uint64_t at = 0;
  for (;;) {
    while (at + 4 <= bytes && all_zero(start + at, 4)) at += 4;
    if (at + kHeaderBytes > bytes) return Errno::kEINVAL;
    const char* const header = reinterpret_cast<const char*>(start + at);
    Result<uint64_t> mode = field(header, kMode), size = field(header, kFileSize), name_size = field(header, kNameSize);
    if (__builtin_memcmp(header, kMagic, sizeof kMagic) != 0 || !mode || !size || !name_size) return Errno::kEINVAL;
    const uint64_t data = round_up(at + kHeaderBytes + *name_size, 4);
    if (data > bytes || *size > bytes - data || *name_size == 0) return Errno::kEINVAL;
    const char* const name = header + kHeaderBytes;
    const auto named = [&](const char* wanted, uint64_t length) {
      return length < *name_size && __builtin_memcmp(name, wanted, length) == 0 && name[length] == 0;
    };
    if (named(kTrailer, sizeof kTrailer - 1)) return Errno::kENOENT;
    if ((*mode & kTypeMask) == kRegular && named(path + 1, path_length - 1)) {
      const uint64_t end = data + *size;
      const uint64_t padded = round_up(end, kPageSize) < bytes ? round_up(end, kPageSize) : bytes;
      if (data % kPageSize != 0 || !all_zero(start + end, padded - end)) return Errno::kEINVAL;
      return *mode & kExecutable ? Result<ArchiveFile>(ArchiveFile{data, *size}) : Errno::kEACCES;
    }
    at = round_up(data + *size, 4);
  }
}

}  // namespace kine
