; From either boot loader to C++: the loaders' headers, the check that the CPU will do, the early page tables, the step into long mode.
; Linked at its physical address, 1 MiB up; used once. Stores nothing but the early page tables.

%include "offsets.inc"

extern boot_main, early_tables_physical
global boot_entry

MULTIBOOT2_MAGIC      equ 0xe85250d6    ; of the header; the loader answers with the next one in eax
MULTIBOOT2_LOADED     equ 0x36d76289
PVH_MAGIC             equ 0x336ec578    ; first word of struct hvm_start_info
MSR_EFER              equ 0xc0000080

; The multiboot2 header (Multiboot2 specification 2.0, 3.1), within the first 32 KiB of the file, 8-byte aligned.
section .multiboot2 progbits alloc noexec nowrite align=8
header:
    dd MULTIBOOT2_MAGIC, 0, header_end - header
    dd -(MULTIBOOT2_MAGIC + (header_end - header)) & 0xffffffff
    align 8, db 0
    dw 1, 0                     ; information request: command line, modules, memory map
    dd 20, 1, 3, 6
    align 8, db 0
    dw 3, 0                     ; entry address
    dd 12, boot_entry
    align 8, db 0
    dw 6, 0                     ; modules on page boundaries
    dd 8
    dw 0, 0                     ; end
    dd 8
header_end:

; The PVH entry point (Xen, public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY), which `qemu -kernel` looks for.
section .note.Xen note alloc noexec nowrite align=4
    dd 4, 8, 18
    db "Xen", 0
    dq boot_entry

section .boot progbits alloc exec nowrite align=16
bits 32

; Both enter in 32-bit protected mode, flat segments, paging off, interrupts off, no stack. ebx = the loader's information.
boot_entry:
    mov esi, message_loader
    cmp eax, MULTIBOOT2_LOADED
    je check_cpu
    cmp dword [ebx], PVH_MAGIC
    jne refuse

; 1. The CPU must know long mode, NX and SYSCALL (Intel SDM vol. 2A, CPUID leaf 80000001H). edi = the loader's eax, ebp = its information.
check_cpu:
    mov edi, eax
    mov ebp, ebx
    mov eax, 0x80000000
    cpuid
    mov esi, message_long_mode
    cmp eax, 0x80000001
    jb refuse
    mov eax, 0x80000001
    cpuid
    bt edx, 29
    jnc refuse
    mov esi, message_nx
    bt edx, 20
    jnc refuse
    mov esi, message_syscall
    bt edx, 11
    jnc refuse

; 2. Long mode (Intel SDM vol. 3A, 9.8.5): PAE, root, EFER.LME (with NXE and SCE), then paging.
    mov eax, 1 << 5
    mov cr4, eax
    mov eax, early_tables_physical
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, 1 << 0 | 1 << 8 | 1 << 11   ; SCE, LME, NXE
    wrmsr
    mov eax, 1 << 31 | 1 << 16 | 1 << 5 | 1 << 1 | 1 << 0   ; PG, WP, NE, MP, PE
    mov cr0, eax
    lgdt [early_gdt_pointer]
    jmp KERNEL_CODE:long_mode

; 3. At the kernel's own addresses, on its stack: boot_main(the loader's eax, its information).
bits 64
long_mode:
    xor eax, eax
    mov ss, eax                         ; ring 0 may do without one; the others mean nothing until user mode loads them
    mov esi, ebp
    mov rsp, kernel_stack_top - 16      ; the words above are cpu_init's
    xor ebp, ebp                        ; back-traces end here
    push rbp
    mov rax, boot_main
    jmp rax                             ; boot_main never returns: the word pushed stands for its return address

; esi = a line: to the debug console, COM1 and the VGA text screen. Then isa-debug-exit with 2, as after a panic.
bits 32
refuse:
    mov edi, 0xb8000
.byte:
    lodsb
    test al, al
    jz .end
    mov ah, 0x0f                        ; white on black
    mov [edi], ax
    add edi, 2
    out 0xe9, al
    mov ah, al
    mov ecx, 0x10000                    ; a UART that is never ready is absent
.ready:
    mov edx, 0x3fd
    in al, dx
    test al, 0x20                       ; transmitter holding register empty
    loopz .ready
    mov al, ah
    mov edx, 0x3f8
    out dx, al
    jmp .byte
.end:
    mov eax, 2
    out 0xf4, eax
.halt:
    cli
    hlt
    jmp .halt

message_loader     db "kine: this boot loader speaks neither multiboot2 nor PVH", 10, 0
message_long_mode  db "kine: this CPU has no long mode (64-bit); Kine needs an x86-64 CPU", 10, 0
message_nx         db "kine: this CPU has no NX bit (no-execute pages), which Kine needs", 10, 0
message_syscall    db "kine: this CPU has no SYSCALL instruction, which Kine needs", 10, 0

align 8
early_gdt:
    dq 0, 0x00af9a000000ffff            ; KERNEL_CODE: 64-bit, ring 0
early_gdt_pointer:
    dw $ - early_gdt - 1
    dd early_gdt

; Early page tables: the first 4 GiB by 2 MiB pages, thrice: identity, direct map, and (1 GiB) the kernel's base. One page each:
;
;        root [0], [256] -> low [0..3] -> four page directories -> 2 MiB pages
;             [511]      -> high [510] -> the first of them
section .data
align 4096
global early_tables
%define TABLE(n) early_tables_physical + (n) * 4096 + 3     ; present, writable
early_tables:
    dq TABLE(1)                         ; root
    times 255 dq 0
    dq TABLE(1)
    times 254 dq 0
    dq TABLE(2)
    dq TABLE(3), TABLE(4), TABLE(5), TABLE(6)   ; low
    times 508 dq 0
    times 510 dq 0                      ; high
    dq TABLE(3), 0
%assign page 0x83                       ; present, writable, 2 MiB
%rep 4 * 512
    dq page
    %assign page page + 0x200000
%endrep

section .bss
alignb 4096
global kernel_stack_guard, kernel_stack_top
; This CPU's stack. The final tables leave the page below it unmapped, so that an overflow is a double fault and not a damaged structure.
kernel_stack_guard:
    resb 4096
    resb 16384
kernel_stack_top:
