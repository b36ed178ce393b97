"""A folder in which commands of the product run as a person would type them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from sdrbot_skills.bench.watching import Usage, Watch
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.lab.processes import Emulator

_CONNECTIONS = ("HUBSPOT_", "SF_", "CRM_MIGRATE_")


@dataclass
class Watched:
    """What a command printed, how long it took (seconds), and what its processes used."""

    output: str
    seconds: float
    processes: list[Usage]


class Stage:
    """The folder, with the variables of the practice CRMs that are connected in it."""

    def __init__(self, folder: Path, emulators: Iterable[Emulator]) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(_CONNECTIONS)}
        for emulator in emulators:
            self._environment |= emulator.env

    def run(self, *words: str, typed: str = "") -> Any:
        """A `crm-migrate` command; its JSON where it was asked for. Raises `MigrationError` with what it said where it failed."""
        watched = self.watch("-m", "sdrbot_skills", *words, typed=typed)
        return orjson.loads(watched.output) if "--json" in words else None

    def watch(self, *words: str, typed: str = "", program: str = sys.executable) -> Watched:
        """Any program, Python's own unless another is named, watched."""
        began = time.monotonic()
        process = subprocess.Popen(
            [program, *words],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        watch = Watch(process.pid)
        try:
            output, complaints = process.communicate(f"{typed}\n" if typed else "")
        finally:
            processes = watch.stop()
        if process.returncode:
            said = (output + complaints)[-3000:]
            raise MigrationError(f"`{' '.join(words)}` ended with {process.returncode}.\n{said}")
        return Watched(output, time.monotonic() - began, processes)
