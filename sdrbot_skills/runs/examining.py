"""Looking at this machine and these connections before anything depends on them."""

from __future__ import annotations

from sdrbot_skills.credentials.model import ConnectionSource
from sdrbot_skills.runs.brokers import reading_sources, sources
from sdrbot_skills.sandbox import doctor
from sdrbot_skills.sandbox.doctor import Finding


def examine() -> list[Finding]:
    """The sandbox, tried for real, and where the credentials lie."""
    return doctor.examine((_credentials,))


def _credentials() -> list[Finding]:
    two = {source.name for source in reading_sources()}
    return [_credential(source, source.name in two) for source in sources()]


def _credential(source: ConnectionSource, two: bool) -> Finding:
    alone = (
        "one that only reads is used for looking and dry runs"
        if two
        else "one for reading and writing: our broker alone enforces the dry run"
    )
    return Finding(
        name=f"credential of {source.name}",
        ok=not source.plain,
        detail=f"in {source.where}{', in the clear' if source.plain else ''}; {alone}",
        cure=f"`crm-migrate setup --seal {source.name}` seals it; a production live run waits for that",
        blocking=False,
    )
