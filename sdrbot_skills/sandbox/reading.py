"""Read what an untrusted script left in its work folder, without being led anywhere else.

A script can plant links to the host's files, hard links, pipes that block and files without end. Every step of the way is opened by
its own name inside the folder opened before it, never following a link, so there is no moment in which a name can be exchanged.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from sdrbot_skills.errors import Refused

COPY_CHUNK = 1024**2
DOCUMENT_LIMIT = 64 * 1024**2


def read_untrusted(work_dir: Path, relative: str, limit: int = DOCUMENT_LIMIT) -> bytes:
    """The whole file, at most `limit` bytes. Raises FileNotFoundError, and Refused (code `untrusted_file`) for anything but a plain file."""
    with open_untrusted(work_dir, relative, limit) as file:
        content = file.read(limit + 1)
    if len(content) > limit:  # it grew while we read
        raise _refused(relative, f"it is larger than {limit} bytes")
    return content


def read_untrusted_tail(work_dir: Path, relative: str, limit: int = 65_536) -> list[str]:
    """The whole lines among the last `limit` bytes of a file that may be long and still growing; none where there is no file."""
    try:
        with open_untrusted(work_dir, relative, sys.maxsize) as file:
            start = max(0, file.seek(0, os.SEEK_END) - limit)
            file.seek(start)
            lines = file.read(limit).split(b"\n")
    except FileNotFoundError:
        return []
    whole = lines[1 if start else 0 : -1]
    return [line.decode("utf-8", "replace") for line in whole]


def copy_untrusted(work_dir: Path, relative: str, destination: Path, limit: int) -> int:
    """Copy to a new file `destination` (mode 0600) and return its bytes; nothing is left behind when it is refused."""
    copied = 0
    try:
        with open_untrusted(work_dir, relative, limit) as source, os.fdopen(_create(destination), "wb") as target:
            while chunk := source.read(COPY_CHUNK):
                copied += len(chunk)
                if copied > limit:
                    raise _refused(relative, f"it is larger than {limit} bytes")
                target.write(chunk)
    except Refused:
        destination.unlink(missing_ok=True)
        raise
    return copied


@contextmanager
def open_untrusted(work_dir: Path, relative: str, limit: int) -> Iterator[IO[bytes]]:
    """The file, open for reading. It may grow while the script runs: read no more than `limit` bytes from it."""
    *folders, name = _parts(relative)
    with ExitStack() as closing:
        folder = _open(closing, str(work_dir), os.O_RDONLY | os.O_DIRECTORY, None)
        for part in folders:
            folder = _open_inside(closing, relative, part, os.O_RDONLY | os.O_DIRECTORY, folder)
        # O_NONBLOCK: a pipe would otherwise hold us until somebody writes to it.
        descriptor = _open_inside(closing, relative, name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY, folder)
        _check(relative, os.fstat(descriptor), limit)
        yield closing.enter_context(os.fdopen(os.dup(descriptor), "rb"))


def _parts(relative: str) -> list[str]:
    path = PurePosixPath(relative)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in relative:
        raise _refused(relative, "its name leads out of the work folder")
    return list(path.parts)


def _check(relative: str, found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _refused(relative, "it is not a plain file")
    if found.st_nlink != 1:
        raise _refused(relative, "it has a second name (hard link)")
    if found.st_size > limit:
        raise _refused(relative, f"it is larger than {limit} bytes")


def _open_inside(closing: ExitStack, relative: str, name: str, flags: int, folder: int) -> int:
    try:
        return _open(closing, name, flags | os.O_NOFOLLOW, folder)
    except FileNotFoundError:
        raise
    except OSError as error:  # ELOOP and ENOTDIR: a link; ENXIO: a socket; EACCES: made unreadable
        raise _refused(relative, f"{name!r} on the way to it is a link or no plain file ({error.strerror})") from None


def _open(closing: ExitStack, path: str, flags: int, folder: int | None) -> int:
    descriptor = os.open(path, flags | os.O_CLOEXEC, dir_fd=folder)
    closing.callback(os.close, descriptor)
    return descriptor


def _create(destination: Path) -> int:
    return os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def _refused(relative: str, why: str) -> Refused:
    return Refused(
        f"The script's file {relative!r} was not read: {why}. What a script leaves behind is not trusted.",
        code="untrusted_file",
    )
