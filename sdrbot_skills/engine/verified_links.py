"""Checking that every link that the journal calls made is on the target."""

from __future__ import annotations

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.reader import JournalReader
from sdrbot_skills.engine.verdict import Verdict
from sdrbot_skills.engine.work import LinkWork, ObjectWork

_MADE = (
    "SELECT l.from_source, f.target_id, coalesce(t.target_id, s.target_id), coalesce(f2.target_id, f.target_id), l.to_source FROM links l "
    "LEFT JOIN records f ON f.object = l.object AND f.source_id = l.from_source "
    "LEFT JOIN records f2 ON f2.object = l.object AND f2.source_id = f.merged_into "
    "LEFT JOIN records t ON t.object = l.to_object AND t.source_id = l.to_source "
    "LEFT JOIN records s ON s.object = l.to_object AND s.source_id = t.merged_into "
    "WHERE l.object=? AND l.type=? AND l.to_object=? AND l.state='done'"
)
_OPEN = "SELECT count(*), min(from_source) FROM links WHERE object=? AND type=? AND state IN ('planned', 'sent', 'in_record')"


def check_links(work: ObjectWork, target: Crm, journal: JournalReader, verdict: Verdict, patience: Patience) -> None:
    """Read the links of every record back, kind by kind."""
    kinds = {(link.target.name, link.to_object): link for link in work.links}
    for link in kinds.values():
        number, example = journal.rows(_OPEN, (work.name, link.target.name))[0]
        if number:
            verdict.differs(
                "link_missing", work, f"{number} links of type {link.target.name} were never made.", source_id=example
            )
        size = target.capabilities.link_read_batch
        for rows in journal.stream(_MADE, (work.name, link.target.name, link.to_object), size):
            wanted = [(row[0], row[3], row[2], row[4]) for row in rows]
            _check(work, link, target, verdict, patience, wanted)


def _check(
    work: ObjectWork,
    link: LinkWork,
    target: Crm,
    verdict: Verdict,
    patience: Patience,
    wanted: list[tuple[str, str | None, str | None, str]],
) -> None:
    ids = sorted({from_id for _, from_id, _, _ in wanted if from_id})
    found = patience.call(lambda: target.links(link.target, ids)) if ids else []
    there = {(one.from_id, one.to_id) for one in found}
    starts: dict[str, set[str]] = {}
    for one in found:
        starts.setdefault(one.from_id, set()).add(one.to_id)
    for from_source, from_id, to_id, to_source in wanted:
        # An end that an earlier run has carried has no id in this journal: then any link from here will do.
        missing = not starts.get(from_id or "") if to_id is None else (from_id, to_id) not in there
        if missing:
            message = f"The link {link.target.name} to the source record {to_source} is not on the target."
            verdict.differs(
                "link_missing", work, message, source_id=from_source, target_id=from_id, field=link.target.name
            )
