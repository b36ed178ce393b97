"""`connections`, `setup`, `doctor`: accounts, privileged mode, and whether this machine can be trusted with scripts."""

from __future__ import annotations

from typing import Annotated

import typer

from sdrbot_skills.cli.output import console, exiting, print_json
from sdrbot_skills.runs import connecting, examining, forgetting, holding, notifying, privileged, setting_up
from sdrbot_skills.runs.person import AtTerminal

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def add_to(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command()(connections)
    app.command()(setup)
    app.command()(exiting(doctor))


def connections(json: Json = False) -> None:
    """What is connected, and where each credential lies."""
    if json:
        mode = privileged.current()
        print_json({"connections": connecting.describe_connections(), "privileged_mode": mode.banner if mode else None})
    else:
        connecting.show_connections(console)


def setup(
    connect: Annotated[str | None, typer.Option(help="Connect an account of this CRM only.")] = None,
    seal: Annotated[str | None, typer.Option(help="Seal this connection's credential with a passphrase.")] = None,
    privileged_for: Annotated[
        str | None,
        typer.Option("--privileged", help="Switch privileged mode on for this connection, for half an hour."),
    ] = None,
    hold: Annotated[
        float | None,
        typer.Option(
            help="Open sealed connections for reading, for so many hours: no passphrase for looking and dry runs; 0 ends it."
        ),
    ] = None,
    notify: Annotated[
        str | None,
        typer.Option(
            help="Run this command with a run's name and its state (paused, needs_you, done, failed) whenever there is news; '' ends that."
        ),
    ] = None,
    standard: Annotated[bool, typer.Option("--standard", help="End privileged mode.")] = False,
    forget: Annotated[
        str | None,
        typer.Option(help="Forget this connection: its credentials are removed here, after asking. Runs stay."),
    ] = None,
) -> None:
    """Connect your CRMs, in a short conversation. Each option does one thing instead."""
    if standard:
        privileged.switch_off()
        console.print("Standard mode: nothing can change a schema.")
    elif privileged_for:
        connecting.ask_privileged(privileged_for, console)
    elif hold is not None:
        _hold(hold)
    elif notify is not None:
        notifying.set_command(notify)
        console.print("Noted." if notify else "No command is run any more.")
    elif forget:
        forgetting.forget_credentials(forget, AtTerminal(console))
    elif seal:
        connecting.seal(seal, console)
    else:
        connecting.show_connections(console)
        setting_up.set_up(AtTerminal(console), connect)


def _hold(hours: float) -> None:
    if hours:
        holding.hold(hours, AtTerminal(console))
    else:
        console.print("Closed." if holding.let_go() else "Nothing was open.")


def doctor(json: Json = False) -> int:
    """Try to break out of the sandbox on this machine, look at credentials and connections, and say what was found with a cure for each."""
    findings = examining.examine()
    blocked = any(not finding.ok and finding.blocking for finding in findings)
    if json:
        print_json({"ok": not blocked, "findings": [vars(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = "[green]✓[/]" if finding.ok else "[red]✗[/]" if finding.blocking else "[yellow]![/]"
            console.print(mark, finding.name, "[dim]·[/]", finding.detail)
            if not finding.ok and finding.cure:
                console.print("   ", finding.cure)
    return 1 if blocked else 0
