"""Looking at this machine and these connections before anything depends on them."""

from __future__ import annotations

from sdrbot_skills.runs.brokers import sources
from sdrbot_skills.sandbox import doctor
from sdrbot_skills.sandbox.doctor import Finding


def examine() -> list[Finding]:
    """The sandbox, tried for real, and where the credentials lie."""
    return doctor.examine((_credentials,))


def _credentials() -> list[Finding]:
    return [
        Finding(
            name=f"credential of {source.name}",
            ok=not source.plain,
            detail=f"in {source.where}"
            + (
                ", in the clear; one for reading and writing: our broker alone enforces the dry run"
                if source.plain
                else ""
            ),
            cure=f"`crm-migrate setup --seal {source.name}` seals it; a production live run waits for that",
            blocking=False,
        )
        for source in sources()
    ]
