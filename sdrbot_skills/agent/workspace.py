"""The folders an agent may read and write: `files/` and `generated/`, and nothing else."""

from __future__ import annotations

from pathlib import Path

from sdrbot_skills.errors import Refused

OPEN_FOLDERS = ("files", "generated")
FOR_PEOPLE = ("files/migrations", "files/output")
"""Copies of a run's results and what scripts left hold customers' values; of these an agent may read what it works on."""

READABLE_COPIES = ("plan.yaml", "script.py")
LONGEST_READ = 10_000
LONGEST_LIST = 300


def inside(path: str) -> Path:
    """The path, if it lies in an open folder after every link is followed; `Refused` otherwise."""
    base = Path.cwd().resolve()
    wanted = (base / path).resolve()
    for folder in OPEN_FOLDERS:
        allowed = base / folder
        if wanted.is_relative_to(allowed) and not any(
            part.startswith(".") for part in wanted.relative_to(allowed).parts
        ):
            return wanted
    raise Refused(
        f"{path!r} lies outside of the folders this agent may use: {', '.join(f'{name}/' for name in OPEN_FOLDERS)}.",
        code="outside_workspace",
    )


def shown(path: Path) -> str:
    """A path as the agent and its person name it."""
    return str(path.resolve().relative_to(Path.cwd().resolve()))


def for_people(path: Path) -> bool:
    """Whether a file is a result made for people: samples, reports, differences, what a script wrote."""
    base = Path.cwd().resolve()
    return path.name not in READABLE_COPIES and any(path.is_relative_to(base / folder) for folder in FOR_PEOPLE)


def read_text(path: str, *, masked: bool) -> str:
    """The whole text of a file. `Refused` for the results of runs where values are masked: `report_run` and `verify_run` tell of them."""
    found = inside(path)
    if masked and for_people(found):
        raise Refused(
            f"{path} holds customers' values and is for the person; `report_run` and `verify_run` tell what it says.",
            code="for_people",
        )
    return found.read_text(encoding="utf-8", errors="replace")


def page(text: str, offset: int) -> str:
    """At most 10,000 characters of a text, with where to read on."""
    part = text[offset : offset + LONGEST_READ]
    rest = len(text) - offset - len(part)
    return part + (f"\n… {rest:,} more characters; read on from offset {offset + len(part)}" if rest > 0 else "")


def list_files(folder: str = "files") -> list[str]:
    """The files below a folder of `files/` or `generated/`."""
    base = Path.cwd().resolve()
    found = sorted(
        str(path.relative_to(base))
        for path in inside(folder).rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(base).parts)
    )
    left = len(found) - LONGEST_LIST
    return [*found[:LONGEST_LIST], f"… {left:,} more; name a folder below"] if left > 0 else found


def write_file(path: str, text: str) -> str:
    """Write a file of `files/` or `generated/` whole."""
    target = inside(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    return f"{len(text):,} characters written to {path}"


def edit_file(path: str, old: str, new: str) -> str:
    """Replace one passage of a file that occurs exactly once."""
    target = inside(path)
    text = target.read_text(encoding="utf-8")
    if text.count(old) != 1:
        raise Refused(
            f"The passage occurs {text.count(old)} times in {path}; it has to occur exactly once. Nothing was changed; give more of the text around it.",
            code="not_unique",
        )
    target.write_text(text.replace(old, new), encoding="utf-8")
    return f"{path} changed"
