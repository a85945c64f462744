/* Names: folders, links, renaming, removing, listing, permissions, times, the working directory. */
#include <dirent.h>
#include <limits.h>
#include <sys/statfs.h>

#include "bad.h"
#include "scratch.h"

static struct stat status;
static long look(const char *path) { return raw(SYS_newfstatat, AT_FDCWD, path, &status, 0); }
static long look_at_link(const char *path) { return raw(SYS_newfstatat, AT_FDCWD, path, &status, AT_SYMLINK_NOFOLLOW); }

TEST(folders, "mkdir, rmdir: what they make and take away, and every way that they fail") {
  enter_scratch();
  CHECK_EQ(raw(SYS_mkdir, "d", 0755), 0);
  CHECK_EQ(look("d"), 0);
  CHECK(S_ISDIR(status.st_mode) && (status.st_mode & 07777) == 0755);
  CHECK_EQ(raw(SYS_mkdir, "d", 0755), -EEXIST);
  CHECK_EQ(raw(SYS_mkdir, "nothing/d", 0755), -ENOENT);
  CHECK_EQ(raw(SYS_mkdir, "", 0755), -ENOENT);
  make_file("f", "");
  CHECK_EQ(raw(SYS_mkdir, "f/d", 0755), -ENOTDIR);
  CHECK_EQ(raw(SYS_mkdir, "d/e/", 0700), 0); /* a slash at the end is no harm */
  CHECK_EQ(raw(SYS_mkdirat, AT_FDCWD, "d/e/g", 0700), 0);
  CHECK_EQ(raw(SYS_rmdir, "d"), -ENOTEMPTY);
  CHECK_EQ(raw(SYS_rmdir, "f"), -ENOTDIR);
  CHECK_EQ(raw(SYS_rmdir, "d/."), -EINVAL);
  CHECK_EQ(raw(SYS_rmdir, "d/e/.."), -ENOTEMPTY);
  CHECK_EQ(raw(SYS_rmdir, "nothing"), -ENOENT);
  CHECK_EQ(raw(SYS_unlink, "d"), -EISDIR);
  CHECK_EQ(raw(SYS_unlinkat, AT_FDCWD, "d/e/g", AT_REMOVEDIR), 0);
  CHECK_EQ(raw(SYS_rmdir, "d/e/"), 0);
  CHECK_EQ(raw(SYS_rmdir, "d"), 0);
  CHECK_EQ(raw(SYS_unlink, "f/"), -ENOTDIR);
  CHECK_EQ(raw(SYS_unlink, "f"), 0);
  CHECK_EQ(raw(SYS_unlink, "f"), -ENOENT);
  CHECK_EQ(raw(SYS_unlinkat, AT_FDCWD, "f", 1), -EINVAL);
  leave_scratch();
}

TEST(names, "names of 255 bytes of any kind but NUL and slash; 256 are too many; a path of 4,096, too") {
  char name[300], path[5000];

  enter_scratch();
  memset(name, 'n', sizeof name);
  name[255] = 0;
  make_file(name, "x");
  CHECK_EQ(unlink(name), 0);
  name[255] = 'n', name[256] = 0;
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT, 0644), -ENAMETOOLONG);
  CHECK_EQ(look(name), -ENAMETOOLONG);
  make_file("\xff\x01 *?\n", "strange");
  CHECK(has_contents("\xff\x01 *?\n", "strange"));
  CHECK_EQ(unlink("\xff\x01 *?\n"), 0);
  for (int i = 0; i < 2500; i++) memcpy(path + 2 * i, "./", 2);
  path[4000] = 0;
  CHECK_EQ(look(path), 0);
  path[4000] = '.', path[4096] = 0;
  CHECK_EQ(look(path), -ENAMETOOLONG);
  leave_scratch();
}

