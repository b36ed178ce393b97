"""The private temporary folders that sockets lie in: made for one broker, gone with it, and cleared by a later one where it was killed."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import time
from contextlib import suppress
from pathlib import Path

PREFIXES = ("crm-broker-", "crm-control-")
SPARED_SECONDS = 600.0
"""A folder that was touched so lately may be that of a broker which is about to listen."""


def private_folder(prefix: str) -> Path:
    """A new folder that only we can enter; what brokers of ours that were killed have left is cleared first."""
    clear_leftovers()
    return Path(tempfile.mkdtemp(prefix=prefix))


def remove_private_folder(folder: Path) -> None:
    """Remove a folder that `private_folder` made, once it is empty; any other is left."""
    if folder.parent == Path(tempfile.gettempdir()) and folder.name.startswith(PREFIXES):
        with suppress(OSError):
            folder.rmdir()


def clear_leftovers() -> None:
    """Remove our folders in which nobody listens any more. Nothing but dead sockets is ever deleted, and no link is followed."""
    oldest = time.time() - SPARED_SECONDS
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in entries:
            if not entry.name.startswith(PREFIXES):
                continue
            with suppress(OSError):  # gone meanwhile, or not empty: then it is not ours to remove
                about = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and about.st_mtime < oldest:
                    _clear(entry.path)


def _clear(path: str) -> None:
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        for name in os.listdir(folder):  # noqa: PTH208 - the folder that was opened, whatever the path leads to by now
            if not _is_dead_socket(folder, name):
                return
            os.unlink(name, dir_fd=folder)
    finally:
        os.close(folder)
    Path(path).rmdir()


def _is_dead_socket(folder: int, name: str) -> bool:
    """Whether it is a socket whose listener is gone."""
    about = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISSOCK(about.st_mode) or about.st_uid != os.geteuid():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as plug:
        plug.settimeout(1)
        try:
            plug.connect(f"/proc/self/fd/{folder}/{name}")
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False
