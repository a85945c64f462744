; Into the kernel and back to user mode: the system-call entry, the stubs of the 256 interrupt vectors, and the one way out.
; Owns the layout of the user's registers in a Context (drawn in context.hh). Decides nothing: kernel_syscall and kernel_trap (C++) get the
; Context of the thread that came in and return the Context to resume.
;
; From user mode the processor pushes straight into the current Context (RSP0 = the end of its register area), so saving is done once.
; Afterwards the CPU's kernel stack always looks the same, because it is empty whenever user mode runs:
;
;     kernel_stack ->  | PerCpu*      |  for the debugger, below
;                      | user rip     |  as if user code had called the kernel:
;     rbp          ->  | user rbp     |  a frame that leads a back-trace into user code
;                      | return to us |  <- rsp on entry of kernel_syscall / kernel_trap (16-byte aligned before the call)
;
; GS: the user's base in user mode, this CPU's PerCpu in kernel mode. SWAPGS runs once on each way in from ring 3, and once on each way out.

%include "offsets.inc"

extern kernel_syscall, kernel_trap, kernel_mode_trap
global syscall_entry, trap_stubs, resume_context

bits 64
section .text

; The general registers, below vector and error, in the order of struct Registers from its end: what rsp points at becomes one.
%define GENERAL_REGISTERS rax, rcx, r9, r8, r10, rdx, rsi, rdi, r11, rbx, rbp, r12, r13, r14, r15

%macro push_all 1-*
    %rep %0
    push %1
    %rotate 1
    %endrep
%endmacro

%macro pop_all 1-*              ; backwards
    %rep %0
    %rotate -1
    pop %1
    %endrep
%endmacro

; ---------------------------------------------------------------------------------------------------------------------------------------
; SYSCALL (Intel SDM vol. 2B): rcx = user rip, r11 = user rflags, CS and SS = kernel's; IF, TF, DF, AC, NT and IOPL are clear by FMASK;
; rsp and GS base are still the user's. No interrupt can come before rsp is good; an NMI has a stack of its own.
syscall_entry:
    ; 1. The general registers, to the current Context.
    swapgs
    mov [gs:CPU_USER_STACK], rsp
    mov rsp, [gs:CPU_CURRENT]
    add rsp, REG_vector
    push_all GENERAL_REGISTERS
    ; 2. What the processor pushes for a trap; cs and ss are there already.
    mov rdi, rsp
    mov rax, [gs:CPU_USER_STACK]
    mov [rdi + REG_rsp], rax
    mov [rdi + REG_rflags], r11
    mov [rdi + REG_rip], rcx
    mov qword [rdi + REG_vector], SYSTEM_CALL
    ; 3. On the kernel stack, with the drawn frame.
    mov rsp, [gs:CPU_KERNEL_STACK]
    push rcx
syscall_frame:                  ; a symbol right here lets GDB see an ordinary function's first two instructions
    push rbp
    mov rbp, rsp
    call kernel_syscall
syscall_frame_end:

; rax = the Context to resume; PerCpu::current, RSP0, CR3, FPU and FS belong to it already.
resume_user:
    mov rsp, rax
    pop_all GENERAL_REGISTERS
    swapgs
    cmp qword [rsp], SYSTEM_CALL
    jne .trap
    ; A system call clobbers rcx and r11 (System V ABI, AMD64 supplement, A.2.1), and they still hold what SYSCALL put there and SYSRET wants:
    ; rip and rflags. rip is below the end of the user half: SYSRET to a non-canonical address would fault in ring 0 on the user's stack
    ; (Intel SDM vol. 2B, SYSRET), and a SYSCALL at the very end of the half would come back to one, so its last page is never mapped.
    mov rsp, [rsp + REG_rsp - REG_vector]
    o64 sysret
.trap:                          ; interrupted between any two instructions, or fresh: IRET pops the rest out of the Context itself
    add rsp, 16                 ; vector and error
    iretq

; [[noreturn]] void Machine::resume(Context& rdi): the first way out, from kernel_main.
resume_context:
    mov rax, rdi
    jmp resume_user

; ---------------------------------------------------------------------------------------------------------------------------------------
; The stubs: 256 of 16 bytes, so that cpu.cc computes each gate's address. The processor pushes an error code for some vectors (Intel SDM
; vol. 3A, table 6-1); for the others the stub pushes 0, so that the layout is one.
align 16
trap_stubs:
%assign vector 0
%rep 256
    align 16
    %if vector != 8 && vector != 17 && vector != 21 && !(vector >= 10 && vector <= 14)
    push 0
    %endif
    push vector
    %if vector == 2 || vector == 8 || vector == 18
    jmp ist_entry
    %else
    jmp trap_entry
    %endif
    %assign vector vector + 1
