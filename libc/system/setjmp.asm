; setjmp and longjmp, and the return from a signal's handler. jmp_buf: the registers that a called function must preserve, in this order:
;
;       +0 rbx   +8 rbp   +16 r12   +24 r13   +32 r14   +40 r15   +48 rsp after setjmp returned   +56 return address
;
; sigjmp_buf: a jmp_buf, then   +64 mask of signals   +72 whether there is one (32 bits)

default rel
section .text

extern __libc_save_mask

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

global sigsetjmp:function
sigsetjmp:
        mov     [rdi + 72], esi
        test    esi, esi
        jz      setjmp                  ; which returns to our caller, and so does the jump later
        push    rdi
        call    __libc_save_mask
        pop     rdi
        jmp     setjmp

; Where the kernel lets every handler of a signal return: it was told the address together with the handler's.
global __libc_restorer:function
__libc_restorer:
        mov     eax, 15                 ; SYS_rt_sigreturn: takes all registers, rsp too, from the frame that rsp points at
        syscall

section .note.GNU-stack noalloc noexec nowrite progbits