TEST(dots, "., .., doubled slashes, and .. of the root") {
  struct stat other;

  enter_scratch();
  mkdir("a", 0755), mkdir("a/b", 0755);
  CHECK_EQ(look("a"), 0);
  other = status;
  CHECK_EQ(look("a/b/.."), 0);
  CHECK_EQ(status.st_ino, other.st_ino);
  CHECK_EQ(look(".//a/./b//..//."), 0);
  CHECK_EQ(status.st_ino, other.st_ino);
  CHECK_EQ(look("/"), 0);
  other = status;
  CHECK_EQ(look("/../.."), 0);
  CHECK_EQ(status.st_ino, other.st_ino);
  CHECK_EQ(look("a/nothing/.."), -ENOENT);
  rmdir("a/b"), rmdir("a");
  leave_scratch();
}

TEST(hard_links, "link gives a file another name; it lives until the last one is gone") {
  struct stat other;

  enter_scratch();
  make_file("a", "shared");
  CHECK_EQ(raw(SYS_link, "a", "b"), 0);
  CHECK_EQ(look("a"), 0);
  CHECK_EQ(status.st_nlink, 2);
  other = status;
  CHECK_EQ(look("b"), 0);
  CHECK_EQ(status.st_ino, other.st_ino);
  make_file("b", "changed");
  CHECK(has_contents("a", "changed"));
  CHECK_EQ(raw(SYS_link, "a", "b"), -EEXIST);
  CHECK_EQ(raw(SYS_link, "nothing", "c"), -ENOENT);
  mkdir("d", 0755);
  CHECK_EQ(raw(SYS_link, "d", "e"), -EPERM);
  CHECK_EQ(raw(SYS_link, "a", "d/c"), 0);
  CHECK_EQ(unlink("a"), 0);
  CHECK_EQ(look("b"), 0);
  CHECK_EQ(status.st_nlink, 2);
  symlink("b", "s");
  CHECK_EQ(raw(SYS_linkat, AT_FDCWD, "s", AT_FDCWD, "t", 0), 0); /* the link itself */
  CHECK_EQ(look_at_link("t"), 0);
  CHECK(S_ISLNK(status.st_mode));
  CHECK_EQ(raw(SYS_linkat, AT_FDCWD, "s", AT_FDCWD, "u", AT_SYMLINK_FOLLOW), 0);
  CHECK_EQ(look_at_link("u"), 0);
  CHECK(S_ISREG(status.st_mode));
  unlink("b"), unlink("d/c"), unlink("s"), unlink("t"), unlink("u"), rmdir("d");
  leave_scratch();
}

TEST(symbolic_links, "symlink, readlink; links are followed on the way and at the end, at most 40 of them") {
  char text[20], from[4], to[4];

  enter_scratch();
  mkdir("d", 0755);
  make_file("d/f", "behind a link");
  CHECK_EQ(raw(SYS_symlink, "d", "dl"), 0);
  CHECK_EQ(raw(SYS_symlink, "dl/f", "fl"), 0);
  CHECK(has_contents("fl", "behind a link"));
  CHECK(has_contents("dl/f", "behind a link"));
  CHECK_EQ(raw(SYS_readlink, "fl", text, sizeof text), 4);
  CHECK_EQ(memcmp(text, "dl/f", 4), 0);
  CHECK_EQ(raw(SYS_readlink, "fl", text, 2), 2);
  CHECK_EQ(raw(SYS_readlink, "fl", text, 0), -EINVAL);
  CHECK_EQ(raw(SYS_readlink, "fl", text, -1), -EINVAL);
  CHECK_EQ(raw(SYS_readlink, "d/f", text, sizeof text), -EINVAL);
  CHECK_EQ(raw(SYS_readlink, "nothing", text, sizeof text), -ENOENT);
  CHECK_EFAULT(1, kForWriting, raw(SYS_readlink, "fl", p, 10));
  CHECK_EQ(look_at_link("fl"), 0);
  CHECK(S_ISLNK(status.st_mode) && status.st_size == 4);
  CHECK_EQ(raw(SYS_symlink, "x", "fl"), -EEXIST);
  CHECK_EQ(raw(SYS_symlink, "", "empty"), -ENOENT);
  CHECK_EQ(raw(SYS_symlink, "/tmp", "absolute"), 0);
  CHECK_EQ(look("absolute/."), 0);
  CHECK_EQ(raw(SYS_symlink, "loop", "loop"), 0);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "loop", O_RDONLY), -ELOOP);
  CHECK_EQ(raw(SYS_symlink, "nowhere", "dangling"), 0);
  CHECK_EQ(look("dangling"), -ENOENT);
  make_file("dangling", "made by a link");
  CHECK(has_contents("nowhere", "made by a link"));
  /* A chain: a1 -> a2 -> … -> a41 -> d */
  for (int i = 41; i >= 1; i--) {
    snprintf(from, sizeof from, "a%d", i);
    snprintf(to, sizeof to, "a%d", i + 1);
    symlink(i == 41 ? "d" : to, from);
  }
  CHECK_EQ(look("a2"), 0); /* 40 links */
  CHECK_EQ(look("a1"), -ELOOP);
  for (int i = 1; i <= 41; i++) {
    snprintf(from, sizeof from, "a%d", i);
    unlink(from);
  }
  unlink("dl"), unlink("fl"), unlink("absolute"), unlink("loop"), unlink("dangling"), unlink("nowhere"), unlink("d/f"), rmdir("d");
  leave_scratch();
}

