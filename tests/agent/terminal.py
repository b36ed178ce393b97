"""The chat in a terminal of its own, played by a test: what is on the screen is waited for, then typed at."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support import ROOT

PATIENCE = 150.0
ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b.|\r")


class Terminal:
    """`crm-migrate chat` on a pseudo-terminal."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._ours, theirs = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "150", "LINES": "50"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sdrbot_skills", "chat", *options],
            cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self.screen = ""
        self._read = 0

    def wait(self, *wanted: str) -> str:
        """Wait until one of these texts comes after what was waited for before; which one."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            fresh = self.screen[self._read :]
            found = [(fresh.index(text), text) for text in wanted if text in fresh]
            if found:
                place, text = min(found)
                self._read += place + len(text)
                return text
            if select.select([self._ours], [], [], 0.2)[0]:
                self._take()
        raise AssertionError(f"{wanted} did not come; the screen ends with:\n{self.screen[-2000:]}")

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._ours, text.encode() + b"\r")

    def interrupt(self) -> None:
        """Press Ctrl-C while something is at work."""
        self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        """End the chat as a power cut would."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def ends(self) -> int:
        """Wait until the chat has ended by itself; its exit code."""
        code = self._process.wait(PATIENCE)
        os.close(self._ours)
        return code

    def _take(self) -> None:
        try:
            chunk = os.read(self._ours, 65_536)
        except OSError as error:  # the other end is closed
            raise AssertionError(f"the chat ended; the screen ends with:\n{self.screen[-2000:]}") from error
        self.screen += ESCAPES.sub("", chunk.decode("utf-8", "replace"))
