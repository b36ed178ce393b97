"""`crm-migrate` in processes of its own, forked from one that has imported it already: importing is most of what a small command costs.

Such a process has its own folder, environment, streams and exit code. That the command starts from nothing too, tests/test_wheel.py shows.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import NamedTuple

from tests.processes import FORKED, ForkingPopen, Start, become, import_for
from tests.support import ROOT

WAIT = 300


class Request(NamedTuple):
    """A command to be: its words, its folder, its environment, and the files that stand for its three streams."""

    words: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    streams: Sequence[str]


def crm_migrate(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], typed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run `crm-migrate WORDS` there, as `subprocess.run` would; one at a time."""
    with tempfile.TemporaryDirectory() as place:
        streams = [Path(place) / name for name in ("in", "out", "err")]
        for stream in streams:
            stream.write_text(typed if stream.name == "in" else "", encoding="utf-8")
        code = _template().run(Request(words, str(folder), environment, [str(stream) for stream in streams]))
        out, err = (stream.read_text(encoding="utf-8") for stream in streams[1:])
    return subprocess.CompletedProcess(list(words), code, out, err)


class _Template:
    """The process that has imported everything and forks itself for each command."""

    def __init__(self) -> None:
        self._requests, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking", str(theirs.fileno())],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        atexit.register(self.end)

    def run(self, request: Request) -> int:
        """The exit code. A command that does not end is killed, and so is the template with it."""
        try:
            self._requests.send(request)
            if self._requests.poll(WAIT):
                return int(self._requests.recv())
        except BaseException:  # a test that is timed out here must not leave its command to the next one
            self.end()
            raise
        self.end()
        raise subprocess.TimeoutExpired(list(request.words), WAIT)

    def end(self) -> None:
        atexit.unregister(self.end)
        _template.cache_clear()
        self._requests.close()
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@cache
def _template() -> _Template:
    return _Template()


def _serve(requests: Connection) -> None:
    """Fork for each request and say how its process ended."""
    while True:
        try:
            request = Request(*requests.recv())
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            files = [
                os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY)
                for number, name in enumerate(request.streams)
            ]
            words = [sys.executable, "-m", "sdrbot_skills", *request.words]
            become(Start(words, request.folder, request.environment, files))
        _, status = os.waitpid(child, 0)
        requests.send(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    import sdrbot_skills.cli  # noqa: F401

    import_for(*FORKED)
    gc.freeze()  # what the forks share stays shared
    subprocess.Popen = ForkingPopen  # type: ignore[misc]
    _serve(Connection(int(sys.argv[1])))
