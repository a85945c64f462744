/* What the files server promises beyond the calls' ordinary meaning (sys_file.c, sys_path.c): pages shared copy-on-write, holes that cost
 * nothing, limits, listings that stay right while a folder changes, /proc, and mounts of ordinary users. On Linux only what Linux has, too.
 */
#include <dirent.h>
#include <kine.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statfs.h>

#include "scratch.h"

enum { kClone = 0x40049409, kStudent = 1000, kOther = 1001 };

static void fill(unsigned char *bytes, size_t size, unsigned seed) {
  for (size_t i = 0; i < size; i++) bytes[i] = (unsigned char)(seed + i * 7 + i / kPage);
}

static int is_filled(const unsigned char *bytes, size_t size, unsigned seed) {
  for (size_t i = 0; i < size; i++)
    if (bytes[i] != (unsigned char)(seed + i * 7 + i / kPage)) return 0;
  return 1;
}

static unsigned references(const void *address) {
  struct kine_page page = {0};
  kine_page(address, &page);
  return page.references;
}

TEST(large_reads_share, "whole pages of a large read are the server's own, until either side writes") {
  enum { kSize = 64 * kPage };
  unsigned char *in = map_private(kSize), *out = map_private(kSize);

  enter_scratch();
  fill(in, kSize, 1);
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  CHECK_EQ(write(fd, in, kSize), kSize);
  CHECK_EQ(pread(fd, out, kSize, 0), kSize);
  CHECK(is_filled(out, kSize, 1));
  if (on_kine()) CHECK_EQ(references(out), 2);
  out[0] ^= 1, out[kSize - 1] ^= 1;
  CHECK_EQ(pread(fd, in, kSize, 0), kSize);
  CHECK(is_filled(in, kSize, 1)); /* what the reader wrote is his alone */
  CHECK_EQ(pwrite(fd, "new", 3, 5 * kPage), 3);
  CHECK(is_filled(in, kSize, 1)); /* and what is written to the file now is not in what was read before */
  CHECK_EQ(pread(fd, out, kSize, 0), kSize);
  CHECK_EQ(memcmp(out + 5 * kPage, "new", 3), 0);
  CHECK_EQ(pread(fd, out + 1, kSize - 1, 3), kSize - 3); /* not aligned: copied */
  CHECK_EQ(memcmp(out + 1, in + 3, 4 * kPage), 0);
  close(fd), unlink("f");
  leave_scratch();
}

TEST(clones, "FICLONE shares all pages of a file; then each of the two is written by itself") {
  enum { kSize = 100 * kPage + 77 };
  unsigned char *bytes = map_private(kSize), *seen = map_private(kSize);

  if (!on_kine()) return; /* most of Linux's file systems cannot */
  enter_scratch();
  fill(bytes, kSize, 3);
  int from = open("from", O_RDWR | O_CREAT, 0644), to = open("to", O_RDWR | O_CREAT, 0644);
  CHECK_EQ(write(from, bytes, kSize), kSize);
  CHECK_EQ(write(to, "old", 3), 3);
  uint64_t before = statistics().frames_free;
  CHECK_EQ(ioctl(to, kClone, from), 0);
  CHECK(statistics().frames_free + 20 > before);
  CHECK_EQ(size_of("to"), kSize);
  CHECK_EQ(pread(to, seen, kSize, 0), kSize);
  CHECK(is_filled(seen, kSize, 3));
  CHECK_EQ(pwrite(to, "to", 2, 10), 2);
  CHECK_EQ(pwrite(from, "from", 4, 50 * kPage), 4);
  CHECK_EQ(pread(from, seen, kSize, 0), kSize);
  memcpy(bytes + 50 * kPage, "from", 4);
  CHECK_EQ(memcmp(seen, bytes, kSize), 0);
  fill(bytes, kSize, 3);
  memcpy(bytes + 10, "to", 2);
  CHECK_EQ(pread(to, seen, kSize, 0), kSize);
  CHECK_EQ(memcmp(seen, bytes, kSize), 0);
  int reader = open("from", O_RDONLY), folder = open(".", O_RDONLY);
  CHECK_EQ(raw(SYS_ioctl, reader, kClone, to), -EBADF);
  CHECK_EQ(raw(SYS_ioctl, to, kClone, folder), -EISDIR);
  CHECK_EQ(raw(SYS_ioctl, to, kClone, 77), -EBADF);
  close(from), close(to), close(reader), close(folder);
  unlink("from"), unlink("to");
  leave_scratch();
}

