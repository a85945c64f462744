/* The program of the article: a process forks, and both processes count. Each has its own copy of `count`, so each counts to 1.
 * It is plain POSIX: the same file builds with Kine's libc, musl and glibc, and prints the same on Linux. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void) {
  int count = 0;
  pid_t fpid = fork(); /* called once, returns twice */

  if (fpid < 0) {
    printf("创建进程失败!\n");
    return 1;
  }
  if (fpid == 0) {
    printf("我是子进程，由父进程fork出来\n");
    count++; /* the child's own: the parent's `count` stays 0 */
  } else {
    waitpid(fpid, NULL, 0); /* so that the child's lines come first, whatever the scheduler does */
    printf("我是父进程\n");
    count++;
  }
  printf("统计结果是: %d\n", count);
  return 0;
}
