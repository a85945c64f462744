; vfork and the clone of posix_spawn: calls whose child runs in the parent's address space, so that C cannot express them.
; Neither may touch the parent's stack from the child below what the parent still needs.

default rel
section .text

extern __libc_result

; pid_t vfork(void)
;
; The child returns first, on the same stack, and its next call overwrites the slot that holds the return address. So the
; address waits in a register, of which each of the two has its own copy.
global vfork:function
vfork:
        pop     rdx                     ; rdx = return address; rsp as the caller will have it
        mov     eax, 58                 ; SYS_vfork
        syscall                         ; keeps rdx
        push    rdx                     ; each process writes the slot again, the parent after the child is done with it
        mov     rdi, rax
        jmp     __libc_result           ; -1 and errno, or the pid; returns to our caller

; int __libc_clone_vfork(int (*function)(void *), void *stack_top, void *argument)
;
; Runs function(argument) in a child that shares all memory, on a stack of its own; the caller waits until the child has ended
; or executed another program. Returns the child's pid, or -1 with errno set.
global __libc_clone_vfork:function
__libc_clone_vfork:
        mov     r8, rdi                 ; r8 = function, r9 = argument: the child starts with copies of all registers
        mov     r9, rdx
        and     rsi, -16                ; rsi = stack of the child
        mov     edi, 0x4111             ; CLONE_VM | CLONE_VFORK | SIGCHLD
        xor     edx, edx                ; no parent_tid
        xor     r10d, r10d              ; no child_tid (r8, the TLS, counts only with CLONE_SETTLS)
        mov     eax, 56                 ; SYS_clone
        syscall
        test    eax, eax
        jz      .child
        mov     rdi, rax
        jmp     __libc_result
.child:
        xor     ebp, ebp                ; ends the chain of frames
        mov     rdi, r9
        call    r8
        mov     edi, eax
        mov     eax, 60                 ; SYS_exit
        syscall
        ud2

section .note.GNU-stack noalloc noexec nowrite progbits
