"""The chat's slash commands: what a person may do that no model can."""

from __future__ import annotations

from rich.console import Console

from sdrbot_skills.agent.guide_words import HELP
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.runs import connecting, forgetting, privileged, setting_up
from sdrbot_skills.runs.directory import all_runs
from sdrbot_skills.runs.person import AtTerminal

SHOWN_RUNS = 10
COMMANDS = "/setup, /setup privileged CONNECTION, /setup standard, /setup forget CONNECTION, /runs, /help, /quit"


def run(text: str, console: Console) -> bool:
    """Carry out one command; False to leave the chat."""
    word, _, rest = text[1:].partition(" ")
    if word in ("quit", "exit", "q"):
        return False
    try:
        if word == "setup":
            _setup(rest.split(), console)
        elif word == "runs":
            _runs(console)
        elif word == "help":
            console.print(HELP, markup=False)
        else:
            console.print(f"There is no /{word}. There are: {COMMANDS}.", markup=False)
    except MigrationError as error:
        console.print(str(error), style="red", markup=False)
    except KeyboardInterrupt:
        console.print("Stopped; nothing was changed.")
    return True


def _runs(console: Console) -> None:
    found = list(all_runs())[-SHOWN_RUNS:]
    for one in found:
        console.print(f"{one.id}  {one.state().plain}", markup=False)
    if not found:
        console.print("No run yet.")


def _setup(words: list[str], console: Console) -> None:
    if words in (["off"], ["standard"]):
        was_on = privileged.current() is not None
        privileged.switch_off()
        console.print("Privileged mode is off." if was_on else "Privileged mode was not on.", end=" ")
        console.print("Standard mode: nothing can change a schema.")
    elif words and words[0] == "privileged":
        connecting.ask_privileged(words[1] if len(words) > 1 else connecting.only_connection(), console)
    elif words and words[0] == "forget":
        name = words[1] if len(words) > 1 else connecting.only_connection()
        forgetting.forget_credentials(name, AtTerminal(console))
    else:
        connecting.show_connections(console)
        console.print(
            "`/setup privileged CONNECTION` lets the agent prepare changes of that account's schema; `/setup standard` ends it. "
            "`/setup forget CONNECTION` removes its credentials from this machine.",
            markup=False,
        )
        setting_up.set_up(AtTerminal(console))
