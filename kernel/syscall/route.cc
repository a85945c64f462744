#include "syscall/route.hh"

namespace kine::calls {

namespace {

constexpr Route kRoutes[] = {
    // By descriptor.
    {0, 0, "fww"},                            // read
    {1, 1, "fww"},                            // write
    {5, 5, "fw"},                             // fstat
    {8, 8, "fww"},                            // lseek
    {9, 9, "wwwwfw", Finish::kMapping},       // mmap of a file
    {16, 16, "fww"},                          // ioctl
    {17, 17, "fwww"},                         // pread64
    {18, 18, "fwww"},                         // pwrite64
    {19, 19, "fww"},                          // readv
    {20, 20, "fww"},                          // writev
    {72, 72, "fww"},                          // fcntl, of what is not the descriptor's own
    {73, 73, "fw"},                           // flock
    {74, 74, "f"},                            // fsync
    {75, 75, "f"},                            // fdatasync
    {77, 77, "fw"},                           // ftruncate
    {81, 81, "f", Finish::kDirectoryItself},  // fchdir
    {91, 91, "fw"},                           // fchmod
    {93, 93, "fww"},                          // fchown
    {138, 138, "fw"},                         // fstatfs
    {217, 217, "fww"},                        // getdents64
    {221, 221, "fwww"},                       // fadvise64
    {285, 285, "fwww"},                       // fallocate
    // By path.
    {59, 59, "Pww", Finish::kImage},         // execve
    {76, 76, "Pw"},                          // truncate
    {80, 80, "P", Finish::kDirectory},       // chdir
    {137, 137, "Pw"},                        // statfs
    {165, 165, "wPwww"},                     // mount
    {166, 166, "Pw"},                        // umount2
    {257, 257, "dpww", Finish::kDescriptor}, // openat
    {258, 258, "dpw"},                       // mkdirat
    {259, 259, "dpww"},                      // mknodat
    {260, 260, "dpwww"},                     // fchownat
    {262, 262, "dpww"},                      // newfstatat
    {263, 263, "dpw"},                       // unlinkat
    {265, 265, "dpdpw"},                     // linkat
    {266, 266, "wdp"},                       // symlinkat
    {267, 267, "dpww"},                      // readlinkat
    {268, 268, "dpwz"},                      // fchmodat
    {280, 280, "dpww"},                      // utimensat
    {316, 316, "dpdpw"},                     // renameat2
    {332, 332, "dpwww"},                     // statx
    {439, 439, "dpww"},                      // faccessat2
    // Older forms of those.
    {2, 257, "cpww", Finish::kDescriptor},   // open
    {4, 262, "cpwz"},                        // stat
    {6, 262, "cpwn"},                        // lstat
    {21, 439, "cpwz"},                       // access
    {82, 316, "cpcpz"},                      // rename
    {83, 258, "cpw"},                        // mkdir
    {84, 263, "cpr"},                        // rmdir
    {85, 257, "cptw", Finish::kDescriptor},  // creat
    {86, 265, "cpcpz"},                      // link
    {87, 263, "cpz"},                        // unlink
    {88, 266, "wcp"},                        // symlink
    {89, 267, "cpww"},                       // readlink
    {90, 268, "cpwz"},                       // chmod
    {92, 260, "cpwwz"},                      // chown
    {94, 260, "cpwwn"},                      // lchown
    {133, 259, "cpww"},                      // mknod
    {264, 316, "dpdpz"},                     // renameat
    {269, 439, "dpwz"},                      // faccessat
    // Naming nothing.
    {22, 293, "Rwz", Finish::kTwoDescriptors},  // pipe
    {79, 79, "Cww"},                            // getcwd
    {162, 162, "R"},                            // sync
    {293, 293, "Rww", Finish::kTwoDescriptors}, // pipe2
};
constexpr unsigned kNumbers = 512;

constexpr auto kTable = [] {
  struct {
    Route of[kNumbers];
  } table{};
  for (const Route& route : kRoutes) table.of[route.number] = route;
  return table;
}();

// Linux's <fcntl.h>.
constexpr int kCwd = -100;
constexpr uint64_t kNoFollow = 0x100, kRemoveDirectory = 0x200, kCreateFlags = 0x241 /* O_CREAT | O_WRONLY | O_TRUNC */;

// The words of one call, and whom it asks.
struct Request {
  Process& process;
  Connection* asked = nullptr;

