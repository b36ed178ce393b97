"""The skills are valid, and every command in them exists with the options that are shown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from skills_ref import validate

from sdrbot_skills.cli import app
from sdrbot_skills.resources import skill_directory

SKILLS = ("crm-migration", "crm-setup")
COMMANDS = typer.main.get_command(app)


def texts() -> list[Path]:
    return [*Path(skill_directory()).rglob("*.md")]


def mentioned(path: Path) -> list[str]:
    """Every `crm-migrate ...` in a text, in code spans and code blocks."""
    text = path.read_text(encoding="utf-8")
    spans = re.findall(r"`(crm-migrate [^`\n]+)`", text)
    return spans + re.findall(r"(?m)^(crm-migrate .+)$", text)


@pytest.mark.parametrize("name", SKILLS)
def test_a_skill_is_valid(name: str) -> None:
    assert validate(Path(skill_directory()) / name) == []
    text = (Path(skill_directory()) / name / "SKILL.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 500


@pytest.mark.parametrize("path", texts(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_its_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


def test_commands_are_mentioned_at_all() -> None:
    assert sum(len(mentioned(path)) for path in texts()) > 15


@pytest.mark.parametrize("line", sorted({line for path in texts() for line in mentioned(path)}))
def test_a_command_exists_as_it_is_written(line: str) -> None:
    command, words = COMMANDS, shlex.split(line)[1:]
    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, f"there is no command {words[0]!r}"
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    for word in words:
        if word.startswith("-"):
            assert word.partition("=")[0] in known, f"{command.name} has no option {word}"