TEST(renaming, "rename: replaces in one step, moves folders, never into themselves") {
  struct stat other;

  enter_scratch();
  make_file("a", "a"), make_file("b", "b");
  CHECK_EQ(raw(SYS_rename, "a", "b"), 0);
  CHECK(has_contents("b", "a"));
  CHECK_EQ(look("a"), -ENOENT);
  CHECK_EQ(raw(SYS_rename, "nothing", "x"), -ENOENT);
  CHECK_EQ(raw(SYS_rename, "b", "no/b"), -ENOENT);
  mkdir("d", 0755), mkdir("d/e", 0755), mkdir("empty", 0755);
  look("d/e");
  other = status;
  CHECK_EQ(raw(SYS_rename, "d/e", "moved"), 0);
  CHECK_EQ(look("moved"), 0);
  CHECK_EQ(status.st_ino, other.st_ino);
  CHECK_EQ(raw(SYS_rename, "moved", "d/e"), 0);
  CHECK_EQ(look("d/e/.."), 0);
  CHECK_EQ(raw(SYS_rename, "d", "d/e/inside"), -EINVAL);
  CHECK_EQ(raw(SYS_rename, "d", "d"), 0);
  CHECK_EQ(raw(SYS_rename, "b", "d"), -EISDIR);
  CHECK_EQ(raw(SYS_rename, "d", "b"), -ENOTDIR);
  CHECK_EQ(raw(SYS_rename, "empty", "d"), -ENOTEMPTY);
  CHECK_EQ(raw(SYS_rename, "d", "empty"), 0);
  CHECK_EQ(look("empty/e"), 0);
  CHECK_EQ(raw(SYS_rename, ".", "x"), -EBUSY);
  link("b", "c");
  CHECK_EQ(raw(SYS_rename, "b", "c"), 0); /* two names of one file: nothing happens */
  CHECK_EQ(look("b"), 0);
  CHECK_EQ(raw(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "c", RENAME_NOREPLACE), -EEXIST);
  CHECK_EQ(raw(SYS_renameat2, AT_FDCWD, "b", AT_FDCWD, "free", RENAME_NOREPLACE), 0);
  CHECK_EQ(raw(SYS_renameat2, AT_FDCWD, "free", AT_FDCWD, "c", 0x100), -EINVAL);
  unlink("free"), unlink("c"), rmdir("empty/e"), rmdir("empty");
  leave_scratch();
}

