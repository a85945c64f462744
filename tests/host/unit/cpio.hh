// Writes a boot archive: cpio "newc" with file data on page boundaries, as tools/mkarchive does (the padding is NULs in the name field).
#pragma once

#include <cstdio>
#include <string>

#include "mm/geometry.hh"

namespace kine {

class CpioWriter {
 public:
  void add(const std::string& name, const std::string& data, unsigned mode = 0100755, bool aligned = true) {
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    std::string padded = name + '\0';
    if (aligned && (mode & 0170000) == 0100000)
      while ((bytes_.size() + 110 + padded.size()) % kPageSize != 0) padded += '\0';
    char header[111];
    std::snprintf(header, sizeof header, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0u, mode, 0u, 0u, 1u, 0u,
                  static_cast<unsigned>(data.size()), 0u, 0u, 0u, 0u, static_cast<unsigned>(padded.size()), 0u);
    bytes_ += header;
    bytes_ += padded;
    while (bytes_.size() % 4 != 0) bytes_ += '\0';
    bytes_ += data;
    while (aligned && bytes_.size() % kPageSize != 0) bytes_ += '\0';
  }
  std::string finish() {
    add("TRAILER!!!", "", 0, false);
    return bytes_;
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace kine
