"""`sync`, `runs`, `status`, `report`: looking without touching."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from sdrbot_skills.cli.output import console, print_json, table
from sdrbot_skills.cli.progress import follow_through
from sdrbot_skills.runs import syncing
from sdrbot_skills.runs.directory import all_runs, open_anywhere, open_run
from sdrbot_skills.runs.leftover import left_over
from sdrbot_skills.runs.paused import outlook, waits_for
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
    rows = [
        [state.id, state.kind, f"{state.source} → {state.target}", ", ".join(state.objects), waits]
        for state, waits in found
    ]
    table("Runs", ["run", "kind", "from → to", "objects", "state"], rows)


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
    console.print(f"[bold]{state.id}[/] {state.source} → {state.target_account} ({state.environment}): {state.plain}")
    for line in outlook(found):
        console.print(f"  {line}", markup=False)
    for step in state.history:
        console.print(f"  {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(step.at))}  {step.status}  {step.note}")
    done = found.read_json("trusted", "live.json") or {"counts": {}}
    for name, counts in done["counts"].items():
        console.print(f"  {name}: " + ", ".join(f"{word} {number:,}" for word, number in counts.items() if number))
    for line in left_over(found):
        console.print(f"  {line}", markup=False)


def report(run: RunId, json: Json = False) -> None:
    """Write the report of a run: one self-contained HTML page and its JSON twin."""
    made = make_report(open_run(run))
    if json:
        print_json({**made.document, "html": str(made.html), "json": str(made.json)})
        return
    for line in made.lines:
        console.print(line)
    console.print(f"Report: {made.html}")
