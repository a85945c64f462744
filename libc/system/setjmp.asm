; setjmp and longjmp. jmp_buf: the registers that a called function must preserve, in this order:
;
;       +0 rbx   +8 rbp   +16 r12   +24 r13   +32 r14   +40 r15   +48 rsp after setjmp returned   +56 return address

default rel
section .text

global setjmp:function
global _setjmp:function
setjmp:
_setjmp:
        mov     [rdi], rbx
        mov     [rdi + 8], rbp
        mov     [rdi + 16], r12
        mov     [rdi + 24], r13
        mov     [rdi + 32], r14
        mov     [rdi + 40], r15
        lea     rdx, [rsp + 8]
        mov     [rdi + 48], rdx
        mov     rdx, [rsp]
        mov     [rdi + 56], rdx
        xor     eax, eax
        ret

global longjmp:function
global _longjmp:function
longjmp:
_longjmp:
        mov     eax, esi
        cmp     eax, 1
        adc     eax, 0                  ; a value of 0 becomes 1: setjmp returns 0 only the first time
        mov     rbx, [rdi]
        mov     rbp, [rdi + 8]
        mov     r12, [rdi + 16]
        mov     r13, [rdi + 24]
        mov     r14, [rdi + 32]
        mov     r15, [rdi + 40]
        mov     rsp, [rdi + 48]
        jmp     [rdi + 56]

section .note.GNU-stack noalloc noexec nowrite progbits
