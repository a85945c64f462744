// Where the kernel's own image lies: symbols that linker.ld and boot.asm define. Only their addresses mean something.
#pragma once

// From low to high; the first two are physical addresses, all are page-aligned but symbols_*.
extern "C" const char image_physical_begin[];
extern "C" const char image_physical_end[];
extern "C" const char text_begin[];
extern "C" const char text_end[];
extern "C" const char rodata_begin[];
extern "C" const char symbols_begin[];  // the table of function names that the panic report reads (see build.mk)
extern "C" const char symbols_end[];
extern "C" const char rodata_end[];
extern "C" const char data_begin[];
extern "C" const char image_end[];
extern "C" const char kernel_stack_guard[];  // one page, never mapped
extern "C" const char kernel_stack_top[];
