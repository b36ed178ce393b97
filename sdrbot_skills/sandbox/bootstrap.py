"""The first code inside the sandbox: limits, the second filter, then the script in this same process.

It is started by path with `python -I -S`, so it imports the standard library only. The launcher has put what it needs to know into
/runtime/start.json. Nothing here is a secret and nothing here is trusted afterwards: once the script runs, all it can do is undo what
the kernel lets it undo, and the kernel lets it undo none of this.
"""

import ctypes
import json
import os
import resource
import runpy
import signal
import sys
import threading
from types import FrameType

START = "/runtime/start.json"
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
PR_SET_NO_NEW_PRIVS = 38
THREAD_STACK = 1024**2
STOPPED = 128 + signal.SIGTERM


class _Program(ctypes.Structure):
    """`struct sock_fprog` of linux/filter.h."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def refuse_writable_proc() -> None:
    """Started by root, a writable /proc would be the host's: a core_pattern set here runs as root out there."""
    if os.access("/proc/sys/kernel/core_pattern", os.W_OK):
        sys.exit("the sandbox has a writable /proc and refuses to run anything")


def limit_resources(limits: dict[str, int | None]) -> None:
    """Set soft and hard limits. Real root could raise NPROC again, but has no second process to use it for."""
    for name, value in limits.items():
        if value is not None:
            resource.setrlimit(getattr(resource, name), (value, value))
    # RLIMIT_STACK was read when the process started, so the size of thread stacks is set here as well.
    threading.stack_size(THREAD_STACK)


def install_filter(instructions: bytes) -> None:
    """Install the second seccomp filter, for every thread that will ever be."""
    libc = ctypes.CDLL(None, use_errno=True)
    program = _Program(len(instructions) // 8, instructions)
    for arguments in (
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0),
    ):
        if libc.prctl(*arguments) != 0:
            raise OSError(ctypes.get_errno(), f"the sandbox could not install its second filter (prctl {arguments[0]})")


def stop_politely(_signal: int, _frame: FrameType | None) -> None:
    """As process 1 of its namespace the script would not notice SIGTERM at all without a handler; it may install its own."""
    sys.exit(STOPPED)


def main() -> None:
    with open(START, encoding="utf-8") as file:  # noqa: PTH123 (pathlib would be imported for this line alone)
        start = json.load(file)
    sys.path[:0] = start["import_from"]
    refuse_writable_proc()
    limit_resources(start["limits"])
    install_filter(bytes.fromhex(start["filter"]))
    signal.signal(signal.SIGTERM, stop_politely)
    os.chdir(start["directory"])
    os.write(start["ready"], b"ready")
    os.close(start["ready"])
    sys.argv = [start["script"], *start["arguments"]]
    runpy.run_path(start["script"], run_name="__main__")


if __name__ == "__main__":
    main()
