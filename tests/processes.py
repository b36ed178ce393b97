"""The product's own processes (`python -m sdrbot_skills...`), forked from one that has imported the product: importing is most of what they cost.

Such a process has its own number, parent, session, folder, environment, streams, command line and exit code. That each starts from nothing too
is shown where `REAL` says, and by tests/test_wheel.py for all of them together.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import logging
import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback
import warnings
import weakref
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

EMULATORS = ("attio", "hubspot", "pipedrive", "plain", "salesforce", "twenty", "zohocrm")
FORKED = {
    "sdrbot_skills.broker": ["broker.process"],
    "sdrbot_skills.lab": ["lab.serve", *(f"lab.{crm}" for crm in EMULATORS)],
    "sdrbot_skills.runs.worker": ["runs.worker"],
}
"""What is forked, and what it would import. Commands are not: a screen is drawn by what was found out of the terminal at import."""
REAL = ("tests/broker/test_starting.py", "tests/sandbox", "tests/bench")
"""Tests of how processes start, of what can be read from them and of what they need: theirs are started as a person's are."""


class Start(NamedTuple):
    """How a process starts, as `subprocess.Popen` knows it. Streams: file numbers, -1 for those of the parent."""

    words: Sequence[str]
    folder: Any
    environment: Any
    streams: Sequence[int]
    kept: Collection[int] = ()
    new_session: bool = False


class ForkingPopen(subprocess.Popen):
    """`subprocess.Popen`, but for `python -m` with one of `FORKED`, which becomes a fork of this process."""

    def _execute_child(self, args: Any, executable: Any, *rest: Any) -> None:
        words = [] if isinstance(args, str) else [os.fspath(word) for word in args]
        if words[:2] != [sys.executable, "-m"] or words[2] not in FORKED:
            super()._execute_child(args, executable, *rest)  # type: ignore[misc]
            return
        _, _, kept, folder, environment, _, _, _, *pipes = rest[:14]
        start = Start(words, folder, environment, (pipes[0], pipes[3], pipes[5]), kept, rest[-2])
        import_for(words[2])
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # else the fork would say it again
        self.pid = os.fork()
        if self.pid == 0:
            become(start)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


def import_for(*forked: str) -> None:
    """What these forks would import otherwise, each for itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library's import is no matter of the test that happens to be first
        for name in (name for each in forked for name in FORKED[each]):
            importlib.import_module(f"sdrbot_skills.{name}")


def become(start: Start) -> NoReturn:
    """Be the new process and end as it ends; nothing of the old one's is run, seen or kept open."""
    code = 1
    try:
        _forget_the_parent(start)
        sys.argv = list(start.words[2:])
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="runpy")  # that it was imported before
        runpy.run_module(start.words[2], run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 as the interpreter does at the end of a process
        traceback.print_exc()
    try:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        os._exit(code)


def _forget_the_parent(start: Start) -> None:
    gc.freeze()  # its objects are never collected here: some of them would delete its files
    atexit._clear()
    weakref.finalize._registry.clear()  # type: ignore[attr-defined]
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.excepthook, sys.unraisablehook = sys.__excepthook__, sys.__unraisablehook__
    threading.excepthook = threading.__excepthook__
    logging.getLogger().handlers.clear()
    warnings.resetwarnings()
    for category in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", category)
    if start.new_session:
        os.setsid()
    if start.folder is not None:
        os.chdir(start.folder)
    _change_streams(start.streams, start.kept)
    environment = dict(os.environ if start.environment is None else start.environment)
    os.environ.clear()
    os.environ.update({name: os.fspath(value) for name, value in environment.items()})
    _show_as(start.words)


def _change_streams(streams: Sequence[int], kept: Collection[int]) -> None:
    """The parent's other files become the empty one, which ends its locks and pipes here and leaves their numbers taken."""
    copies = [os.dup(number if stream == -1 else stream) for number, stream in enumerate(streams)]
    for number, copy in enumerate(copies):
        os.dup2(copy, number)
    empty = os.open(os.devnull, os.O_RDWR)
    opened = {int(name) for name in os.listdir("/proc/self/fd")} - {0, 1, 2, empty, *kept}  # noqa: PTH208 not paths
    for number in opened:
        os.dup2(empty, number, inheritable=False)
    sys.stdin = os.fdopen(0, "r", encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


def _show_as(words: Sequence[str]) -> None:
    """For `ps`, and for whoever looks whether a process is still the one it was.

    Written over the old command line and, where it is longer, over the first environment, which nothing uses any more (proc_pid_cmdline(5)).
    """
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    first, last, end = (int(fields[number]) for number in (45, 46, 48))  # arg_start, arg_end, env_end: proc_pid_stat(5)
    shown = " ".join(words).encode()[: end - first - 1]
    ctypes.memmove(first, shown.ljust(last - first, b"\0") + b"\0", max(len(shown) + 1, last - first))