TEST(holes, "what was never written takes no memory, whoever reads it") {
  struct stat status;
  char last = 0;
  unsigned char *bytes = map_private(MiB);

  enter_scratch();
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  CHECK_EQ(pwrite(fd, "x", 1, (off_t)GiB - 1), 1);
  fstat(fd, &status);
  CHECK_EQ(status.st_size, GiB);
  CHECK_EQ(status.st_blocks, kPage / 512);
  memset(bytes, 1, MiB);
  CHECK_EQ(pread(fd, bytes, MiB, 10), (long)MiB);
  uint64_t before = statistics().frames_free;
  for (unsigned i = 1; i < 50; i++) CHECK_EQ(pread(fd, bytes, MiB, (off_t)(i * 20 * MiB + 3)), (long)MiB);
  CHECK_BYTES(bytes, MiB, 0);
  if (on_kine()) CHECK(before - statistics().frames_free < 64 || statistics().frames_free >= before);
  CHECK_EQ(pread(fd, &last, 1, (off_t)GiB - 1), 1);
  CHECK_EQ(last, 'x');
  CHECK_EQ(ftruncate(fd, (off_t)GiB - 1), 0);
  CHECK_EQ(ftruncate(fd, (off_t)GiB), 0);
  CHECK_EQ(pread(fd, &last, 1, (off_t)GiB - 1), 1);
  CHECK_EQ(last, 0); /* cut off is cut off */
  close(fd), unlink("f");
  leave_scratch();
}

TEST(no_space, "a full server answers ENOSPC, keeps what it has, and goes on when there is room again") {
  struct statfs room, later;
  unsigned char *bytes = map_private(MiB);
  struct stat status;
  off_t size = 0;

  if (!on_kine()) return;
  enter_scratch();
  CHECK_EQ(statfs(".", &room), 0);
  fill(bytes, MiB, 9);
  int fd = open("f", O_RDWR | O_CREAT, 0644);
  long written;
  while ((written = write(fd, bytes, MiB)) > 0) size += written;
  CHECK_EQ(written < 0 ? -errno : 0, -ENOSPC);
  fstat(fd, &status);
  CHECK_EQ(status.st_size, size);
  CHECK(size / kPage > (off_t)room.f_bfree / 2);
  CHECK_EQ(pread(fd, bytes, kPage, 0), kPage);
  CHECK(is_filled(bytes, kPage, 9));
  CHECK_EQ(ftruncate(fd, size / 2 + 5), 0);
  CHECK_EQ(pwrite(fd, bytes, kPage, size), kPage);
  close(fd), unlink("f");
  statfs(".", &later);
  CHECK_EQ(later.f_bfree, room.f_bfree);
  CHECK_EQ(later.f_ffree, room.f_ffree);
  leave_scratch();
}

TEST(no_names, "as many names as there is room for, then ENOSPC; nothing is lost by it") {
  char name[32];
  struct statfs room, later;
  long made = 0, result;

  if (!on_kine()) return;
  enter_scratch();
  statfs(".", &room);
  do {
    snprintf(name, sizeof name, "d%ld", made);
    result = raw(SYS_mkdir, name, 0755);
  } while (result == 0 && ++made < 200000);
  CHECK_EQ(result, -ENOSPC);
  CHECK(made >= (long)room.f_ffree / 2 - 2);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "one more", O_CREAT | O_RDWR, 0644), -ENOSPC);
  while (made-- > 0) {
    snprintf(name, sizeof name, "d%ld", made);
    if (!CHECK_EQ(rmdir(name), 0)) break;
  }
  statfs(".", &later);
  CHECK_EQ(later.f_ffree, room.f_ffree);
  leave_scratch();
}

TEST(listing_and_removing, "a folder that is changed while it is read: what stays is seen once") {
  enum { kFiles = 300 };
  char name[32], seen[kFiles] = {0};
  struct dirent *entry;

  enter_scratch();
  for (int i = 0; i < kFiles; i++) {
    snprintf(name, sizeof name, "%d", i);
    make_file(name, "");
  }
  DIR *folder = opendir(".");
  while ((entry = readdir(folder)) != NULL) {
    if (entry->d_name[0] == '.') continue;
    const int i = atoi(entry->d_name);
    CHECK_EQ(seen[i], 0);
    seen[i] = 1;
    unlink(entry->d_name); /* as rm does */
  }
  closedir(folder);
  int missing = 0;
  for (int i = 0; i < kFiles; i++) missing += !seen[i];
  CHECK_EQ(missing, 0);
  leave_scratch();
}

TEST(proc_files, "/proc tells of this process and of others, but not where another user's memory lies") {
  char path[64], text[300];
  long length;

  if (!on_kine()) return;
  length = readlink("/proc/self/exe", text, sizeof text);
  CHECK(length > 0 && memcmp(text, "/test/server_files", (size_t)length) == 0);
  CHECK_EQ(raw(SYS_readlink, "/proc/1/exe", text, sizeof text), -EACCES);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "/proc/99999/stat", O_RDONLY), -ENOENT);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "/proc/new", O_RDWR | O_CREAT, 0644), -ENOENT);
  CHECK_EQ(raw(SYS_unlink, "/proc/meminfo"), -EPERM);
  CHECK_EQ(raw(SYS_rmdir, "/proc"), -EBUSY);
  snprintf(path, sizeof path, "/proc/%d/maps", getpid());
  int fd = open(path, O_RDONLY);
  CHECK(read(fd, text, sizeof text) > 0);
  close(fd);
  CHECK_ENDS(0, if (setuid(kStudent) != 0 || raw(SYS_openat, AT_FDCWD, path, O_RDONLY) != -EACCES) _exit(1));
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "p", 1) == 1);
  snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
  fd = open(path, O_RDONLY);
  CHECK_EQ(read(fd, text, 1), 1);
  CHECK_EQ(text[0], 'p');
  close(fd), close(ends[0]), close(ends[1]);
}