TEST(listing, "getdents64 gives every name once, also while names come and go, in pieces of any size") {
  enum { kFiles = 150 };
  static char block[1000];
  char name[20], seen[kFiles] = {0};
  int dots = 0, others = 0;

  enter_scratch();
  mkdir("d", 0755);
  for (int i = 0; i < kFiles; i++) {
    snprintf(name, sizeof name, "d/file.%d", i);
    make_file(name, "");
  }
  long fd = raw(SYS_openat, AT_FDCWD, "d", O_RDONLY | O_DIRECTORY), size;
  while ((size = raw(SYS_getdents64, fd, block, sizeof block)) > 0)
    for (long at = 0; at < size;) {
      struct dirent *entry = (struct dirent *)(block + at);
      REQUIRE(entry->d_reclen >= 20 && entry->d_reclen % 8 == 0);
      if (strncmp(entry->d_name, "file.", 5) == 0)
        seen[atoi(entry->d_name + 5)]++, CHECK_EQ(entry->d_type, DT_REG);
      else if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
        dots++, CHECK_EQ(entry->d_type, DT_DIR);
      else
        others++;
      at += entry->d_reclen;
    }
  CHECK_EQ(size, 0);
  CHECK_EQ(dots, 2);
  CHECK_EQ(others, 0);
  for (int i = 0; i < kFiles; i++) REQUIRE(CHECK_EQ(seen[i], 1));
  CHECK_EQ(raw(SYS_lseek, fd, 0, SEEK_SET), 0);
  CHECK_EQ(raw(SYS_getdents64, fd, block, 10), -EINVAL); /* no entry fits */
  CHECK(raw(SYS_getdents64, fd, block, sizeof block) > 0);
  CHECK_EFAULT(24, kForWriting, (raw(SYS_lseek, fd, 0, SEEK_SET), raw(SYS_getdents64, fd, p, 200)));
  CHECK_EQ(raw(SYS_read, fd, block, 10), -EISDIR);
  raw(SYS_close, fd);
  long file = raw(SYS_openat, AT_FDCWD, "d/file.0", O_RDONLY);
  CHECK_EQ(raw(SYS_getdents64, file, block, sizeof block), -ENOTDIR);
  raw(SYS_close, file);
  for (int i = 0; i < kFiles; i++) {
    snprintf(name, sizeof name, "d/file.%d", i);
    unlink(name);
  }
  rmdir("d");
  leave_scratch();
}

TEST(permission_bits, "chmod sets twelve bits, a new file has what umask leaves") {
  enter_scratch();
  umask(027);
  make_file("f", "");
  CHECK_EQ(look("f"), 0);
  CHECK_EQ(status.st_mode & 07777, 0640);
  mkdir("d", 0777);
  look("d");
  CHECK_EQ(status.st_mode & 07777, 0750);
  umask(022);
  static const int modes[] = {0, 0777, 0644, 04755, 01777, 02755};
  for (unsigned i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    CHECK_EQ(raw(SYS_chmod, "d", modes[i]), 0);
    look("d");
    CHECK_EQ(status.st_mode, S_IFDIR | (unsigned)modes[i]);
  }
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_RDONLY);
  CHECK_EQ(raw(SYS_fchmod, fd, 0600), 0);
  look("f");
  CHECK_EQ(status.st_mode & 07777, 0600);
  CHECK_EQ(raw(SYS_fchmodat, AT_FDCWD, "f", 0644), 0);
  CHECK_EQ(raw(SYS_chmod, "nothing", 0644), -ENOENT);
  raw(SYS_close, fd);
  unlink("f"), rmdir("d");
  leave_scratch();
}