  // Another word that leads to a server: the first one decides, and the others must agree. Returns the cookie.
  Result<uint64_t> ask(Object* object) {
    if (!object) return Errno::kENOSYS;
    if (object->kind() != Object::Kind::kConnection) return Errno::kEINVAL;
    Connection* const connection = static_cast<Connection*>(object);
    if (!asked) asked = connection;
    if (asked->port() != connection->port()) return Errno::kEXDEV;
    return connection->cookie();
  }
  Result<uint64_t> ask_descriptor(uint64_t fd) {
    Result<Object*> object = process.descriptors.get(static_cast<uint32_t>(fd));
    if (!object) return object.error();
    return ask(*object);
  }
  // Where the path begins: the root, the working directory, or that descriptor.
  Result<uint64_t> ask_directory(int fd, VirtAddr path) {
    char first = 0;
    if (path.value != 0) {  // (utimensat(2) has a form without a path)
      Result<> read = copy_in(*process.space, &first, path, 1);
      if (!read) return read.error();
    }
    if (first == '/') return ask(process.root.get());
    return fd == kCwd ? ask(process.working_directory.get()) : ask_descriptor(static_cast<uint64_t>(fd));
  }
};

// Makes one word that the server gets, if it gets one, from the caller's at `next`, which moves on.
Result<uint64_t> make_word(Request& request, char kind, const Context& context, unsigned& next) {
  switch (kind) {
    case 'f': return request.ask_descriptor(context.argument(next++));
    case 'd': {
      const int fd = static_cast<int>(context.argument(next++));
      return request.ask_directory(fd, {context.argument(next)});
    }
    case 'c': return request.ask_directory(kCwd, {context.argument(next)});
    case 'P': {
      Result<uint64_t> asked = request.ask_directory(kCwd, {context.argument(next)});
      return asked ? Result<uint64_t>(context.argument(next++)) : asked;
    }
    case 'R': return request.ask(request.process.root.get());
    case 'C': return request.ask(request.process.working_directory.get());
    case 'n': return kNoFollow;
    case 'r': return kRemoveDirectory;
    case 't': return kCreateFlags;
    case 'z': return uint64_t{0};
    default: return context.argument(next++);
  }
}

// Whatever the answer may bring has its place before the call is sent, so that no effect of it is lost.
Result<> reserve(Thread& caller, Finish finish) {
  Process& process = *caller.process;
  const bool opens = finish == Finish::kDescriptor || finish == Finish::kTwoDescriptors;
  Result<> done;
  if (opens || finish == Finish::kImage) done = process.descriptors.own(process.claim());  // (exec closes some)
  if (done && finish == Finish::kTwoDescriptors) done = prepare_out(*process.space, {caller.exchange.words[0]}, 2 * sizeof(int));
  if (!done) return done;
  int fd = -1;
  for (unsigned i = 0; i < connections_in(finish); ++i) {
    if (opens) fd = process.descriptors.lowest_free(fd + 1);
    if (fd >= Descriptors::kLimit) return Errno::kEMFILE;
    Result<Connection*> made = objects.make<Connection>(process.claim());
    if (!made) return made.error();
    caller.exchange.reserved[i] = *made;
  }
  return {};
}

// Any other form than that of a descriptor and words.
[[gnu::noinline]] Answer send_form(Thread& caller, const Route& route) {
  if (route.words[0] == 0) return Errno::kENOSYS;
  Exchange& call = caller.exchange;
  Request request{*caller.process};
  unsigned next = 0, count = 0;
  for (const char* kind = route.words; *kind; ++kind) {
    Result<uint64_t> word = make_word(request, *kind, caller.context, next);
    if (!word) return word.error();
    if (makes_word(*kind)) call.words[count++] = *word;
  }
  while (count < 6) call.words[count++] = 0;
  Result<> reserved = reserve(caller, route.finish);
  Answer sent = reserved ? request.asked->send(caller) : Answer(reserved);
  if (sent.has_value()) release_reserved(caller);
  return sent;
}

}  // namespace

Answer send_call(Thread& caller) {
  const uint32_t number = static_cast<uint32_t>(caller.context.call_number());
  if (number >= kNumbers) return Errno::kENOSYS;
  const Route& route = kTable.of[number];
  Exchange& call = caller.exchange;
  call.route = &route;
  call.number = route.sent;
  call.asked = 0;
  if (route.words[0] != 'f') return send_form(caller, route);
  // The common form: a descriptor, whose cookie takes its place, and words.
  Result<Connection*> asked = object_behind<Connection>(caller, caller.context.argument(0));
  if (!asked) return asked.error();
  call.words[0] = (*asked)->cookie();
  __builtin_memcpy(call.words + 1, caller.context.regs.words + 1, sizeof call.words - sizeof call.words[0]);
  return (*asked)->send(caller);
}

}  // namespace kine::calls
