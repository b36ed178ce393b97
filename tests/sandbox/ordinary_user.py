"""Run Python as an ordinary user, although it may be installed in a home folder that is closed to others.

The way to the interpreter is opened in a mount namespace of the test's own: each closed folder on the way is covered by an empty one in
which only what Python needs is mounted. The machine itself is not changed, and no account is created: a number is user enough.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support import ROOT

USER = 61_234


def run_as_ordinary_user(*arguments: str, timeout: float = 200.0) -> subprocess.CompletedProcess[str]:
    """`python *arguments` in the repository's folder as user USER, with a home and a temporary folder of its own."""
    with tempfile.TemporaryDirectory(prefix="ordinary-user-") as home:
        os.chown(home, USER, USER)
        command = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", sys.executable, *arguments]
        script = "\n".join(["set -e", *_open_the_way(Path(home)), f"exec {shlex.join(command)}"])
        environment = {"HOME": home, "TMPDIR": home, "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )


def _open_the_way(home: Path) -> list[str]:
    """Shell lines; `needed` is set aside first, since covering a folder hides what was in it."""
    lines: list[str] = []
    for number, needed in enumerate({Path(sys.base_prefix).resolve(), Path(sys.prefix), ROOT}):
        closed = next((folder for folder in reversed(needed.parents) if not folder.stat().st_mode & stat.S_IXOTH), None)
        if closed is None:
            continue
        aside, cover, place = (shlex.quote(str(path)) for path in (home / f"aside-{number}", closed, needed))
        lines += [
            f"mkdir {aside}",
            f"mount --bind {place} {aside}",
            f"mountpoint -q {cover} || mount -t tmpfs -o mode=755 none {cover}",
            f"mkdir -p {place}",
            f"mount --move {aside} {place}",
            f"rmdir {aside}",
        ]
    return lines
