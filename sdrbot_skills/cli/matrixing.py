"""`matrix`: every direction between practice CRMs that it brings up and down itself, judged by plain HTTP."""

from __future__ import annotations

import shlex
import sys
import tempfile
from itertools import product
from pathlib import Path
from typing import Annotated

import typer

from sdrbot_skills.cli.output import console, errors, exiting, print_json, table
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.matrix.tables import LABELS

_Crms = list[str] | None


def add_to(app: typer.Typer) -> None:
    """Mount the command."""
    app.command()(exiting(matrix))


def matrix(
    source: Annotated[_Crms, typer.Option("--from", help="Only from this CRM; may be repeated.")] = None,
    target: Annotated[_Crms, typer.Option("--to", help="Only to this CRM; may be repeated.")] = None,
    records: Annotated[int, typer.Option(help="How many companies, contacts and deals each.", min=12)] = 300,
    once: Annotated[bool, typer.Option("--once", help="Only the first run: no second, no third, no way back.")] = False,
    keep: Annotated[
        Path | None, typer.Option(help="Add to the figures in this JSON file, so that parts make a whole.")
    ] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Only what that file does not have yet.")] = False,
    write: Annotated[Path | None, typer.Option(help="Write the page of tables there.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> int:
    """Migrate in all 36 directions between practice CRMs and prove each. Ends with 1 where any figure is not zero."""
    from sdrbot_skills.cli import main  # this module is part of it
    from sdrbot_skills.matrix.direction import Wish, go  # the judge and the CRMs' own words are for this command alone
    from sdrbot_skills.matrix.keeping import keep_in, kept
    from sdrbot_skills.matrix.labs import practice_crms
    from sdrbot_skills.matrix.tables import TABLES, document, grid, name_of

    sources, targets = _crms(source), _crms(target)
    found = kept(keep)
    wanted = [pair for pair in product(sources, targets) if not (missing and pair in found)]
    needed = dict.fromkeys(source for source, _ in wanted), dict.fromkeys(target for _, target in wanted)
    with practice_crms(*needed) as labs, tempfile.TemporaryDirectory(prefix="crm-migrate-matrix-") as folder:
        for number, pair in enumerate(wanted):
            one = go(Wish(records, not once), labs, *pair, Path(folder) / str(number), main)
            found[pair] = one
            keep_in(keep, found)
            problems = one.problems()
            errors.print(f"{name_of(one)}, {one.seconds:.0f} s: {'; '.join(problems) or 'as it must be'}", markup=False)
    outcomes = list(found.values())
    if json:
        print_json([one.document() for one in outcomes])
    else:
        for title, told, cell in TABLES:
            table(title, *grid(outcomes, cell))
            console.print(f"{told}\n", markup=False)
    if write is not None:
        write.write_text(document(outcomes, f"crm-migrate {shlex.join(sys.argv[1:])}"), encoding="utf-8")
    return 1 if any(one.problems() for one in outcomes) else 0


def _crms(given: _Crms) -> list[str]:
    names = given or list(LABELS)
    unknown = [name for name in names if name not in LABELS]
    if unknown:
        raise ConfigurationError(f"{', '.join(unknown)} is none of {', '.join(LABELS)}.")
    return names
