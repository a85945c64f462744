// What the compiler calls in C++ programs that are linked without libstdc++: operators new and delete, and the hooks of the
// Itanium C++ ABI for pure virtual calls and for local statics. (__cxa_atexit: stdlib/exit.c)
#include <stdlib.h>
#include <unistd.h>
#include <new>

const std::nothrow_t std::nothrow{};

namespace {

// There are no exceptions, so bad_alloc cannot be thrown: the program ends.
void *or_abort(void *memory) {
  if (memory) return memory;
  static constexpr char kMessage[] = "operator new: out of memory\n";
  (void)!write(2, kMessage, sizeof kMessage - 1);
  abort();
}

void *aligned(std::size_t size, std::align_val_t alignment) { return aligned_alloc(static_cast<std::size_t>(alignment), size); }

}  // namespace

void *operator new(std::size_t size) { return or_abort(malloc(size)); }
void *operator new[](std::size_t size) { return or_abort(malloc(size)); }
void *operator new(std::size_t size, const std::nothrow_t &) noexcept { return malloc(size); }
void *operator new[](std::size_t size, const std::nothrow_t &) noexcept { return malloc(size); }
void *operator new(std::size_t size, std::align_val_t alignment) { return or_abort(aligned(size, alignment)); }
void *operator new[](std::size_t size, std::align_val_t alignment) { return or_abort(aligned(size, alignment)); }

void operator delete(void *memory) noexcept { free(memory); }
void operator delete[](void *memory) noexcept { free(memory); }
void operator delete(void *memory, std::size_t) noexcept { free(memory); }
void operator delete[](void *memory, std::size_t) noexcept { free(memory); }
void operator delete(void *memory, const std::nothrow_t &) noexcept { free(memory); }
void operator delete[](void *memory, const std::nothrow_t &) noexcept { free(memory); }
void operator delete(void *memory, std::align_val_t) noexcept { free(memory); }
void operator delete[](void *memory, std::align_val_t) noexcept { free(memory); }
void operator delete(void *memory, std::size_t, std::align_val_t) noexcept { free(memory); }
void operator delete[](void *memory, std::size_t, std::align_val_t) noexcept { free(memory); }

extern "C" {

void __cxa_pure_virtual() {
  static constexpr char kMessage[] = "pure virtual function called\n";
  (void)!write(2, kMessage, sizeof kMessage - 1);
  abort();
}

// Guards of local statics, for code compiled without -fno-threadsafe-statics. One thread: the first byte says "initialised".
int __cxa_guard_acquire(char *guard) { return *guard == 0; }
void __cxa_guard_release(char *guard) { *guard = 1; }
void __cxa_guard_abort(char *) {}
}
