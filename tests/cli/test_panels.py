"""What `--help` tells: every command stands in a panel, and says what it and its options are for."""

from __future__ import annotations

from typer.main import get_group

from sdrbot_skills.cli import app
from sdrbot_skills.cli.panels import PANELS


def test_every_command_stands_in_one_panel_and_no_panel_names_another() -> None:
    named = [name for names in PANELS.values() for name in names]
    assert sorted(named) == sorted(get_group(app).commands)


def test_every_command_and_option_says_what_it_is_for() -> None:
    silent = []
    waiting = list(get_group(app).commands.items())
    for name, command in waiting:
        waiting += [(f"{name} {word}", one) for word, one in getattr(command, "commands", {}).items()]
        silent += [] if command.help else [name]
        silent += [
            f"{name} {one.name}"
            for one in command.params
            if one.param_type_name == "option" and not getattr(one, "help", None)
        ]
    assert silent == []
