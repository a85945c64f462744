// The four functions that a compiler may call even in freestanding code (GCC manual, "Standards"). The loops are string instructions,
// because a compiler would turn a loop in C++ back into a call of the function it stands in.
#include "base/types.hh"

extern "C" void* memcpy(void* to, const void* from, size_t bytes) {
  void* at = to;
  size_t words = bytes / 8, rest = bytes % 8;
  asm volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(words) : : "memory");
  asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(rest) : : "memory");
  return to;
}

extern "C" void* memmove(void* to, const void* from, size_t bytes) {
  const auto target = reinterpret_cast<uint64_t>(to), source = reinterpret_cast<uint64_t>(from);
  if (target - source >= bytes) return memcpy(to, from, bytes);  // `to` is not inside the bytes to read
  void* at = static_cast<char*>(to) + bytes - 1;
  const void* last = static_cast<const char*>(from) + bytes - 1;
  asm volatile("std; rep movsb; cld" : "+D"(at), "+S"(last), "+c"(bytes) : : "memory", "cc");
  return to;
}

extern "C" void* memset(void* to, int byte, size_t bytes) {
  void* at = to;
  size_t words = bytes / 8, rest = bytes % 8;
  const uint64_t pattern = static_cast<uint8_t>(byte) * uint64_t{0x0101'0101'0101'0101};
  asm volatile("rep stosq" : "+D"(at), "+c"(words) : "a"(pattern) : "memory");
  asm volatile("rep stosb" : "+D"(at), "+c"(rest) : "a"(pattern) : "memory");
  return to;
}

extern "C" int memcmp(const void* left, const void* right, size_t bytes) {
  const auto* a = static_cast<const volatile uint8_t*>(left);
  const auto* b = static_cast<const volatile uint8_t*>(right);
  for (size_t i = 0; i < bytes; ++i) {
    const int x = a[i], y = b[i];
    if (x != y) return x - y;
  }
  return 0;
}
