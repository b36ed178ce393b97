"""Helpers that several tests share."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def shared_path(*parts: str) -> Path:
    """A path in the reference folder beside the repository; the test is skipped where that folder is absent."""
    path = ROOT.parent.joinpath("shared", *parts)
    if not path.exists():
        pytest.skip(f"the reference folder has no {'/'.join(parts)} here")
    return path
