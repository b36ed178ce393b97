"""A read-only broker for a process that was given none: started by its command line, ended with this process."""

from __future__ import annotations

import atexit
import subprocess
import sys
from functools import cache

from sdrbot_skills.errors import ConfigurationError


@cache
def discover_socket() -> str:
    """Start `python -m sdrbot_skills.runs.discover`, which finds the credentials and prints the socket's path; once per process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sdrbot_skills.runs.discover"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line.startswith("/"):
        process.wait()
        raise ConfigurationError(line or "A read-only connection could not be started; `crm-migrate doctor` says why.")
    atexit.register(process.terminate)
    return line
