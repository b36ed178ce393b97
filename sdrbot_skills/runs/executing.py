"""A script of the workspace in the sandbox, on a broker that can only read: for looking at data, never for changing it."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path

from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.runs.brokers import discover_broker
from sdrbot_skills.runs.home import files_directory
from sdrbot_skills.sandbox import Limits, Outcome, SandboxRequest, copy_untrusted, launch
from sdrbot_skills.sandbox.request import MEBIBYTE

KEPT_LINES = 200
WALL_SECONDS = 300.0
OUTPUT_BYTES = 64 * MEBIBYTE
OUTPUT_FILES = 100
SHOWN = ("files", "generated")


@dataclass(frozen=True)
class Executed:
    """How the script ended, its last lines (stripped of control characters), and the files it left, below the working directory."""

    outcome: Outcome
    lines: list[str]
    files: list[str]


def execute(script: Path) -> Executed:
    """Run a script once. It sees `files/` and `generated/` read-only under /files and /generated, reads every connected CRM, writes to none,
    and can leave files in its current directory; they are copied to `files/output/<n>/`. Raises `ConfigurationError` where it cannot start.
    """
    if not script.is_file():
        raise ConfigurationError(f"There is no script at {script}; nothing was run.")
    with tempfile.TemporaryDirectory(prefix="crm-execute-") as scratch, discover_broker() as broker:
        request = SandboxRequest(
            script=script.read_bytes(),
            socket_dir=Path(broker.socket).parent,
            work_dir=Path(scratch),
            extra_read_only={f"/{name}": Path(name).absolute() for name in SHOWN if Path(name).is_dir()},
            environment={"TZ": "UTC"},
            limits=Limits(wall_seconds=WALL_SECONDS, disk=OUTPUT_BYTES, files=OUTPUT_FILES),
        )
        process = launch(request)
        lines = deque((line.text for line in process.lines()), maxlen=KEPT_LINES)
        outcome = process.wait()
        return Executed(outcome, list(lines), _keep(Path(scratch)))


def _keep(scratch: Path) -> list[str]:
    """Copy what the script left, plain files only: links and pipes are named and left."""
    left = sorted(path.relative_to(scratch) for path in scratch.rglob("*") if path.is_file() or path.is_symlink())
    if not left:
        return []
    folder, refused = _new_folder(), list[Path]()
    for relative in left:
        destination = folder / relative
        destination.parent.mkdir(parents=True, exist_ok=True)
        try:
            copy_untrusted(scratch, str(relative), destination, OUTPUT_BYTES)
        except Refused:
            refused.append(relative)
    return [
        f"{os.path.relpath(folder / path)}{' (not kept: no plain file)' if path in refused else ''}" for path in left
    ]


def _new_folder() -> Path:
    """The first free `files/output/<n>`."""
    root = files_directory() / "output"
    root.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(path.name) for path in root.iterdir() if path.name.isdigit()), default=0)
    folder = root / str(number)
    folder.mkdir()
    return folder
