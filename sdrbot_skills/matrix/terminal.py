"""A folder in which commands of the product run as a person would type them."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

import orjson

from sdrbot_skills.errors import MigrationError
from sdrbot_skills.lab.processes import Emulator

_CONNECTIONS = ("HUBSPOT_", "SF_", "PIPEDRIVE_", "ZOHO_", "ATTIO_", "TWENTY_", "CRM_MIGRATE_")
Program = Callable[[], None]
"""`crm-migrate` itself, which reads `sys.argv`."""

_TAIL = 1500
QUARANTINED = 4
_CRASHED = 70


class Terminal:
    """The folder, with the variables of the practice CRMs that are connected in it."""

    def __init__(self, folder: Path, emulators: Iterable[Emulator], program: Program) -> None:
        self.folder, self._program = folder, program
        folder.mkdir(parents=True)
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith(_CONNECTIONS)}
        for emulator in emulators:
            self._environment |= emulator.env

    def run(self, *words: str, typed: str = "", good: tuple[int, ...] = (0,)) -> Any:
        """A `crm-migrate` command; its JSON where it was asked for. Raises `MigrationError` with what it said where it ended otherwise than `good`."""
        with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as complaints:
            given.write(f"{typed}\n".encode() if typed else b"")
            given.seek(0)
            code = self._in_a_child(words, (given.fileno(), out.fileno(), complaints.fileno()))
            said, moaned = _whole(out), _whole(complaints)
        if code not in good:
            tail = (said + moaned).decode(errors="replace")[-_TAIL:].strip()
            raise MigrationError(f"`crm-migrate {' '.join(words)}` ended with {code}: {tail}")
        return orjson.loads(said) if "--json" in words else None

    def _in_a_child(self, words: Sequence[str], streams: Sequence[int]) -> int:
        """A process of its own for the command, forked from this one: what the program imports is there already, which saves most of the time."""
        child = os.fork()
        if child == 0:
            try:
                self._become(words, streams)
            finally:
                os._exit(_CRASHED)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def _become(self, words: Sequence[str], streams: Sequence[int]) -> None:
        """Be the command, and end."""
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self._environment)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        sys.argv = ["crm-migrate", *words]
        try:
            self._program()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        except BaseException:  # noqa: BLE001 - as the interpreter does with what nobody caught
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _whole(stream: IO[bytes]) -> bytes:
    stream.seek(0)
    return stream.read()
