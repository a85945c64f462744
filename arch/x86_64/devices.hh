// What the boot path starts, in this order, before interrupts may come: interrupts.cc, serial.cc, clock.cc.
#pragma once

namespace kine {

// The two 8259 interrupt controllers: the IRQs become vectors 32 to 47, all masked.
void init_interrupts();

// COM1 and COM2, their receive interrupts on (but masked). What they received before is kept.
void init_serial();

// Measures the time-stamp counter, reads the calendar clock, starts the 100 Hz tick on IRQ 0 (masked). Takes about 5 ms.
// Ensures: now() and boot_time() work.
void init_clock();

}  // namespace kine
