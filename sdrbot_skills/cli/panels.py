"""How `--help` groups the commands: in the order in which a migration needs them."""

from __future__ import annotations

import typer
from typer.models import CommandInfo, TyperInfo

PANELS: dict[str, tuple[str, ...]] = {
    "Begin": ("demo", "chat", "setup", "connections", "doctor"),
    "Look and plan": ("discover", "plan", "answer", "check", "workbook", "render"),
    "Change a schema (privileged mode)": ("schema", "admin"),
    "Migrate": ("dry-run", "review", "approve", "live", "continue", "resume"),
    "Prove and go on": ("runs", "status", "verify", "report", "retry", "delta", "undo", "forget"),
    "Practise, measure, and tools for agents": ("lab", "matrix", "bench", "sync"),
}


def arrange(app: typer.Typer) -> None:
    """Put every command into its panel and all in this order. A command that stands in no panel is an error of ours."""
    order = {name: (number, panel) for number, (panel, name) in enumerate(_each())}
    every: list[CommandInfo | TyperInfo] = [*app.registered_commands, *app.registered_groups]
    for one in every:
        one.rich_help_panel = order[name_of(one)][1]
    app.registered_commands.sort(key=lambda one: order[name_of(one)][0])


def name_of(one: CommandInfo | TyperInfo) -> str:
    """What a person types."""
    return str(one.name or getattr(one.callback, "__name__", ""))


def _each() -> list[tuple[str, str]]:
    return [(panel, name) for panel, names in PANELS.items() for name in names]
