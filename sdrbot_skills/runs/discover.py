"""`python -m sdrbot_skills.runs.discover`: a read-only broker for a process that was given none; prints its socket, ends with its parent."""

from __future__ import annotations

import sys

from sdrbot_skills.errors import MigrationError
from sdrbot_skills.runs.brokers import discover_broker


def main() -> int:
    """Start the broker, say where it listens, wait until the parent closes our standard input."""
    try:
        with discover_broker() as handle:
            sys.stdout.write(f"{handle.socket}\n")
            sys.stdout.flush()
            sys.stdin.read()
    except MigrationError as error:
        sys.stdout.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
