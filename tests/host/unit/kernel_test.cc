// The whole kernel on the simulated machine: boot, exec, fork, wait and exit, faults that kill, and memory that runs out in each system
// call.
#include <gtest/gtest.h>

#include "elf_file.hh"
#include "task/layout.hh"
#include "whole_kernel.hh"

namespace kine {
namespace {

// Linux's numbers.
enum : uint64_t {
  kClose = 3,
  kMmap = 9,
  kMprotect = 10,
  kMunmap = 11,
  kBrk = 12,
  kYield = 24,
  kMremap = 25,
  kDup = 32,
  kNanosleep = 35,
  kGetpid = 39,
  kClone = 56,
  kFork = 57,
  kVfork = 58,
  kExit = 60,
  kWait4 = 61,
  kGetppid = 110,
};
constexpr uint64_t kText = 0x401000, kData = 0x403f00, kBss = 0x404200, kDataEnd = 0x407000;
constexpr uint64_t kPrivateAnonymous = 0x22, kSharedAnonymous = 0x21, kReadWrite = 3;
constexpr int64_t error(Errno number) { return -static_cast<int64_t>(number); }

std::string changed(const std::function<void(ElfHeaderFields&, std::vector<ElfProgramFields>&)>& change) {
  ElfHeaderFields header;
  std::vector<ElfProgramFields> segments = usual_segments();
  change(header, segments);
  return elf_file(header, segments);
}

std::vector<WholeKernel::File> files() {
  return {{"bin/init", elf_file()},
          {"bin/other", elf_file({}, usual_segments(), 'o')},
          {"bin/pie", changed([](ElfHeaderFields& h, std::vector<ElfProgramFields>& s) {
             h.type = 3, h.entry = 0x1010;
             for (int i = 0; i < 3; ++i) s[i].vaddr -= 0x400000;
           })},
          {"bin/damaged", changed([](ElfHeaderFields&, std::vector<ElfProgramFields>& s) { s[2].memsz = 1; })},
          {"bin/text", "#!/bin/sh\n"},
          {"etc/data", elf_file(), 0100644}};
}

class KernelTest : public ::testing::Test {
 protected:
  KernelTest() : kernel(files(), "-- one two%20words", 400) {}

  void TearDown() override {
    const AuditFinding finding = kernel.audit();
    EXPECT_EQ(finding.rule, nullptr) << finding.rule << ", frame " << finding.frame.number;
  }
  // Writes a path, and an argument vector of it, into data of the program that runs.
  void prepare_exec(const std::string& path) {
    kernel.store_text(kData, path);
    for (unsigned i = 0; i < 8; ++i) (void)kernel.store(kData + 64 + i, static_cast<uint8_t>(kData >> (8 * i)));
    for (unsigned i = 8; i < 16; ++i) (void)kernel.store(kData + 64 + i, 0);
  }
  // init's archive is mapped in its forks too.
  int64_t exec(const char* path) {
    prepare_exec(path);
    const ArchiveFile file = kernel.file(path);
    return kernel.call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + file.offset, file.bytes, kData, kData + 64, 0ul);
  }

