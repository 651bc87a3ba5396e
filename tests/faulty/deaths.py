"""Calls that end the process, or never end."""

# mypy: ignore-errors

import os

from conformance.adapter import EntryPoint, load_file

HERE = os.path.dirname(os.path.abspath(__file__))
Arithmetic = load_file(os.path.join(HERE, "..", "arithmetic.py")).Arithmetic

IMPORTS = """
import ctypes, numpy, os, signal, sys, time
def bad_alloc():
    sys.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\\n")
    os.abort()
def dying_words():
    sys.stderr.write("Check failed: labels are sorted\\n")
    os.abort()
def write_pid():
    with open(os.environ["PID_FILE"], "w") as file:
        file.write(str(os.getpid()))
"""

CALLS = {
    "segfault": "ctypes.string_at(0)",
    "abort": "dying_words()",
    "exit": "os._exit(3)",
    "closed-pipes": "os.closerange(3, 256) or logit",
    "killed": "os.kill(os.getpid(), signal.SIGKILL)",
    "bad-alloc": "bad_alloc()",
    "hang": "write_pid() or time.sleep(1000)",
    "hang-with-the-lock": "write_pid() or ctypes.PyDLL(None).sleep(1000)",
    "memory": "[bytearray(1 << 26) for _ in range(1 << 20)]",
}


class Deaths(Arithmetic):
    name = "deaths"
    imports = IMPORTS
    entry_points = (
        *(EntryPoint("time.sleep", "product", code, config={"fault": fault}) for fault, code in CALLS.items()),
        EntryPoint("numpy.multiply", "product", "logit * label"),
    )


ADAPTERS = [Deaths()]
