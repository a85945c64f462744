"""Loads Kine's commands into GDB: `source tools/gdb/init.py`. `make gdb` does it by itself."""

import os
import sys

_FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.pycache_prefix = os.path.join(_FOLDER, "../../build/pycache")
if _FOLDER not in sys.path:
    sys.path.insert(0, _FOLDER)

import gdb  # noqa: E402
import kine.commands  # noqa: E402  (registers them)

gdb.execute("set max-value-size unlimited")  # the table of processes is larger than what GDB prints by itself
