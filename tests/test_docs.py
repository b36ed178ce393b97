"""What the documents promise: every command they show exists with its options, every link leads somewhere, the skills are valid."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_command

from sdrbot_skills.cli import app
from sdrbot_skills.crm.registry import crm_names
from tests.support import ROOT

DOCUMENTS = [
    ROOT / "README.md",
    *sorted((ROOT / "skills").rglob("*.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "SECURITY.md",
]
INLINE = re.compile(r"`(crm-migrate [^`]+)`")
LINE = re.compile(r"^(crm-migrate .+?)(?:\s+#.*)?$", re.MULTILINE)


def commands(document: Path) -> Iterator[list[str]]:
    text = document.read_text(encoding="utf-8")
    for found in [*INLINE.findall(text), *LINE.findall(text)]:
        yield shlex.split(found.split(" · ")[0])[1:]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_shown_exists_with_its_options(document: Path) -> None:
    for words in commands(document):
        command = get_command(app)
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        of_its_own = getattr(command, "invoke_without_command", False) or not getattr(command, "commands", None)
        assert of_its_own or not words, f"{document.name}: no command {words}"
        for word in words:
            if word.startswith("--"):
                assert word.partition("=")[0] in known, f"{document.name}: {command.name} has no option {word}"


def test_every_relative_link_leads_somewhere() -> None:
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_skills_are_valid() -> None:
    from skills_ref import validate

    for skill in (ROOT / "skills").iterdir():
        assert validate(skill) == []


def test_every_room_stands_in_the_picture() -> None:
    picture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("```")[1]
    rooms = {path.parent.name for path in (ROOT / "sdrbot_skills").glob("*/__init__.py")}
    assert {room for room in rooms if not re.search(rf"\b{room}\b", picture)} == set()


def test_the_folder_of_every_crm_has_the_files_that_contributors_are_told_of() -> None:
    table = re.findall(r"^\| (`[^|]+`) \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    files = [name for cell in table for name in re.findall(r"`([^`]+)`", cell)]
    assert len(files) > 12
    for crm in crm_names():
        missing = [name for name in files if not (ROOT / "sdrbot_skills" / "crm" / crm / name).exists()]
        assert not missing, crm


def test_every_file_that_a_document_points_at_exists() -> None:
    documents = [
        ROOT / "docs" / "architecture.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs" / "decisions").glob("*.md"),
    ]
    for document in documents:
        for name in re.findall(r"`([a-z_]+/[a-z_/<>]+\.(?:py|yaml))`", document.read_text(encoding="utf-8")):
            pattern = name.replace("<crm>", "*")
            there = [*ROOT.glob(pattern), *(ROOT / "sdrbot_skills").glob(pattern)]
            assert there, f"{document.name}: {name}"
