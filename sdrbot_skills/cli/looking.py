"""`sync`, `runs`, `status`, `report`: looking without touching."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from sdrbot_skills.cli.next_steps import counted, next_steps
from sdrbot_skills.cli.output import console, print_json, table
from sdrbot_skills.cli.progress import follow_through
from sdrbot_skills.runs import syncing
from sdrbot_skills.runs.directory import all_runs, open_anywhere, open_run
from sdrbot_skills.runs.leftover import left_over
from sdrbot_skills.runs.paused import outlook, waits_for
from sdrbot_skills.runs.state import PLAIN, RunState
from sdrbot_skills.web.report import report as make_report

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
RunId = Annotated[
    str, typer.Argument(metavar="RUN", help="The run; the beginning of its name will do.", show_default=False)
]


def add_to(app: typer.Typer) -> None:
    """Mount the commands."""
    app.command()(sync)
    app.command()(runs)
    app.command()(status)
    app.command()(report)


def sync(
    connections: Annotated[list[str] | None, typer.Argument(help="Which connections; all of them otherwise.")] = None,
    json: Json = False,
) -> None:
    """Write `generated/..._tools.py`: typed functions from the live schema of each connected CRM, for agents to read."""
    written = syncing.sync(connections or ())
    if json:
        print_json({"written": [str(path) for path in written]})
        return
    for path in written:
        console.print(f"Written: {path}", markup=False)


def runs(json: Json = False) -> None:
    """Every run, and what each waits for."""
    found = [(run.state(), waits_for(run)) for run in all_runs()]
    if json:
        print_json({"runs": [{**state.model_dump(mode="json"), "waits_for": waits} for state, waits in found]})
        return
    rows = [[state.id, state.kind, _between(state), ", ".join(state.objects), waits] for state, waits in found]
    table("Runs", ["run", "kind", "from → to", "objects", "state"], rows)


def _between(state: RunState) -> str:
    """The accounts a run is about: a change of a schema concerns the target alone."""
    return state.target if state.kind == "schema" else f"{state.source} → {state.target}"


def status(
    run: RunId,
    follow: Annotated[
        bool, typer.Option("--follow", help="Stay with it, through its pauses, until it is done or needs you.")
    ] = False,
    json: Json = False,
) -> None:
    """Where one run is, how it got there, and what it did. A run is found from any folder of this machine's user."""
    found = open_anywhere(run)
    if follow:
        follow_through(found, quiet=json)
    state = found.state()
    if json:
        print_json({**state.model_dump(mode="json"), "outlook": outlook(found), "left_over": left_over(found)})
        return
    console.print(f"[bold]{state.id}[/] ", end="")
    console.print(
        f"{state.kind}, {_between(state)}, {state.target_account} ({state.environment}): {state.plain}", markup=False
    )
    for line in outlook(found):
        console.print(f"  {line}", markup=False)
    for step in state.history:
        moment = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(step.at))
        told = PLAIN[step.status] + (f": {step.note}" if step.note else "")
        console.print(f"  {moment}  {told}", markup=False)
    for line in (*counted(found), *left_over(found)):
        console.print(f"  {line}", markup=False)
    for line in next_steps(found):
        console.print(line, markup=False, soft_wrap=True)


def report(run: RunId, json: Json = False) -> None:
    """Write the report of a run: one self-contained HTML page and its JSON twin."""
    made = make_report(open_run(run))
    if json:
        print_json({**made.document, "html": str(made.html), "json": str(made.json)})
        return
    for line in made.lines:
        console.print(line)
    console.print(f"Report: {made.html}", markup=False, soft_wrap=True)
