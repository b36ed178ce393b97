"""Virtual environments for other tools: one each, since their requirements contradict each other's and ours. Made once, kept in the user's cache."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from platformdirs import user_cache_path

from sdrbot_skills.errors import ConfigurationError

PACKAGES = {"dlt": "dlt==1.31.0", "cumulusci": "cumulusci==4.10.1", "singer": "tap-hubspot==4.5.0"}
"""Environment -> what is installed in it."""


def pythons(say: Callable[[str], None]) -> dict[str, Path]:
    """The interpreter of each environment. Raises `ConfigurationError` where one cannot be made (no package index, say)."""
    return {name: _python(name, package, say) for name, package in PACKAGES.items()}


def _python(name: str, package: str, say: Callable[[str], None]) -> Path:
    folder = user_cache_path("crm-migrate") / "peers" / package
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        say(f"{package} is installed into {folder}")
        _run(package, sys.executable, "-m", "venv", "--clear", str(folder))
        _run(package, str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", package)
        (folder / "ready").touch()
    return python


def _run(package: str, *words: str) -> None:
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise ConfigurationError(f"{package} cannot be installed: {ended.stderr.strip()[-500:]}")
