"""What an untrusted script prints, made safe to show: bounded lines, no control characters, bounded memory."""

from __future__ import annotations

import os
import selectors
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from sdrbot_skills.plain_text import plain

Stream = Literal["stdout", "stderr"]

LINE_LIMIT = 8 * 1024
KEPT_LINES = 2_000
CUT = " …(line cut)"


class Line(NamedTuple):
    """One line of output, without its newline."""

    stream: Stream
    text: str


class OutputReader:
    """Drains both pipes for as long as the script runs, so that it can never block on a reader that went away.

    Every line goes to `on_line` (called on the reading thread; it must be quick). The last KEPT_LINES wait for `lines()`; a reader who
    is slower than that is told how many lines were left out.
    """

    def __init__(self, stdout: int, stderr: int, on_line: Callable[[Line], None] | None = None) -> None:
        self._on_line = on_line
        self._waiting: deque[Line] = deque()
        self._left_out = 0
        self._failure: Exception | None = None
        self._open = True
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._drain, args=(stdout, stderr), name="sandbox-output", daemon=True)
        self._thread.start()

    def lines(self) -> Iterator[Line]:
        """Lines as they come, until the script has ended and everything was read. For one reader."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                if not self._waiting:
                    return
                left_out, self._left_out = self._left_out, 0
                line = self._waiting.popleft()
            if left_out:
                yield Line("stderr", f"({left_out} lines left out)")
            yield line

    def join(self, timeout: float | None = None) -> None:
        """Wait until everything was read; raises what `on_line` raised, if it did."""
        self._thread.join(timeout)
        if self._failure is not None:
            raise self._failure

    def _drain(self, stdout: int, stderr: int) -> None:
        with selectors.DefaultSelector() as selector:
            for descriptor, stream in ((stdout, "stdout"), (stderr, "stderr")):
                selector.register(descriptor, selectors.EVENT_READ, _Splitter(stream, self._put))  # type: ignore[arg-type]
            while selector.get_map():
                for key, _ in selector.select():
                    chunk = os.read(key.fd, 65_536)
                    key.data.feed(chunk)
                    if not chunk:
                        selector.unregister(key.fd)
                        os.close(key.fd)
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _put(self, line: Line) -> None:
        if self._on_line is not None:
            try:
                self._on_line(line)
            except Exception as error:  # noqa: BLE001 draining must go on, or the script would block; join() raises it
                self._failure, self._on_line = error, None
        with self._changed:
            if len(self._waiting) == KEPT_LINES:
                self._waiting.popleft()
                self._left_out += 1
            self._waiting.append(line)
            self._changed.notify_all()


class _Splitter:
    """Cuts one byte stream into lines of at most LINE_LIMIT bytes; what is longer is cut, never held in memory."""

    def __init__(self, stream: Stream, put: Callable[[Line], None]) -> None:
        self._stream = stream
        self._put = put
        self._line = bytearray()
        self._cut = False

    def feed(self, chunk: bytes) -> None:
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            self._extend(part)
            self._emit()
        self._extend(rest)
        if not chunk and self._line:
            self._emit()

    def _extend(self, part: bytes) -> None:
        room = LINE_LIMIT - len(self._line)
        self._cut = self._cut or len(part) > room
        self._line += part[:room]

    def _emit(self) -> None:
        text = plain(self._line.decode("utf-8", "replace"))
        self._put(Line(self._stream, text + CUT if self._cut else text))
        self._line.clear()
        self._cut = False