%endrep

; rsp -> vector, error, rip, cs, rflags, rsp, ss: in the current Context if user mode was interrupted, else on the kernel stack. IF is clear
; (interrupt gates), the other flags are the interrupted code's.
align 16
trap_entry:
    test byte [rsp + REG_cs - REG_vector], 3
    jz from_kernel
    swapgs
    push_all GENERAL_REGISTERS
    mov rdi, rsp
    mov rsp, [gs:CPU_KERNEL_STACK]
    ; User mode may have set DF, which C++ must find clear, or AC, which would switch SMAP off (Intel SDM vol. 3A, 4.6.1).
    push 2
    popfq
    push qword [rdi + REG_rip]
trap_frame:
    push rbp
    mov rbp, rsp
    call kernel_trap
    jmp resume_user
trap_frame_end:
from_kernel:
    push_all GENERAL_REGISTERS
    jmp kernel_trap_entry

; NMI, double fault and machine check, each on a stack of its own, may come even between an entry and its SWAPGS, so cs does not tell whose
; GS base is loaded. The kernel's is in the upper half, and no user can set one there.
ist_entry:
    push_all GENERAL_REGISTERS
    mov ecx, MSR_GS_BASE
    rdmsr
    test edx, edx
    js kernel_trap_entry
    swapgs

; void kernel_mode_trap(Registers*): returns only for an interrupt, which it has acknowledged. The processor aligned rsp to 16 bytes
; before it pushed, and struct Registers is a multiple of 16.
kernel_trap_entry:
    mov rdi, rsp
    push 2                      ; as in trap_entry: DF and AC may be set
    popfq
    push qword [rdi + REG_rip]
kernel_trap_frame:
    push rbp
    mov rbp, rsp
    call kernel_mode_trap
kernel_trap_frame_end:
    add rsp, 16                 ; the frame
    pop_all GENERAL_REGISTERS
    add rsp, 16                 ; vector and error
    iretq

; ---------------------------------------------------------------------------------------------------------------------------------------
; For the debugger (DWARF 4, 6.4): how to get from the three frames above to the code that was interrupted. The frame pointer leads to its
; rip and rbp; its rsp is in the saved registers. The processor never sees this section.
section .debug_frame progbits noalloc noexec nowrite align=8
cie:
    dd cie_end - cie - 4
    dd 0xffffffff
    db 1, "zS", 0               ; version 1; a signal's frame: the caller's stack may lie anywhere, its rip is not behind a call
    db 1, 0x78, 16, 0           ; code factor 1, data factor -8, the return address is rip (16), no more data
cie_end:

%define AT_RBP 0x76             ; DW_OP_breg6: rbp + the next byte
%define FETCH 0x06              ; DW_OP_deref
%define ADD 0x23                ; DW_OP_plus_uconst: + the next bytes, 7 bits each
%define REG_rsp_LEB (REG_rsp & 0x7f) | 0x80, REG_rsp >> 7

; begin, end of the code; then the expression for the interrupted rsp.
%macro unwind 3-*
    dd %%end - %%start
%%start:
    dd cie
    dq %1, %2 - %1
    db 0
    db 0x10, 16, 2, AT_RBP, 8   ; DW_CFA_expression: rip is at rbp + 8
    db 0x10, 6, 2, AT_RBP, 0    ; rbp is at rbp
    db 0x0f, %0 - 2             ; DW_CFA_def_cfa_expression
    %rep %0 - 2
    db %3
    %rotate 1
    %endrep
%%end:
%endmacro

; From user mode: rsp is in the current Context.
unwind syscall_frame + 4, syscall_frame_end, AT_RBP, 16, FETCH, ADD, CPU_CURRENT, FETCH, ADD, REG_rsp_LEB, FETCH
unwind trap_frame + 4, trap_frame_end, AT_RBP, 16, FETCH, ADD, CPU_CURRENT, FETCH, ADD, REG_rsp_LEB, FETCH
; From kernel mode: struct Registers lies right above the frame.
unwind kernel_trap_frame + 4, kernel_trap_frame_end, AT_RBP, 16, ADD, REG_rsp_LEB, FETCH
