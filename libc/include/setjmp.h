#ifndef _SETJMP_H
#define _SETJMP_H
#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned long jmp_buf[8]; /* rbx rbp r12 r13 r14 r15 rsp rip */

int setjmp(jmp_buf state) __attribute__((returns_twice));
int _setjmp(jmp_buf state) __attribute__((returns_twice));
void longjmp(jmp_buf state, int value) __attribute__((noreturn));
void _longjmp(jmp_buf state, int value) __attribute__((noreturn));
#define setjmp setjmp

#ifdef __cplusplus
}
#endif
#endif