  WholeKernel kernel;
};

// --- boot and exec ---

TEST_F(KernelTest, InitStartsWithItsArguments) {
  const Registers& regs = kernel.context().regs;
  EXPECT_EQ(regs.rip, 0x401010u);
  EXPECT_EQ(regs.rsp % 16, 0u);
  EXPECT_EQ(regs.rdx, 0u);
  EXPECT_EQ(regs.rflags, 0x202u);
  const uint64_t stack = regs.rsp;
  ASSERT_EQ(kernel.load_word(stack), 3u);
  EXPECT_EQ(kernel.load_text(kernel.load_word(stack + 8)), "/bin/init");
  EXPECT_EQ(kernel.load_text(kernel.load_word(stack + 16)), "one");
  EXPECT_EQ(kernel.load_text(kernel.load_word(stack + 24)), "two%20words") << "as it stands there: init decodes its words";
  EXPECT_EQ(kernel.load_word(stack + 32), 0u) << "the end of argv";
  EXPECT_EQ(kernel.load_word(stack + 40), 0u) << "an empty environment";
  std::map<uint64_t, uint64_t> auxiliary;
  uint64_t at = stack + 48;
  for (; kernel.load_word(at) != 0; at += 16) auxiliary[kernel.load_word(at)] = kernel.load_word(at + 8);
  EXPECT_EQ(auxiliary[3], 0x400040u) << "AT_PHDR";
  EXPECT_EQ(auxiliary[5], 4u) << "AT_PHNUM";
  EXPECT_EQ(auxiliary[6], 4096u) << "AT_PAGESZ";
  EXPECT_EQ(auxiliary[9], 0x401010u) << "AT_ENTRY";
  EXPECT_EQ(kernel.load_text(auxiliary[31]), "/bin/init") << "AT_EXECFN";
  EXPECT_NE(kernel.load_word(auxiliary[25]), kernel.load_word(auxiliary[25] + 8)) << "AT_RANDOM: 16 bytes";
  EXPECT_EQ(kernel.call(kGetpid), 1);
}

TEST_F(KernelTest, SegmentsHaveTheirRightsAndTheirBytes) {
  EXPECT_TRUE(kernel.fetch(kText));
  EXPECT_EQ(kernel.load(kText + 0x122), 'f');
  EXPECT_EQ(kernel.load(kData), 'f');
  EXPECT_EQ(kernel.load(kBss - 1), 'f') << "the last byte from the file";
  for (uint64_t at = kBss; at < kBss + 0xe00; ++at) ASSERT_EQ(kernel.load(at), 0) << "the tail of the last page, at " << at;
  EXPECT_EQ(kernel.load(kDataEnd - 1), 0) << "the rest of the bss";
  const auto rights = [&](uint64_t address) { return kernel.process().space->ruling({address}).entry.rights(); };
  EXPECT_EQ(rights(0x400000), Rights::r());
  EXPECT_EQ(rights(kText), Rights::rx());
  EXPECT_EQ(rights(kData), Rights::rw());
  EXPECT_EQ(rights(kDataEnd - 1), Rights::rw());
  EXPECT_EQ(rights(kernel.context().regs.rsp), Rights::rw());
  EXPECT_EQ(kernel.process().space->ruling(layout::kStackGuard.begin).entry, Pte::promise(Rights::none()));
  EXPECT_TRUE(kernel.process().space->ruling({kDataEnd}).entry.empty());
}

TEST_F(KernelTest, ImagesAreSharedWithTheArchiveUntilTheyAreWritten) {
  const std::byte* const file = kernel.file_bytes("/bin/init");
  const std::vector<std::byte> before(file, file + 0x4000);
  const auto frame = [&](uint64_t address) { return kernel.process().space->ruling({address}).entry.frame(); };
  EXPECT_EQ(arena.at(frame(kText)), file + 0x1000);
  EXPECT_EQ(arena.at(frame(kData)), file + 0x2000);
  EXPECT_NE(arena.at(frame(kBss)), file + 0x3000) << "its tail was zeroed in a copy";
  ASSERT_TRUE(kernel.store(kData, 'x'));
  EXPECT_NE(arena.at(frame(kData)), file + 0x2000);
  EXPECT_EQ(kernel.load(kData + 1), 'f');
  EXPECT_TRUE(std::equal(before.begin(), before.end(), file)) << "the archive is as it was";
}

TEST_F(KernelTest, InitHasTheMachineAndTheArchive) {
  Result<Object*> object = kernel.process().descriptors.get(0);
  ASSERT_TRUE(object && (*object)->kind() == Object::Kind::kRight);
  EXPECT_EQ(static_cast<Right&>(**object).right(), Right::Kind::kMachine);
  EXPECT_EQ(kernel.process().descriptors.lowest_free(0), 1);
  EXPECT_FALSE(kernel.process().descriptors.close_on_exec(0));
  EXPECT_EQ(kernel.load_text(KINE_ARCHIVE_ADDRESS).substr(0, 6), "070701");
  const Ruling ruling = kernel.process().space->ruling({KINE_ARCHIVE_ADDRESS});
  EXPECT_EQ(ruling.entry.rights(), Rights::r());
  EXPECT_EQ(kernel.process().group, 1);
  EXPECT_EQ(kernel.process().session, 1);
}

TEST_F(KernelTest, ExecReplacesEverything) {
  const uint32_t free = kernel.free_frames();
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(kernel.call(kFork), 0);
    ASSERT_EQ(kernel.call(kBrk, layout::kHeap.begin.value + 5000), static_cast<int64_t>(layout::kHeap.begin.value + 5000));
    const int64_t mapped = kernel.call(kMmap, 0ul, 0x3000ul, kReadWrite, kPrivateAnonymous, ~0ul, 0ul);
    ASSERT_GT(mapped, 0);
    ASSERT_TRUE(kernel.store(static_cast<uint64_t>(mapped), 7));
    EXPECT_EQ(exec("/bin/other"), 0);
    EXPECT_EQ(kernel.context().regs.rip, 0x401010u);
    EXPECT_EQ(kernel.load(kData + 512), 'o');
    EXPECT_EQ(kernel.load_text(kernel.load_word(kernel.context().regs.rsp + 8)), "/bin/other");
    EXPECT_STREQ(kernel.process().name, "other");
    EXPECT_TRUE(kernel.process().space->ruling({static_cast<uint64_t>(mapped)}).entry.empty());
    EXPECT_TRUE(kernel.process().space->ruling({KINE_ARCHIVE_ADDRESS}).entry.empty()) << "only init keeps it, through its first exec";
    EXPECT_EQ(kernel.call(kBrk, 0ul), static_cast<int64_t>(layout::kHeap.begin.value));
    const int64_t pid = kernel.call(kGetpid);
    EXPECT_EQ(kernel.call(kExit, 0ul), pid);
    EXPECT_EQ(kernel.call(kWait4, pid, 0ul, 0ul, 0ul), pid);
  }
  EXPECT_EQ(kernel.free_frames(), free);
}

