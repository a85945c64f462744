; The smallest program: it ends with status 0. bench runs it to learn what fork, exec and wait cost by themselves.
;
; With arguments it is a link in a chain. Its own first instruction reads the clock (so that the time of an execve can be taken up to
; exactly there); it writes the reading as 16 hexadecimal digits over its last argument, and executes argv[1] with argv[1…].
; Must never: use a stack slot or a library, which would be measured with it.

default rel
section .text

%define NR_EXECVE 59
%define NR_EXIT_GROUP 231

global _start:function
_start:
        rdtsc                           ; edx:eax = clock, on the very first instruction
        shl     rdx, 32
        or      rdx, rax
        mov     rcx, [rsp]              ; rcx = argc; argv begins at rsp + 8
        cmp     rcx, 2
        jae     .chain
        mov     eax, NR_EXIT_GROUP
        xor     edi, edi
        syscall

.chain:
        mov     rdi, [rsp + rcx * 8]    ; rdi = argv[argc - 1]: room for 16 digits
        mov     r8d, 16
.digit:
        rol     rdx, 4                  ; from the highest digit down
        mov     eax, edx
        and     eax, 15
        lea     r9d, [rax + '0']
        lea     r10d, [rax + 'a' - 10]
        cmp     eax, 10
        cmovae  r9d, r10d
        mov     [rdi], r9b
        inc     rdi
        dec     r8d
        jnz     .digit

        lea     rsi, [rsp + 16]         ; the new argv: without this program's name
        lea     rdx, [rsp + rcx * 8 + 16] ; envp: behind argv's null pointer
        mov     rdi, [rsi]
        mov     eax, NR_EXECVE
        syscall
        mov     eax, NR_EXIT_GROUP      ; only if it failed
        mov     edi, 127
        syscall

section .note.GNU-stack noalloc noexec nowrite progbits
