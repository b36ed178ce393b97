"""The command line. Exit codes: 0 done, 1 failed, 2 usage or plan invalid, 3 refused by policy or approval, 4 finished with quarantined records, 5 paused."""

from __future__ import annotations

import sys

import typer

from sdrbot_skills.cli import (
    administrating,
    benching,
    chatting,
    cloning,
    connecting,
    demonstrating,
    discovering,
    looking,
    mapping,
    matrixing,
    running,
)
from sdrbot_skills.cli.output import complain
from sdrbot_skills.cli.panels import arrange
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.lab.cli import app as lab

app = typer.Typer(
    name="crm-migrate",
    help="Move customer data between CRMs: a dry run first, your approval before anything is written, proof afterwards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for room in (
    demonstrating,
    cloning,
    discovering,
    looking,
    connecting,
    administrating,
    mapping,
    running,
    chatting,
    benching,
    matrixing,
):
    room.add_to(app)
app.add_typer(lab, name="lab", help="Practice CRMs on this machine.")
arrange(app)


def main() -> None:
    """Run one command and leave with its exit code; what went wrong is said in plain words, never as a traceback."""
    try:
        app()
    except MigrationError as error:
        complain(error)
        sys.exit(error.exit_code)
    except OSError as error:
        # the machine's trouble (a full disk, a folder that may not be written), as the system says it
        complain(MigrationError(f"{error.strerror}: {error.filename}" if error.filename else str(error)))
        sys.exit(MigrationError.exit_code)