TEST_F(KernelTest, APositionIndependentImageRunsAtItsBase) {
  EXPECT_EQ(exec("/bin/pie"), 0);
  EXPECT_EQ(kernel.context().regs.rip, layout::kPieBase.value + 0x1010);
  EXPECT_TRUE(kernel.fetch(layout::kPieBase.value + 0x1010));
}

TEST_F(KernelTest, AFailedExecChangesNothing) {
  prepare_exec("/bin/other");
  const ArchiveFile file = kernel.file("/bin/other");
  const uint64_t image = KINE_ARCHIVE_ADDRESS + file.offset;
  const uint64_t long_path = layout::kHeap.begin.value;
  ASSERT_GT(kernel.call(kBrk, long_path + 0x2000), 0);
  kernel.store_text(long_path, std::string(4096, 'p'));
  struct {
    const char* what;
    Errno expected;
    uint64_t image, bytes, path, argv, envp;
  } const kCases[] = {
      {"an image that does not begin a page", Errno::kEINVAL, image + 16, file.bytes, kData, kData + 64, 0},
      {"an image outside of user space", Errno::kEINVAL, kUserEnd.value - 0x1000, 0x1001, kData, kData + 64, 0},
      {"more bytes than there are", Errno::kEINVAL, image, ~0ul, kData, kData + 64, 0},
      {"an image that is not mapped", Errno::kEFAULT, 0x10'0000'0000, 0x1000, kData, kData + 64, 0},
      {"a file cut short", Errno::kENOEXEC, image, 0x100, kData, kData + 64, 0},
      {"a damaged file", Errno::kENOEXEC, KINE_ARCHIVE_ADDRESS + kernel.file("/bin/damaged").offset, file.bytes, kData, kData + 64, 0},
      {"a text", Errno::kENOEXEC, KINE_ARCHIVE_ADDRESS + kernel.file("/bin/text").offset, 10, kData, kData + 64, 0},
      {"the path", Errno::kEFAULT, image, file.bytes, 0x3ff000, 0, 0},
      {"a long path", Errno::kENAMETOOLONG, image, file.bytes, long_path, kData + 64, 0},
      {"argv", Errno::kEFAULT, image, file.bytes, kData, 1ul << 63, 0},
      {"envp", Errno::kEFAULT, image, file.bytes, kData, kData + 64, 0x1000},
  };
  const uint32_t free = kernel.free_frames();
  for (const auto& c : kCases) {
    EXPECT_EQ(kernel.call(KINE_EXEC, c.image, c.bytes, c.path, c.argv, c.envp), error(c.expected)) << c.what;
    EXPECT_EQ(kernel.load(kData + 512), 'f') << "the old program is still there";
    EXPECT_EQ(kernel.free_frames(), free) << c.what;
  }
}

