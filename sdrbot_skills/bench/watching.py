"""Processor time and peak memory of processes, sampled from proc(5) while they run."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

LOOK_SECONDS = 0.02
_SELDOM = 10
"""Every so many looks: new processes are searched for and peaks are read, which changes slowly and costs more."""

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass
class Usage:
    """One process: `cpu` holds (epoch second, processor seconds so far), `peak` its most resident bytes."""

    role: str
    cpu: list[tuple[float, float]] = field(default_factory=list)
    peak: int = 0

    def cpu_between(self, start: float, end: float) -> float:
        """Processor seconds spent between two moments."""
        return self._at(end) - self._at(start)

    def _at(self, moment: float) -> float:
        return max((cpu for when, cpu in self.cpu if when <= moment), default=0.0)


def cpu_of(pid: int) -> float:
    """Processor seconds of one process so far; raises `OSError` where it is gone."""
    fields = _fields(_PROC / str(pid))
    return (int(fields[11]) + int(fields[12])) / _TICKS


class Watch:
    """Watches a process and all that it starts. Roles: "script", "broker" (of the live run), "worker", and "command" for the rest."""

    def __init__(self, pid: int) -> None:
        self._found = {pid: Usage("command")}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._thread.start()

    def stop(self) -> list[Usage]:
        """What was seen of each process."""
        self._ended.set()
        self._thread.join()
        return self.seen()

    def seen(self) -> list[Usage]:
        """What was seen of each process so far."""
        return list(self._found.values())

    def _look(self) -> None:
        turn = 0
        while not self._ended.wait(LOOK_SECONDS):
            seldom = turn % _SELDOM == 0
            if seldom:
                self._find()
            for pid, usage in self._found.items():
                try:
                    usage.cpu.append((time.time(), cpu_of(pid)))
                    if seldom:
                        usage.peak = max(usage.peak, _peak(pid))
                except OSError:
                    continue  # it has ended
            turn += 1

    def _find(self) -> None:
        """Children of those we know; a role comes from the command line, else from the parent."""
        parents = _parents()
        fresh = set(self._found)
        while fresh:
            fresh = {pid for pid, parent in parents.items() if parent in fresh and pid not in self._found}
            for pid in fresh:
                self._found[pid] = Usage(_role(pid, self._found[parents[pid]].role))


def _role(pid: int, parent: str) -> str:
    try:
        command = (_PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return parent
    if b"sdrbot_skills.runs.worker" in command:
        return "worker"
    if parent == "worker":  # brokers of the command itself only look at both accounts before the start
        return "broker" if b"sdrbot_skills.broker" in command else "script"
    return parent


def _parents() -> dict[int, int]:
    found = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = int(_fields(entry)[1])
            except OSError:
                continue  # it has ended
    return found


def _fields(process: Path) -> list[str]:
    """What follows the name in `stat`, which may itself contain blanks; raises `OSError` where the process has ended."""
    fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
    if not fields:
        raise ProcessLookupError(process.name)
    return fields


def _peak(pid: int) -> int:
    """VmHWM, in bytes."""
    lines = (_PROC / str(pid) / "status").read_text(errors="replace").splitlines()
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
