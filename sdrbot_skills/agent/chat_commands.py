"""The chat's slash commands: what a person may do that no model can."""

from __future__ import annotations

from rich.console import Console

from sdrbot_skills.agent.guide_words import HELP
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.runs import connecting, privileged
from sdrbot_skills.runs.directory import all_runs


def run(text: str, console: Console) -> bool:
    """Carry out one command; False to leave the chat."""
    word, _, rest = text[1:].partition(" ")
    if word in ("quit", "exit", "q"):
        return False
    try:
        if word == "setup":
            _setup(rest.strip(), console)
        elif word == "runs":
            for found in all_runs():
                console.print(f"{found.id}  {found.state().plain}", markup=False)
        else:
            console.print(HELP, markup=False)
    except MigrationError as error:
        console.print(f"[red]{error}[/]", markup=False)
    return True


def _setup(rest: str, console: Console) -> None:
    if rest in ("off", "standard"):
        privileged.switch_off()
        console.print("Standard mode: nothing can change a schema.")
        return
    if rest in ("", "connections"):
        connecting.show_connections(console)
        console.print(
            "`/setup privileged CONNECTION` switches privileged mode on for that account; `/setup standard` ends it."
        )
        console.print("`crm-migrate setup` in a terminal connects another account.")
        return
    connection = rest.removeprefix("privileged").strip()
    connecting.ask_privileged(connection, console)
