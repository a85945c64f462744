#ifndef _SETJMP_H
#define _SETJMP_H
#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned long jmp_buf[8]; /* rbx rbp r12 r13 r14 r15 rsp rip */

typedef struct {
  jmp_buf __registers;
  unsigned long __mask;
  int __has_mask;
} sigjmp_buf[1];

/* The mask of signals is left alone … */
int setjmp(jmp_buf state) __attribute__((returns_twice));
int _setjmp(jmp_buf state) __attribute__((returns_twice));
void longjmp(jmp_buf state, int value) __attribute__((noreturn));
void _longjmp(jmp_buf state, int value) __attribute__((noreturn));
/* … or comes back with the jump, if `mask` is not 0. */
int sigsetjmp(sigjmp_buf state, int mask) __attribute__((returns_twice));
void siglongjmp(sigjmp_buf state, int value) __attribute__((noreturn));
#define setjmp setjmp
#define sigsetjmp sigsetjmp

#ifdef __cplusplus
}
#endif
#endif
