"""Where things are kept: the state folder of this working directory, and the folder with copies for people."""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "CRM_MIGRATE_HOME"


def state_directory() -> Path:
    """`.crm-migrate` in the working directory, or what `CRM_MIGRATE_HOME` names; made on first use, readable by its owner alone."""
    path = Path(os.environ.get(HOME_VARIABLE) or ".crm-migrate").absolute()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def files_directory() -> Path:
    """`files/` in the working directory: what people and agents may read and write."""
    return Path("files").absolute()


def copies_directory(run_id: str) -> Path:
    """Where the copies of a run's plan, script and reports lie for people."""
    path = files_directory() / "migrations" / run_id
    path.mkdir(parents=True, exist_ok=True)
    return path