/* In a child that is user 100: 0, or which of the rules was broken. */
static int as_another_user(void) {
  char byte;

  if (raw(SYS_setgid, 100) != 0 || raw(SYS_setgroups, 0, NULL) != 0 || raw(SYS_setuid, 100) != 0) return 1;
  if (raw(SYS_openat, AT_FDCWD, "secret", O_RDONLY) != -EACCES) return 2;
  if (raw(SYS_openat, AT_FDCWD, "public", O_WRONLY) != -EACCES) return 3;
  long fd = raw(SYS_openat, AT_FDCWD, "public", O_RDONLY);
  if (fd < 0 || raw(SYS_read, fd, &byte, 1) != 1) return 4;
  if (raw(SYS_openat, AT_FDCWD, "closed/f", O_RDONLY) != -EACCES) return 5;
  if (raw(SYS_unlink, "public") != -EACCES || raw(SYS_openat, AT_FDCWD, "new", O_WRONLY | O_CREAT, 0644) != -EACCES) return 6;
  if (raw(SYS_chmod, "public", 0777) != -EPERM || raw(SYS_chown, "public", 100, 100) != -EPERM) return 7;
  if (raw(SYS_rename, "public", "open/stolen") != -EACCES) return 8;
  if (raw(SYS_openat, AT_FDCWD, "open/mine", O_WRONLY | O_CREAT | O_EXCL, 0600) < 0) return 9;
  if (raw(SYS_newfstatat, AT_FDCWD, "open/mine", &status, 0) != 0 || status.st_uid != 100 || status.st_gid != 100) return 10;
  if (raw(SYS_unlink, "open/roots") != -EPERM || raw(SYS_rename, "open/roots", "open/mine") != -EPERM) return 11; /* sticky */
  if (raw(SYS_chmod, "open/mine", 0400) != 0 || raw(SYS_openat, AT_FDCWD, "open/mine", O_WRONLY) != -EACCES) return 12;
  if (raw(SYS_access, "secret", R_OK) != -EACCES || raw(SYS_access, "public", R_OK) != 0 || raw(SYS_access, "public", W_OK) != -EACCES)
    return 13;
  if (raw(SYS_truncate, "public", 0) != -EACCES || raw(SYS_utimensat, AT_FDCWD, "public", NULL, 0) != -EACCES) return 14;
  if (raw(SYS_chdir, "closed") != -EACCES || raw(SYS_openat, AT_FDCWD, "closed", O_RDONLY) != -EACCES) return 15;
  if (raw(SYS_newfstatat, AT_FDCWD, "secret", &status, 0) != 0) return 16; /* to look at needs no right */
  if (raw(SYS_link, "open/mine", "open/again") != 0 || raw(SYS_unlink, "open/again") != 0) return 17;
  return raw(SYS_unlink, "open/mine") == 0 ? 0 : 18;
}

TEST(other_users, "rights of owner, group and others hold against a user who is none of them") {
  if (raw(SYS_geteuid) != 0) return;
  enter_scratch();
  chmod(".", 0755);
  make_file("secret", "x"), chmod("secret", 0600);
  make_file("public", "x"), chmod("public", 0644);
  mkdir("closed", 0700), make_file("closed/f", "x");
  mkdir("open", 0755), chmod("open", 01777), make_file("open/roots", "x");
  CHECK_ENDS(0, _exit(as_another_user()));
  CHECK_EQ(chmod("secret", 0640), 0);
  CHECK_EQ(chown("secret", 0, 300), 0);
  static const unsigned groups[] = {299, 300};
  CHECK_ENDS(0, setgroups(2, groups); setgid(100); setuid(100);
             _exit(open("secret", O_RDONLY) < 0 || open("secret", O_WRONLY) >= 0)); /* by group */
  CHECK_EQ(chmod("secret", 0604), 0);
  CHECK_ENDS(0, setgroups(2, groups); setgid(100); setuid(100);
             _exit(open("secret", O_RDONLY) >= 0)); /* the group's bits are the ones that count */
  unlink("secret"), unlink("public"), unlink("closed/f"), rmdir("closed"), unlink("open/roots"), rmdir("open");
  leave_scratch();
}

TEST(set_user_id_is_cleared, "a write or a change of the owner by somebody else takes the set-user-id bits away") {
  if (raw(SYS_geteuid) != 0) return;
  enter_scratch();
  make_file("f", "x");
  CHECK_EQ(chmod("f", 04755), 0);
  CHECK_EQ(chown("f", 100, 100), 0);
  look("f");
  CHECK_EQ(status.st_mode & 07777, 0755);
  CHECK(status.st_uid == 100 && status.st_gid == 100);
  CHECK_EQ(raw(SYS_chown, "f", -1, 7), 0);
  look("f");
  CHECK(status.st_uid == 100 && status.st_gid == 7);
  unlink("f");
  leave_scratch();
}

