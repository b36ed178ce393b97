"""`bench`: how fast, with how much, beside what a quick script does; on practice CRMs that it brings up and down itself."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from sdrbot_skills.cli.output import console, errors, print_json, table

DEFAULT_SIZES = (2_000, 20_000)


def add_to(app: typer.Typer) -> None:
    """Mount the commands."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(bench)
    group.command()(proposals)
    app.add_typer(group, name="bench")


def bench(
    context: typer.Context,
    records: Annotated[
        list[int] | None, typer.Option(help="How many contacts; may be repeated. 2,000 and 20,000 otherwise.", min=1)
    ] = None,
    limits: Annotated[
        bool, typer.Option(help="At the largest size up to 20,000 also with the vendors' rate limits.")
    ] = True,
    latency: Annotated[int, typer.Option(help="At that size also with each answer so many ms late.")] = 0,
    comparisons: Annotated[bool, typer.Option(help="Also what quick scripts do.")] = True,
    peers: Annotated[
        bool,
        typer.Option("--peers", help="Also what other tools do; they are installed into environments of their own."),
    ] = False,
    write: Annotated[Path | None, typer.Option(help="Write the page of figures there.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Measure migrations between practice CRMs, the whole way: dry run, approval, live, proof. Or: how good proposals are."""
    if context.invoked_subcommand is not None:
        return
    from sdrbot_skills.bench import report  # the comparison loads what other commands need not wait for
    from sdrbot_skills.bench.aims import judge
    from sdrbot_skills.bench.measuring import Wish, measure
    from sdrbot_skills.bench.peers import environments

    pythons = environments.pythons(errors.print) if peers else None
    load = os.getloadavg()[0]
    wish = Wish(tuple(records or DEFAULT_SIZES), limits, latency, comparisons or peers, pythons)
    with tempfile.TemporaryDirectory(prefix="crm-migrate-bench-") as folder:
        found = measure(wish, Path(folder), errors.print)
    if json:
        print_json({"load_average": load, "measurements": [one.document() for one in found]})
    else:
        head, body = report.rows(found)
        table(f"Product (load average {load:.1f} at the start)", list(head), body)
        if comparisons or peers:
            head, body = report.quick_rows(found)
            table("Beside it", list(head), body)
        for line in judge([one for one in found if one.least_calls]):
            console.print(f"  {line}", markup=False)
    if write is not None:
        write.write_text(report.document(found, f"crm-migrate {shlex.join(sys.argv[1:])}", load), encoding="utf-8")


def proposals(
    wide: Annotated[
        int, typer.Option(help="Own fields per object of the wide accounts; 0 leaves these out.", min=0)
    ] = 300,
    write: Annotated[Path | None, typer.Option(help="Write the page of figures there.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """Judge proposed mappings between all practice CRMs against tables made by hand: precision and recall in every direction."""
    from sdrbot_skills.bench.proposals import (
        page,
    )  # brings the practice CRMs along, which other commands need not wait for
    from sdrbot_skills.bench.proposals.measuring import measure
    from sdrbot_skills.bench.proposals.score import total

    found = measure(wide)
    if json:
        print_json(
            {name: total(scores).document() for name, scores in (("standard", found.standard), ("wide", found.wide))}
        )
    else:
        for title, scores in (("Standard fields: precision / recall", found.standard), ("Wide objects", found.wide)):
            table(title, *page.rows(scores))
    if write is not None:
        write.write_text(page.document(found, f"crm-migrate {shlex.join(sys.argv[1:])}"), encoding="utf-8")