// --- fork, wait, exit ---

TEST_F(KernelTest, TheChildRunsFirstAndTheParentWaits) {
  ASSERT_TRUE(kernel.store(kData, 1));
  const uint32_t free = kernel.free_frames();
  EXPECT_EQ(kernel.call(kFork), 0) << "in the child";
  EXPECT_EQ(kernel.call(kGetpid), 2);
  EXPECT_EQ(kernel.call(kGetppid), 1);
  EXPECT_EQ(kernel.load(kData), 1);
  ASSERT_TRUE(kernel.store(kData, 2));
  EXPECT_EQ(kernel.call(kExit, 7ul), 2) << "now the parent's answer: the child's pid";
  EXPECT_EQ(kernel.free_frames(), free - 1) << "a zombie keeps its own frame, and no memory";
  EXPECT_EQ(kernel.call(kGetpid), 1);
  EXPECT_EQ(kernel.load(kData), 1) << "the child's write is the child's alone";
  EXPECT_EQ(kernel.call(kWait4, ~0ul, kData + 8, 0ul, 0ul), 2);
  EXPECT_EQ(kernel.load(kData + 9), 7);
  EXPECT_EQ(kernel.call(kWait4, ~0ul, 0ul, 0ul, 0ul), error(Errno::kECHILD));
  EXPECT_EQ(kernel.free_frames(), free);
}

TEST_F(KernelTest, AWaitingParentGetsItsAnswerLater) {
  EXPECT_EQ(kernel.call(kFork), 0);
  EXPECT_EQ(kernel.call(kYield), 2) << "the parent";
  EXPECT_EQ(kernel.call(kWait4, 2ul, 0ul, 1ul, 0ul), 0) << "WNOHANG";
  EXPECT_EQ(kernel.call(kWait4, 2ul, kData, 0ul, 0ul), 0) << "waits: the child runs on, from its yield";
  EXPECT_EQ(kernel.call(kGetpid), 2);
  EXPECT_EQ(kernel.call(kExit, 3ul), 2);
  EXPECT_EQ(kernel.load(kData + 1), 3);
}

TEST_F(KernelTest, OrphansBecomeInits) {
  EXPECT_EQ(kernel.call(kFork), 0);
  EXPECT_EQ(kernel.call(kFork), 0);
  EXPECT_EQ(kernel.call(kGetpid), 3);
  EXPECT_EQ(kernel.call(kYield), 2) << "init, whose fork answers now";
  EXPECT_EQ(kernel.call(kWait4, ~0ul, 0ul, 0ul, 0ul), 3) << "pid 2, whose fork answers";
  EXPECT_EQ(kernel.call(kExit, 0ul), 0) << "pid 3, from its yield";
  EXPECT_EQ(kernel.call(kGetppid), 1);
  EXPECT_EQ(kernel.call(kExit, 0ul), 2) << "init, woken by the end of pid 2";
  EXPECT_EQ(kernel.call(kWait4, ~0ul, 0ul, 0ul, 0ul), 3);
  EXPECT_EQ(kernel.call(kWait4, ~0ul, 0ul, 0ul, 0ul), error(Errno::kECHILD));
}

