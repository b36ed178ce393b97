"""What is asked of the sandbox, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

# Where things are inside. A script sees these paths and nothing of the host but the Python installation.
INSIDE_SCRIPT = Path("/runtime/script.py")
INSIDE_BROKER = Path("/broker/broker.sock")
INSIDE_SEALED = Path("/sealed")
INSIDE_WORK = Path("/work")

KilledBy = Literal["wall", "cpu", "disk", "files", "memory", "stop"]

MEBIBYTE = 1024**2


@dataclass(frozen=True)
class Limits:
    """What one sandbox may use; there is only one process, so each figure is a total. None: no limit.

    `address_space` counts reservations, not memory in use; `resident` is memory in use. `disk` and `files` count the work folder,
    deleted files that are still open included; `disk` also caps every single file. `free_disk` is what must stay free for others.
    """

    address_space: int = 2048 * MEBIBYTE
    resident: int | None = None
    cpu_seconds: float | None = None
    wall_seconds: float | None = None
    disk: int = 16_384 * MEBIBYTE
    free_disk: int = 64 * MEBIBYTE
    files: int = 10_000
    open_files: int = 256
    threads: int = 64
    scratch: int = 16 * MEBIBYTE


@dataclass(frozen=True)
class SandboxRequest:
    """One script to run.

    `script` is what runs: these bytes, whatever happens to the file they came from. `socket_dir` is the private folder in which the
    broker listens as `broker.sock`. `sealed_dir` appears read-only as /sealed, `work_dir` writable as /work (and is the current
    directory), `extra_read_only` maps further inside paths to host folders. The environment is built from nothing plus `environment`.
    """

    script: bytes
    socket_dir: Path
    work_dir: Path
    sealed_dir: Path | None = None
    extra_read_only: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Outcome:
    """How it ended: an exit code or the signal that ended it, and the limit we enforced by killing, if we did."""

    exit_code: int | None
    signal: int | None
    killed_by: KilledBy | None = None

    @property
    def ok(self) -> bool:
        return self.exit_code == 0 and self.killed_by is None
