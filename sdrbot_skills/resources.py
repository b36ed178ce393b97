"""Where the files that come with the package are: inside the wheel, else beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def template_directory() -> Path:
    """The folder of the Jinja templates."""
    return _shipped("templates")


def skill_directory() -> Path:
    """The folder of the skills."""
    return _shipped("skills")


def _shipped(name: str) -> Path:
    in_wheel = _PACKAGE / f"_{name}"
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parent / name
