"""Links of records that this run has made: which cannot be there yet, so that a target need not look before each, and which their record brought.

A link is sent without a look once in its life. It is `sent` in the journal before that, and from then on, by whatever process, `Crm.link` looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.link_jobs import went_by_jobs
from sdrbot_skills.engine.link_rows import Ready, Settled
from sdrbot_skills.engine.work import LinkWork, ObjectWork

_MOST_NAMED = 500
_SENT = "UPDATE links SET state='sent' WHERE seq=?"
_STARTED = (
    "SELECT from_source FROM links WHERE object=? AND type=? AND state IN ('sent', 'done', 'left') AND from_source IN"
)
_SHARED = "SELECT merged_into FROM records WHERE object=? AND merged_into IN"
_MAIN = "SELECT from_source, to_source FROM links WHERE object=? AND type=? AND state IN ('in_record', 'done') AND from_source IN"


def never_sent(context: Context, work: ObjectWork, link: LinkWork, ready: Sequence[Ready]) -> frozenset[int]:
    """The `seq` of those that nothing can have made: written down as sent, they may go without a look.

    Their record is of this run, nothing else became the same record of the target, and none of its links was sent before.
    """
    if not context.target.capabilities.looks_before_linking or went_by_jobs(context, work, link):
        return frozenset()
    starts = {one.from_source for one in ready if one.new}
    doubtful = {row[0] for row in _among(context, _STARTED, (work.name, link.target.name), starts)}
    doubtful |= {row[0] for row in _among(context, _SHARED, (work.name,), starts)}
    pairs: set[tuple[str, str]] = set()
    found: list[int] = []
    for one in ready:
        pair = one.from_id, one.to_id
        if one.new and one.from_source not in doubtful and pair not in pairs:
            found.append(one.seq)
        pairs.add(pair)
    if found:
        context.journal.write([(_SENT, [(seq,) for seq in found])])
    return frozenset(found)


def made_with_record(
    context: Context, work: ObjectWork, link: LinkWork, ready: list[Ready]
) -> tuple[list[Ready], list[Settled]]:
    """Of links of which a record names the main one in a field (`LinkType.primary_of`): the others, and the main ones, which went with the record."""
    mains = {other.target.name for other in work.links if other.target.primary_of == link.target.name}
    if not mains or not ready:
        return ready, []
    starts = {one.from_source for one in ready}
    named = {pair for name in mains for pair in _among(context, _MAIN, (work.name, name), starts)}
    rest, settled = [], []
    for one in ready:
        if (one.from_source, one.to_source) in named:
            settled.append(Settled(one.seq, "done", 0))
        else:
            rest.append(one)
    return rest, settled


def _among(context: Context, sql: str, given: Sequence[str], ids: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Rows of a query that ends in `IN`, over many ids."""
    for part in chunks(sorted(ids), _MOST_NAMED):
        yield from context.journal.rows(f"{sql} ({','.join('?' * len(part))})", [*given, *part])
