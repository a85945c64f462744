// C++ without libstdc++: constructors and destructors of statics, new and delete, virtual functions, local statics. Prints the same
// with any C++ run-time library.
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <new>

namespace {

class Noisy {
 public:
  explicit Noisy(const char *name) : name_(name) { printf("make %s\n", name_); }
  ~Noisy() { printf("end %s\n", name_); }
  Noisy(const Noisy &) = delete;
  Noisy &operator=(const Noisy &) = delete;

 private:
  const char *name_;
};

Noisy first_static("first static");
Noisy second_static("second static");

class Shape {
 public:
  virtual ~Shape() { puts("a shape is gone"); }
  virtual int area() const = 0;
};

class Square : public Shape {
 public:
  explicit Square(int side) : side_(side) {}
  int area() const override { return side_ * side_; }

 private:
  int side_;
};

struct alignas(64) Wide {
  char bytes[64];
};

template <typename T>
T largest(const T *values, int count) {
  T best = values[0];
  for (int i = 1; i < count; i++)
    if (values[i] > best) best = values[i];
  return best;
}

Noisy &local() {
  static Noisy inside("local static");
  return inside;
}

}  // namespace

int main() {
  puts("main");
  Shape *shape = new Square(7);
  printf("area %d\n", shape->area());
  delete shape;

  Noisy *several = new Noisy[2]{Noisy("array 0"), Noisy("array 1")};
  delete[] several;

  Wide *wide = new Wide;
  printf("aligned %d\n", static_cast<int>(reinterpret_cast<uintptr_t>(wide) % 64));
  delete wide;

  volatile size_t huge = SIZE_MAX / 2;
  char *volatile refused = new (std::nothrow) char[huge];
  printf("nothrow %s\n", refused ? "gave memory" : "gave nothing");

  alignas(Noisy) char room[sizeof(Noisy)];
  Noisy *placed = new (room) Noisy("placed");
  placed->~Noisy();

  const int values[] = {3, 9, 4};
  printf("largest %d\n", largest(values, 3));
  local();
  local();
  atexit([] { puts("atexit"); });
  errno = ENOENT;
  printf("%s\n", strerror(errno));
  return 0;
}