TEST_F(KernelTest, VforkLendsTheAddressSpace) {
  const uint32_t free = kernel.free_frames();
  EXPECT_EQ(kernel.call(kVfork), 0);
  ASSERT_TRUE(kernel.store(kData, 'v'));
  EXPECT_EQ(exec("/bin/other"), 0);
  EXPECT_EQ(kernel.load(kData + 512), 'o');
  EXPECT_EQ(kernel.call(kYield), 2) << "the parent goes on";
  EXPECT_EQ(kernel.load(kData), '/') << "the child wrote the path into the parent's memory";
  EXPECT_EQ(kernel.load(kData + 512), 'f');
  EXPECT_EQ(kernel.call(kWait4, ~0ul, 0ul, 0ul, 0ul), 0) << "the child, from its yield";
  EXPECT_EQ(kernel.call(kExit, 0ul), 2);
  EXPECT_GE(kernel.free_frames() + 1, free) << "but for a page of data";
}

TEST_F(KernelTest, TheEndOfInitIsTheEndOfTheMachine) {
  EXPECT_THROW((void)kernel.call(kExit, 42ul), PowerOff);
  EXPECT_NE(devices.debug.find("kine: exit status 42\n"), std::string::npos) << devices.debug;
}

// --- faults ---

TEST_F(KernelTest, ABadAccessKillsTheOffenderAlone) {
  struct {
    uint64_t address;
    Access access;
  } const kBad[] = {{0, Access::kRead},
                    {kText, Access::kWrite},
                    {kData, Access::kFetch},
                    {kDataEnd, Access::kWrite},
                    {kUserEnd.value, Access::kRead},
                    {layout::kStackGuard.begin.value, Access::kWrite},
                    {1ul << 63, Access::kWrite},
                    {layout::kLowest.value, Access::kFetch}};
  ASSERT_TRUE(kernel.store(kData, 1));
  ASSERT_TRUE(kernel.store(kernel.context().regs.rsp - 8, 1));
  const uint32_t free = kernel.free_frames();
  for (const auto& bad : kBad) {
    EXPECT_EQ(kernel.call(kFork), 0);
    const bool survived = bad.access == Access::kRead    ? kernel.load(bad.address) >= 0
                          : bad.access == Access::kWrite ? kernel.store(bad.address, 1)
                                                         : kernel.fetch(bad.address);
    EXPECT_FALSE(survived) << std::hex << bad.address;
    EXPECT_EQ(kernel.call(kGetpid), 1);
    EXPECT_GT(kernel.call(kWait4, ~0ul, kData, 0ul, 0ul), 1);
    EXPECT_EQ(kernel.load(kData), 11) << "SIGSEGV";
    EXPECT_EQ(kernel.free_frames(), free);
  }
  EXPECT_NE(devices.debug.find("killed by SIGSEGV"), std::string::npos);
}

TEST_F(KernelTest, AFaultWithoutMemoryKillsTheOffenderAlone) {
  const int64_t mapped = kernel.call(kMmap, 0ul, 0x1000ul, kReadWrite, kPrivateAnonymous, ~0ul, 0ul);
  EXPECT_EQ(kernel.call(kFork), 0);
  EXPECT_EQ(kernel.call(kFork), 0) << "init's grandchild, which has no part in the reserve";
  kernel.limit_free(frames.total() / 32);
  EXPECT_FALSE(kernel.store(static_cast<uint64_t>(mapped), 1));
  EXPECT_EQ(kernel.process().pid, 1) << "the next one that is ready";
  EXPECT_NE(devices.debug.find("killed by SIGKILL: out of memory"), std::string::npos) << devices.debug;
}

