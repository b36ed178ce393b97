"""Which host folders Python and its libraries need, wherever they were installed: pyenv, uv, a system Python, an editable checkout."""

from __future__ import annotations

import sys
from pathlib import Path

import sdrbot_skills

INSIDE_PACKAGE = Path("/runtime/package")
INSIDE_SPELLINGS = INSIDE_PACKAGE / "sdrbot_skills" / "auth" / "spellings"
"""The names by which scripts written elsewhere import the clients: `auth.hubspot`, `sdrbot_cli.auth.hubspot`."""
INSIDE_LIBRARIES = "/runtime/libraries-{}"


def interpreter() -> Path:
    """The interpreter behind the virtual environment: the one that needs no pyvenv.cfg and no start-up files."""
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def system_folders() -> list[Path]:
    """Shared libraries and the Python installation; these keep their host paths, since libraries find each other by them."""
    folders = [Path("/usr"), *(Path(name) for name in ("/lib", "/lib32", "/lib64") if Path(name).is_dir())]
    for folder in (Path(sys.base_prefix).resolve(), Path(sys.base_exec_prefix).resolve(), interpreter().parent):
        if not any(folder.is_relative_to(known) for known in folders):
            folders.append(folder)
    return folders


def import_folders() -> dict[Path, Path]:
    """Inside path -> host path of what can be imported beyond the standard library: this package, then the site-packages.

    They get inside paths of their own because a host path such as /work/project would collide with the inside /work.
    """
    package = Path(sdrbot_skills.__file__).resolve().parent
    sites = [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    existing = list(dict.fromkeys(site.resolve() for site in sites if site.is_dir()))
    libraries = {Path(INSIDE_LIBRARIES.format(index)): site for index, site in enumerate(existing)}
    return {INSIDE_PACKAGE / package.name: package, **libraries}


def import_path() -> list[str]:
    """What to put before the standard library's `sys.path` inside."""
    return [
        str(INSIDE_PACKAGE),
        str(INSIDE_SPELLINGS),
        *(str(path) for path in import_folders() if path.parent != INSIDE_PACKAGE),
    ]
