; Entry point of every program. The kernel enters here with an empty register set and this stack:
;
;       rsp ->  argc | argv[0] … argv[argc-1] | NULL | environment strings | NULL | auxiliary vector
;
; rsp is a multiple of 16, as it must be before each call instruction.

default rel
section .text

extern __libc_start
extern _DYNAMIC:weak                    ; from the linker; a non-PIE program has none
extern __ehdr_start:weak                ; from the linker: the ELF header, linked at address 0 in a PIE

global _start:function
_start:
        xor     ebp, ebp                ; ends the chain of frames for debuggers
        mov     rdi, rsp                ; rdi = address of argc
        lea     rsi, [_DYNAMIC]         ; where these two are is known before any relocation only as a distance from rip
        lea     rdx, [__ehdr_start]
        and     rsp, -16
        call    __libc_start            ; does not return
        ud2

section .note.GNU-stack noalloc noexec nowrite progbits