TEST_F(KernelTest, MemoryIsNeverWrittenAndExecuted) {
  constexpr uint64_t kAll = 7;
  EXPECT_EQ(kernel.call(kMmap, 0ul, 0x1000ul, kAll, kPrivateAnonymous, ~0ul, 0ul), error(Errno::kEACCES));
  EXPECT_EQ(kernel.call(kMprotect, kText, 0x1000ul, kAll), error(Errno::kEACCES));
  EXPECT_EQ(kernel.call(kMprotect, kData & ~0xffful, 0x1000ul, kAll), error(Errno::kEACCES));
}

// --- who runs ---

TEST_F(KernelTest, ATickGivesTheProcessorToTheNext) {
  EXPECT_EQ(kernel.call(kFork), 0);
  kernel.tick();
  EXPECT_EQ(kernel.process().pid, 1);
  kernel.tick();
  EXPECT_EQ(kernel.process().pid, 2);
}

TEST_F(KernelTest, SleepersWakeInTheOrderOfTheirTimes) {
  const uint64_t time = kData + 128;
  (void)kernel.store(kData, 0);
  const auto sleep_for = [&](uint8_t milliseconds) {
    for (unsigned i = 0; i < 16; ++i) (void)kernel.store(time + i, 0);
    const uint32_t nanoseconds = milliseconds * 1'000'000u;
    for (unsigned i = 0; i < 4; ++i) (void)kernel.store(time + 8 + i, static_cast<uint8_t>(nanoseconds >> (8 * i)));
    return kernel.call(kNanosleep, time, 0ul);
  };
  EXPECT_EQ(kernel.call(kFork), 0);
  EXPECT_EQ(sleep_for(100), 2) << "the parent runs meanwhile";
  EXPECT_EQ(sleep_for(30), 0) << "nobody is ready: the machine idles until the parent's time";
  EXPECT_EQ(kernel.process().pid, 1);
  EXPECT_GE(devices.now, 30'000'000u);
  EXPECT_LT(devices.now, 100'000'000u);
  EXPECT_EQ(sleep_for(200), 0);
  EXPECT_EQ(kernel.process().pid, 2);
  EXPECT_GE(devices.now, 100'000'000u);
}

// --- without memory ---

struct Attempt {
  const char* name;
  std::function<int64_t(WholeKernel&)> call;
  bool gives_all_back = true;  // a failure leaves the number of free frames as it was (not so where user memory was written on the way)
};