TEST(times, "utimensat sets times, to a given moment, to now, or not at all; a write sets one of them") {
  struct timespec when[2] = {{1000000000, 123456789}, {1100000000, 5}}, odd[2] = {{0, 1000000000}, {0, 0}};

  enter_scratch();
  make_file("f", "x");
  CHECK_EQ(raw(SYS_utimensat, AT_FDCWD, "f", when, 0), 0);
  look("f");
  CHECK(status.st_atim.tv_sec == 1000000000 && status.st_mtim.tv_sec == 1100000000);
  CHECK(status.st_atim.tv_nsec == 123456789 && status.st_mtim.tv_nsec == 5);
  when[0].tv_nsec = UTIME_OMIT, when[1].tv_nsec = UTIME_NOW;
  CHECK_EQ(raw(SYS_utimensat, AT_FDCWD, "f", when, 0), 0);
  look("f");
  CHECK_EQ(status.st_atim.tv_sec, 1000000000);
  CHECK(status.st_mtim.tv_sec > 1100000000);
  CHECK_EQ(raw(SYS_utimensat, AT_FDCWD, "f", odd, 0), -EINVAL);
  CHECK_EQ(raw(SYS_utimensat, AT_FDCWD, "nothing", NULL, 0), -ENOENT);
  long fd = raw(SYS_openat, AT_FDCWD, "f", O_WRONLY);
  when[0] = when[1] = (struct timespec){1, 2};
  CHECK_EQ(raw(SYS_utimensat, fd, NULL, when, 0), 0); /* futimens */
  look("f");
  CHECK_EQ(status.st_mtim.tv_sec, 1);
  CHECK_EQ(raw(SYS_write, fd, "y", 1), 1);
  look("f");
  CHECK(status.st_mtim.tv_sec > 1100000000 && status.st_ctim.tv_sec > 1100000000);
  raw(SYS_close, fd);
  CHECK_EFAULT(32, kForReading | kOrNull, raw(SYS_utimensat, AT_FDCWD, "f", p, 0));
  unlink("f");
  leave_scratch();
}

TEST(working_directory, "chdir, fchdir, getcwd; a folder that one is in may be removed and is then no longer of use") {
  char path[PATH_MAX];

  enter_scratch();
  CHECK_EQ(raw(SYS_getcwd, path, sizeof path), (long)strlen(scratch) + 1);
  CHECK_EQ(strcmp(path, scratch), 0);
  mkdir("a", 0755), mkdir("a/b", 0755), make_file("a/f", "x");
  CHECK_EQ(raw(SYS_chdir, "a/b"), 0);
  CHECK(raw(SYS_getcwd, path, sizeof path) > 0);
  CHECK_EQ(strcmp(path + strlen(scratch), "/a/b"), 0);
  CHECK_EQ(raw(SYS_getcwd, path, 5), -ERANGE);
  CHECK_EFAULT(5, kForWriting, raw(SYS_getcwd, p, 4096));
  CHECK(has_contents("../f", "x"));
  CHECK_EQ(raw(SYS_chdir, "../f"), -ENOTDIR);
  CHECK_EQ(raw(SYS_chdir, "nothing"), -ENOENT);
  long here = raw(SYS_openat, AT_FDCWD, ".", O_RDONLY | O_DIRECTORY);
  CHECK_ENDS(0, chdir("/"); _exit(raw(SYS_getcwd, path, sizeof path) != 2));
  CHECK(raw(SYS_getcwd, path, sizeof path) > 2); /* a child's is its own */
  CHECK_EQ(raw(SYS_chdir, ".."), 0);
  CHECK_EQ(raw(SYS_fchdir, here), 0);
  CHECK(raw(SYS_getcwd, path, sizeof path) > 0);
  CHECK_EQ(strcmp(path + strlen(scratch), "/a/b"), 0);
  CHECK_EQ(raw(SYS_rmdir, "../b"), 0);
  CHECK_EQ(raw(SYS_getcwd, path, sizeof path), -ENOENT);
  CHECK_EQ(raw(SYS_openat, AT_FDCWD, "new", O_WRONLY | O_CREAT, 0644), -ENOENT);
  CHECK_EQ(raw(SYS_chdir, scratch), 0);
  long file = raw(SYS_openat, AT_FDCWD, "a/f", O_RDONLY);
  CHECK_EQ(raw(SYS_fchdir, file), -ENOTDIR);
  raw(SYS_close, here), raw(SYS_close, file);
  unlink("a/f"), rmdir("a");
  leave_scratch();
}

