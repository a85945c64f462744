"""All commands. Importing this registers them."""

from kine import printers
from kine.commands import base, faults, machine, memory, processes, time, users

printers.register()
