"""Kine's commands for GDB. `help kine` lists them; docs/gdb.md shows each at work.

    kernel      the kernel's names: types, members, variables. The only module that knows any
    memory      reads guest memory, page by page or in bulk, and keeps what it read until the guest goes on
    model       frames, tables, processes: who references what, from how many places
    fault       what the kernel will answer to a page fault, and why
    rules       the host's own audit
    words       entries, rights, addresses in words
    program     user programs: their symbols, their stacks
    replay      a recorded run, and its moments
    console     the guest's terminal, in this one
    printers    how GDB prints the kernel's own types
    commands/   the commands: each asks the modules above, and prints
"""
