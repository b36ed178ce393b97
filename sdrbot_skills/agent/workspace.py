"""The folders an agent may read and write: `files/` and `generated/`, and nothing else."""

from __future__ import annotations

from pathlib import Path

from sdrbot_skills.errors import Refused

OPEN_FOLDERS = ("files", "generated")
LONGEST_READ = 40_000


def inside(path: str, root: Path | None = None) -> Path:
    """The path, if it lies in an open folder after every link is followed; `Refused` otherwise."""
    base = (root or Path.cwd()).resolve()
    wanted = (base / path).resolve()
    for folder in OPEN_FOLDERS:
        allowed = (base / folder).resolve()
        if wanted.is_relative_to(allowed) and not any(
            part.startswith(".") for part in wanted.relative_to(allowed).parts
        ):
            return wanted
    raise Refused(
        f"{path!r} lies outside of the folders this agent may use: {', '.join(f'{name}/' for name in OPEN_FOLDERS)}.",
        code="outside_workspace",
    )


def read_file(path: str, offset: int = 0) -> str:
    """The text of a file from a character offset, at most 40,000 characters."""
    text = inside(path).read_text(encoding="utf-8", errors="replace")
    part = text[offset : offset + LONGEST_READ]
    rest = len(text) - offset - len(part)
    return part + (f"\n… {rest:,} more characters; read on from offset {offset + len(part)}" if rest > 0 else "")


def write_file(path: str, text: str) -> str:
    """Write a file whole."""
    target = inside(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return f"{len(text):,} characters written to {path}"


def edit_file(path: str, old: str, new: str) -> str:
    """Replace one passage that occurs exactly once."""
    target = inside(path)
    text = target.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise Refused(
            f"The passage occurs {text.count(old)} times in {path}; it has to occur exactly once.", code="not_unique"
        )
    target.write_text(text.replace(old, new), encoding="utf-8")
    return f"{path} changed"