/* A server whose every path answers ECHILD, a number that no other server answers with. */
/* In a child that is the student: what link answers. */
static long link_as_student(const char *from, const char *to) {
  if (setgid(kStudent) != 0 || setuid(kStudent) != 0) return 1;
  return raw(SYS_link, from, to);
}

TEST(protected_links, "a user gives another's file no further name, unless he may write to it and it gives him no rights") {
  static const struct {
    const char *name;
    mode_t mode;
    uid_t owner;
    long answer;
  } files[] = {{"secret", 0600, 0, -EPERM},   {"readable", 0644, 0, -EPERM}, {"writable", 0666, 0, 0}, {"set-uid", 04777, 0, -EPERM},
               {"set-gid", 02777, 0, -EPERM}, {"locked", 02767, 0, 0},       {"his", 0, kStudent, 0},  {"others", 0644, kOther, -EPERM}};

  if (!on_kine()) return; /* Linux can be set either way */
  enter_scratch();
  chmod(".", 0777);
  for (unsigned i = 0; i < sizeof files / sizeof files[0]; i++) {
    struct stat status;
    close(open(files[i].name, O_WRONLY | O_CREAT, 0600));
    CHECK_EQ(chown(files[i].name, files[i].owner, files[i].owner), 0);
    CHECK_EQ(chmod(files[i].name, files[i].mode), 0);
    CHECK_ENDS(0, if (link_as_student(files[i].name, "name") != files[i].answer) _exit(1));
    CHECK(stat(files[i].name, &status) == 0 && status.st_nlink == (files[i].answer == 0 ? 2 : 1));
    CHECK_EQ(unlink("name"), files[i].answer == 0 ? 0 : -1);
    CHECK_EQ(raw(SYS_link, files[i].name, "name"), 0); /* root may */
    unlink("name"), unlink(files[i].name);
  }
  CHECK_EQ(symlink("nowhere", "link"), 0);
  CHECK_ENDS(0, if (link_as_student("link", "name") != -EPERM) _exit(1));
  unlink("link");
  leave_scratch();
}

static void serve_nothing(int port) {
  struct kine_message message;
  for (;;)
    if (kine_receive(port, &message) == 0 && message.kind == KINE_CALL) kine_reply(message.token, -ECHILD);
}

TEST(mounts, "an ordinary user mounts below his own folder, and only his paths cross; the rest of the path goes along") {
  if (!on_kine()) return;
  enter_scratch();
  chmod(".", 0755);
  mkdir("mine", 0755), mkdir("theirs", 0755);
  CHECK_EQ(chown("mine", kStudent, kStudent), 0);
  int port = kine_port();
  pid_t server = fork();
  if (server == 0) serve_nothing(port);
  int connection = kine_mint(port, 7);
  pid_t user = fork();
  if (user == 0) {
    if (setgid(kStudent) != 0 || setuid(kStudent) != 0) _exit(1);
    CHECK_EQ(raw(SYS_mount, "x", "theirs", "kine", 0, connection), -EPERM);
    CHECK_EQ(raw(SYS_mount, "x", "mine", "tmpfs", 0, connection), -ENODEV);
    CHECK_EQ(raw(SYS_mount, "x", "mine", "kine", 0, 77), -EBADF);
    CHECK_EQ(raw(SYS_mount, "x", "mine", "kine", 0, port), -EINVAL);
    CHECK_EQ(raw(SYS_mount, "x", "mine", "kine", 0, connection), 0);
    CHECK_EQ(raw(SYS_mount, "x", "mine", "kine", 0, connection), -EBUSY);
    CHECK_EQ(raw(SYS_openat, AT_FDCWD, "mine/file", O_RDONLY), -ECHILD);
    CHECK_EQ(raw(SYS_openat, AT_FDCWD, "mine", O_RDONLY), -ECHILD);
    CHECK_EQ(raw(SYS_rename, "mine/file", "mine/other"), -EXDEV);
    _exit(0);
  }
  CHECK_EQ(ending_of(user), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "mine/file", O_RDONLY), -EACCES); /* not even root */
  CHECK_EQ(raw(SYS_rmdir, "mine"), -EBUSY);
  CHECK_EQ(raw(SYS_rename, "mine", "new"), -EBUSY);
  CHECK_ENDS(0, if (setuid(kOther) != 0 || raw(SYS_umount2, "mine", 0) != -EPERM) _exit(1));
  CHECK_EQ(raw(SYS_umount2, "mine", 0), 0);
  CHECK_EQ(raw(SYS_umount2, "mine", 0), -EINVAL);
  kill(server, SIGKILL), ending_of(server);
  close(port), close(connection);
  CHECK_EQ(rmdir("mine"), 0);
  CHECK_EQ(rmdir("theirs"), 0);
  leave_scratch();
}
