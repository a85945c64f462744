; The smallest program: it ends with status 0. bench runs it to learn what fork, exec and wait cost by themselves.
;
; With arguments it is a link in a chain. Its own first instruction reads the clock (so that the time of an execve can be taken up to
; exactly there); it writes the reading and Kine's statistics to the chain's pipe (user/bench/chain.c), and executes argv[1] with argv[1…].
; Must never: use a library, or, before it has read the clock, memory; that would be measured with it.

default rel
section .text

%define NR_WRITE 1
%define NR_EXECVE 59
%define NR_EXIT_GROUP 231
%define KINE_STATISTICS 1000
%define KINE_MACHINE_FD 255
%define CHAIN_PIPE 11
%define LINK_BYTES 248                  ; 8 of the clock, 240 of struct kine_statistics; chain.c asserts it
%define ROOM 256                        ; keeps the stack aligned

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
        lea     rbx, [rsp + 16]         ; the new argv: without this program's name
        lea     rbp, [rbx + rcx * 8]    ; envp: behind argv's null pointer
        sub     rsp, ROOM               ; [rsp] becomes the clock, [rsp + 8] the statistics: bench's struct link
        mov     [rsp], rdx
        mov     eax, KINE_STATISTICS    ; on Linux it only fails, and nobody looks at what is there
        mov     edi, KINE_MACHINE_FD
        lea     rsi, [rsp + 8]
        syscall
        mov     eax, NR_WRITE
        mov     edi, CHAIN_PIPE
        mov     rsi, rsp
        mov     edx, LINK_BYTES
        syscall

        mov     rdi, [rbx]
        mov     rsi, rbx
        mov     rdx, rbp
        mov     eax, NR_EXECVE
        syscall
        mov     eax, NR_EXIT_GROUP      ; only if it failed
        mov     edi, 127
        syscall

section .note.GNU-stack noalloc noexec nowrite progbits
