"""The limits the kernel cannot count for us, watched from outside: wall clock, processor time, disk, files, memory in use."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sdrbot_skills.sandbox.request import KilledBy, Limits

POLL_SECONDS = 0.1
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class Watchdog:
    """Judges one running sandbox; `exceeded()` is asked every POLL_SECONDS and names the first limit that is spent."""

    def __init__(self, pid: int, work_dir: Path, limits: Limits) -> None:
        self._process = Path("/proc") / str(pid)
        self._work_dir = work_dir
        self._limits = limits
        self._started = time.monotonic()

    def exceeded(self) -> KilledBy | None:
        limits = self._limits
        if limits.wall_seconds is not None and time.monotonic() - self._started > limits.wall_seconds:
            return "wall"
        cpu_seconds, resident = self._used()
        if limits.cpu_seconds is not None and cpu_seconds > limits.cpu_seconds:
            return "cpu"
        if limits.resident is not None and resident > limits.resident:
            return "memory"
        try:
            space = os.statvfs(self._work_dir)
            disk, files = self._occupied()
        except (
            OSError
        ):  # a folder made unreadable or deeper than a path can be: what cannot be counted is over the limit
            return "files"
        if space.f_bavail * space.f_frsize < limits.free_disk or disk > limits.disk:
            return "disk"
        return "files" if files > limits.files else None

    def _used(self) -> tuple[float, int]:
        """Processor seconds and resident bytes, from proc(5) `stat`; zeros once the process has ended."""
        try:
            fields = (self._process / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return 0.0, 0
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND, int(fields[21]) * PAGE_BYTES

    def _occupied(self) -> tuple[int, int]:
        """Bytes and number of files. A file that was deleted while open keeps its blocks, so descriptors are counted as well."""
        disk = files = 0
        for found in _files_below(self._work_dir):
            files += 1
            disk += found.st_blocks * 512
            if files > self._limits.files or disk > self._limits.disk:
                break
        return disk + sum(found.st_blocks * 512 for found in self._deleted_but_open()), files

    def _deleted_but_open(self) -> Iterator[os.stat_result]:
        try:
            descriptors = list((self._process / "fd").iterdir())
        except OSError:  # the process has just ended
            return
        for descriptor in descriptors:
            try:
                found = descriptor.stat()
            except OSError:  # closed since
                continue
            if stat.S_ISREG(found.st_mode) and found.st_nlink == 0:
                yield found


def _files_below(directory: Path) -> Iterator[os.stat_result]:
    """Everything in the tree, never through a link. What vanishes while we look is not counted."""
    waiting = [os.fspath(directory)]
    while waiting:
        with suppress(FileNotFoundError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if stat.S_ISDIR(found.st_mode):
                        waiting.append(entry.path)
                    yield found
