// The boot archive: a cpio ("newc") whose files' data begin on page boundaries and end in zeros, as tools/mkarchive makes it. The kernel looks
// for one file in it, the first program, which then has the whole archive mapped; files are a server's affair.
//
// Reads memory that a boot loader filled, once, at boot; never trusts a number in it.
#pragma once

#include "base/result.hh"
#include "mm/geometry.hh"

namespace kine {

struct ArchiveFile {
  uint64_t offset = 0;  // of its data, from the archive's beginning: a multiple of a page
  uint64_t bytes = 0;
};

// The regular file of an absolute path, written as the archive has it. ENOENT; EINVAL: this is no such archive, or the file's data are not
// aligned and padded; EACCES: the file is not executable.
Result<ArchiveFile> find_in_archive(Span<const std::byte> archive, const char* path, uint64_t path_length);

}  // namespace kine