TEST(relative_to_a_folder, "the calls with `at` take a folder to start from; an absolute path does not care") {
  enter_scratch();
  mkdir("d", 0755), make_file("d/f", "x");
  long d = raw(SYS_openat, AT_FDCWD, "d", O_RDONLY | O_DIRECTORY);
  CHECK_EQ(raw(SYS_newfstatat, d, "f", &status, 0), 0);
  CHECK_EQ(raw(SYS_newfstatat, d, "", &status, AT_EMPTY_PATH), 0);
  CHECK(S_ISDIR(status.st_mode));
  CHECK_EQ(raw(SYS_newfstatat, d, "", &status, 0), -ENOENT);
  CHECK_EQ(raw(SYS_newfstatat, 77, "/", &status, 0), 0);
  CHECK_EQ(raw(SYS_newfstatat, 77, "f", &status, 0), -EBADF);
  long f = raw(SYS_openat, d, "f", O_RDONLY);
  CHECK(f >= 0);
  CHECK_EQ(raw(SYS_newfstatat, f, "x", &status, 0), -ENOTDIR);
  CHECK_EQ(raw(SYS_mkdirat, d, "e", 0755), 0);
  CHECK_EQ(raw(SYS_symlinkat, "e", d, "s"), 0);
  CHECK_EQ(raw(SYS_renameat, d, "f", AT_FDCWD, "g"), 0);
  CHECK_EQ(raw(SYS_linkat, AT_FDCWD, "g", d, "h", 0), 0);
  CHECK_EQ(raw(SYS_faccessat, d, "h", R_OK), 0);
  CHECK_EQ(raw(SYS_faccessat, d, "h", 8), -EINVAL);
  CHECK_EQ(raw(SYS_unlinkat, d, "h", 0), 0);
  CHECK_EQ(raw(SYS_unlinkat, d, "s", 0), 0);
  CHECK_EQ(raw(SYS_unlinkat, d, "e", AT_REMOVEDIR), 0);
  raw(SYS_close, d), raw(SYS_close, f);
  unlink("g"), rmdir("d");
  leave_scratch();
}

TEST(statfs_calls, "statfs tells of room, in blocks") {
  struct statfs room;

  CHECK_EQ(raw(SYS_statfs, "/tmp", &room), 0);
  CHECK(room.f_bsize > 0 && room.f_bfree <= room.f_blocks);
  CHECK_EQ(raw(SYS_statfs, "/nothing/at/all", &room), -ENOENT);
  long fd = raw(SYS_openat, AT_FDCWD, "/tmp", O_RDONLY);
  CHECK_EQ(raw(SYS_fstatfs, fd, &room), 0);
  raw(SYS_close, fd);
  CHECK_EFAULT(120, kForWriting, raw(SYS_statfs, "/tmp", p));
}

TEST(statx_call, "statx, where it exists, tells what fstatat tells") {
  unsigned char out[256 + 16];

  enter_scratch();
  make_file("f", "12345");
  memset(out, 0xee, sizeof out);
  long result = raw(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, out);
  if (result != -ENOSYS) {
    uint64_t size, ino;
    uint16_t mode;
    CHECK_EQ(result, 0);
    look("f");
    memcpy(&mode, out + 28, 2), memcpy(&ino, out + 32, 8), memcpy(&size, out + 40, 8);
    CHECK(mode == status.st_mode && ino == status.st_ino && size == 5);
    CHECK_BYTES(out + 256, 16, 0xee);
    CHECK_EFAULT(256, kForWriting, raw(SYS_statx, AT_FDCWD, "f", 0, 0x7ff, p));
  }
  unlink("f");
  leave_scratch();
}
