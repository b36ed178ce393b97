"""Between whoever starts a run and the run's worker.

The worker takes the account, opens the run's broker and asks for leave. The other looks through that very broker whether the approval still covers
the run, and says go. Where it says nothing, because it refuses or has ended, the worker ends and nothing was written.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sdrbot_skills import errors
from sdrbot_skills.errors import ConfigurationError, MigrationError
from sdrbot_skills.runs.directory import RunDirectory

READY = {"ready": True}
GO = b"go\n"
ENDING_SECONDS = 20.0


def ask_leave() -> bool:
    """The worker: say that the broker is open; whether the run may go."""
    with suppress(BrokenPipeError):  # whoever started us has ended, which the next line reads as a no
        _say(READY)
    answer = sys.stdin.buffer.readline()
    os.dup2(2, 1)  # what a library prints from now on goes to the log, since nobody reads the pipe any more
    return answer == GO


def tell(error: MigrationError) -> None:
    """The worker: why it does not come to ask."""
    _say({"kind": type(error).__name__, "message": str(error), "facts": vars(error)})


class Begun:
    """A worker that asks for leave."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid
        self.gone = False

    def go(self) -> None:
        """Give it leave; from now on it lives without us."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended meanwhile, which whoever follows the run is told
            self._process.stdin.write(GO)
            self._process.stdin.flush()
        self.gone = True


@contextmanager
def beginning(run: RunDirectory) -> Iterator[Begun]:
    """Start the worker of a run detached, and wait until it asks. Raises what kept it from asking; without `go` it is ended again.

    What it prints otherwise goes to the run's trusted folder.
    """
    with (run.trusted / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "sdrbot_skills.runs.worker", run.id],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    begun = Begun(process)
    try:
        _heed(run, process)
        yield begun
    finally:
        _let_go(process, wait=not begun.gone)


def _heed(run: RunDirectory, process: subprocess.Popen[bytes]) -> None:
    assert process.stdout is not None
    line = process.stdout.readline()
    said = json.loads(line) if line else {}
    if said == READY:
        return
    if not said:
        raise ConfigurationError(
            f"The process of run {run.id} ended before it began; nothing was written. `crm-migrate doctor` looks for the reason, "
            f"and what it said last is in {run.trusted / 'worker.log'}."
        )
    raise _error(said)


def _let_go(process: subprocess.Popen[bytes], *, wait: bool) -> None:
    """Close our ends, which tells a worker without leave to end, and take its exit code when there is one: a long chat would keep a zombie."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(BrokenPipeError):  # closing sends what `go` could not
                pipe.close()
    if not wait:
        threading.Thread(target=process.wait, daemon=True).start()
        return
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _error(said: dict[str, Any]) -> MigrationError:
    """The error as the worker had it."""
    kind = getattr(errors, said["kind"]) if said["kind"] in errors.__all__ else MigrationError
    error: MigrationError = kind(said["message"], **said["facts"])
    return error


def _say(document: dict[str, Any]) -> None:
    sys.stdout.buffer.write(json.dumps(document).encode() + b"\n")
    sys.stdout.buffer.flush()