// Each call, with every number of frames left for an ordinary process: it succeeds, or it fails with ENOMEM and nothing has changed.
TEST_F(KernelTest, EveryCallRunsOutCleanly) {
  const int64_t mapped = kernel.call(kMmap, 0ul, 0x10000ul, kReadWrite, kPrivateAnonymous, ~0ul, 0ul);
  const uint64_t area = static_cast<uint64_t>(mapped), heap = layout::kHeap.begin.value;
  ASSERT_EQ(kernel.call(kFork), 0);
  for (uint64_t at = area; at < area + 0x5000; at += 0x1000) ASSERT_TRUE(kernel.store(at, 5));
  ASSERT_EQ(kernel.call(kBrk, heap + 0x3000), static_cast<int64_t>(heap + 0x3000));
  ASSERT_TRUE(kernel.store(heap + 0x2000, 1));
  prepare_exec("/bin/other");
  EXPECT_EQ(kernel.call(kFork), 0);  // pid 3 shares all of this with pid 2, but for the descriptors, which exec would have to copy
  ASSERT_EQ(kernel.call(kClose, kernel.call(kDup, 0ul)), 0);
  const ArchiveFile file = kernel.file("/bin/other");
  const std::vector<Attempt> attempts = {
      {"fork", [&](WholeKernel& k) { return k.call(kFork); }},
      {"vfork", [&](WholeKernel& k) { return k.call(kVfork); }},
      {"clone", [&](WholeKernel& k) { return k.call(kClone, 0x1000000ul | 17, 0ul, 0ul, kData + 32); }, false},
      {"clone with the pid in the parent", [&](WholeKernel& k) { return k.call(kClone, 0x100000ul | 17, 0ul, kData + 32, 0ul); }, false},
      {"exec", [&](WholeKernel& k) { return k.call(KINE_EXEC, KINE_ARCHIVE_ADDRESS + file.offset, file.bytes, kData, kData + 64, 0ul); }},
      {"mmap", [&](WholeKernel& k) { return k.call(kMmap, 0ul, 0x1000ul, kReadWrite, kPrivateAnonymous, ~0ul, 0ul); }},
      {"mmap, shared", [&](WholeKernel& k) { return k.call(kMmap, 0ul, 0x5000ul, kReadWrite, kSharedAnonymous, ~0ul, 0ul); }},
      {"mmap over pages",
       [&](WholeKernel& k) { return k.call(kMmap, area + 0x1000, 0x2000ul, kReadWrite, kPrivateAnonymous | 0x10, ~0ul, 0ul); }},
      {"munmap", [&](WholeKernel& k) { return k.call(kMunmap, area + 0x1000, 0x1000ul); }},
      {"mprotect", [&](WholeKernel& k) { return k.call(kMprotect, area, 0x8000ul, 1ul); }},
      {"mremap, moving", [&](WholeKernel& k) { return k.call(kMremap, area, 0x4000ul, 0x9000ul, 3ul, area + 0x4000'0000); }},
      {"mremap, shrinking", [&](WholeKernel& k) { return k.call(kMremap, area, 0x4000ul, 0x1000ul, 1ul, 0ul); }},
      {"read of a time into shared memory", [&](WholeKernel& k) { return k.call(96, kData + 32, 0ul); }, false},
  };
  const auto start = kernel.take_snapshot();
  const uint32_t reserve = frames.total() / 32;
  for (const Attempt& attempt : attempts) {
    for (uint32_t left = 0;; ++left) {
      kernel.restore(*start);
      const uint32_t plenty = kernel.free_frames();
      kernel.limit_free(reserve + left);
      const Registers before = kernel.context().regs;
      const int pid = kernel.process().pid;
      const int64_t result = attempt.call(kernel);
      const AuditFinding finding = kernel.audit();
      ASSERT_EQ(finding.rule, nullptr) << attempt.name << " with " << left << " frames left";
      if (result != error(Errno::kENOMEM)) {
        EXPECT_GE(result, 0) << attempt.name << " with " << left << " frames left";
        EXPECT_GT(left, 0u) << attempt.name << " needs frames";
        EXPECT_LE(plenty - reserve, plenty);
        break;
      }
      ASSERT_EQ(kernel.process().pid, pid) << attempt.name;
      EXPECT_EQ(kernel.context().regs.rip, before.rip) << attempt.name;
      EXPECT_EQ(kernel.context().regs.rsp, before.rsp) << attempt.name;
      ASSERT_TRUE(!attempt.gives_all_back || kernel.free_frames() == reserve + left) << attempt.name;
      EXPECT_EQ(processes.count(), 3u) << attempt.name;
      EXPECT_EQ(kernel.load(area + 0x1000), 5) << attempt.name;
      EXPECT_EQ(kernel.load(kData), '/') << attempt.name;
    }
  }
  kernel.restore(*start);
}

TEST_F(KernelTest, AForkBombLeavesInitItsReserve) {
  int64_t pid = 0;
  unsigned children = 0;
  for (; pid >= 0; ++children) pid = kernel.call(kFork);  // each child forks on
  EXPECT_EQ(pid, error(Errno::kENOMEM));
  EXPECT_GT(children, 20u);
  EXPECT_EQ(kernel.audit().rule, nullptr);
  for (unsigned step = 0; processes.count() > 1 && step < 10 * children; ++step)
    (void)(kernel.process().pid == 1 ? kernel.call(kWait4, ~0ul, 0ul, 0ul, 0ul) : kernel.call(kExit, 0ul));
  EXPECT_EQ(processes.count(), 1u);
}

}  // namespace
}  // namespace kine
