"""The second pass: links that were not fields of a new record. Circles, self-references, and associations, once both ends are there.

Every link is a row of the journal. One that cannot be made because an end is not there is left, with its reason, and reported.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from sdrbot_skills.crm.batching import chunks, link_key
from sdrbot_skills.engine.candidate import to_json
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.decide import normalisers
from sdrbot_skills.engine.findings import Severity
from sdrbot_skills.engine.first_links import made_with_record, never_sent
from sdrbot_skills.engine.link_jobs import LinkJobs, link_jobs
from sdrbot_skills.engine.link_rows import REASONS, SETTLE, Ready, Settled
from sdrbot_skills.engine.parents import End, ends
from sdrbot_skills.engine.scope import Seen
from sdrbot_skills.engine.since import is_edited
from sdrbot_skills.engine.work import LinkWork, ObjectWork
from sdrbot_skills.errors import BatchRejected, OutcomeUnknown
from sdrbot_skills.model.plan import WhenFound
from sdrbot_skills.model.records import Link, Operation, Outcome, Row, RowResult

ROUNDS = 5
_PART = 2000
_PLANNED = (
    "SELECT l.seq, l.from_source, l.to_object, l.to_source, r.decision, r.rule FROM links l "
    "LEFT JOIN records r ON r.object = l.object AND r.source_id = l.from_source "
    "WHERE l.object=? AND l.type=? AND l.to_object=? AND l.state IN ('planned', 'sent') AND l.seq>? ORDER BY l.seq LIMIT ?"
)


def make_links(context: Context, work: ObjectWork) -> None:
    """Make all of an object's planned links; what cannot be made yet in a pilot stays planned."""
    for link in _kinds(work):
        jobs = link_jobs(context, work, link)
        for ready, settled in _examined(context, work, link):
            ready, more = _one_each(context, work, link, ready)
            settled += more
            ready, more = made_with_record(context, work, link, ready)
            settled += more
            if ready and context.live:
                settled += _made(context, work, link, ready, jobs)
            _write(context, work, link, settled)
            context.report("linked", {"object": work.name, "links": sum(one.made for one in settled)})
        if jobs is not None:
            _write(context, work, link, _associate(context, work, link, jobs.rest()))
            jobs.close()
        context.go_on()


def _made(
    context: Context, work: ObjectWork, link: LinkWork, ready: list[Ready], jobs: LinkJobs | None
) -> list[Settled]:
    """What became of links both of whose ends are there; those that wait for a job are not among them."""
    if link.target.field:
        return _make_fields(context, work, link, ready)
    if jobs is None:
        return _associate(context, work, link, ready)
    by_call, settled = jobs.take(ready)
    return [*settled, *_associate(context, work, link, by_call)]


def _kinds(work: ObjectWork) -> list[LinkWork]:
    return list({(link.target.name, link.to_object): link for link in work.links}.values())


def _write(context: Context, work: ObjectWork, link: LinkWork, settled: Sequence[Settled]) -> None:
    among_many = any(other.target.name == link.target.primary_of for other in work.links)
    for one in settled:
        if one.state == "left" and not (one.rule == "one_only" and among_many):
            message = REASONS.get(one.rule or "", "The target refused the link.")
            severity: Severity = "info" if one.rule == "this_end_not_carried" else "warning"
            context.findings.add(one.rule or "link_refused", severity, work.name, message, field=link.target.name)
    rows = [(one.state, one.made, one.rule, one.message, one.seq) for one in settled]
    context.journal.write([(SETTLE, rows), *context.findings.statements()])


# -- which links can be made ---------------------------------------------------------------------------------------------


def _examined(context: Context, work: ObjectWork, link: LinkWork) -> Iterator[tuple[list[Ready], list[Settled]]]:
    last = 0
    while True:
        rows = context.journal.rows(_PLANNED, (work.name, link.target.name, link.to_object, last, _PART))
        if not rows:
            return
        last = rows[-1][0]
        starts = ends(context, work.name, [row[1] for row in rows])
        others = ends(context, link.to_object, [row[3] for row in rows])
        ready: list[Ready] = []
        settled: list[Settled] = []
        for seq, from_source, _, to_source, decision, rule in rows:
            reason = _reason(context, starts.get(from_source), others.get(to_source), decision, rule)
            if reason is None:
                ready.append(
                    Ready(
                        seq,
                        _id(starts[from_source], from_source),
                        _id(others[to_source], to_source),
                        decision == "create",
                        from_source,
                        to_source,
                    )
                )
            elif reason:
                settled.append(Settled(seq, "left", 0, reason, REASONS[reason]))
        yield ready, settled


def _id(end: End, source_id: str) -> str:
    return end.target_id or f"(new {source_id})"


def _reason(
    context: Context, start: End | None, other: End | None, decision: str | None, rule: str | None
) -> str | None:
    """Why the link cannot be made: `None` where it can, an empty text where that is not known yet."""
    if start is None or start.state in ("quarantined", "aside"):
        return "this_end_not_carried"
    if decision == "skip" and rule == "already_there":
        return "record_left_alone"
    if other is not None and other.state == "quarantined":
        return "other_end_quarantined"
    if other is None or other.state == "aside":
        return "" if context.more_to_come else "other_end_not_carried"
    if context.live and (start.target_id is None or other.target_id is None):
        return ""
    return None


def _one_each(
    context: Context, work: ObjectWork, link: LinkWork, ready: list[Ready]
) -> tuple[list[Ready], list[Settled]]:
    """Of a link that a record has at most once, the first one."""
    if not link.target.single:
        return ready, []
    taken: dict[str, str] = {}
    sql = (
        "SELECT r.target_id, l.to_source FROM links l JOIN records r ON r.object = l.object AND r.source_id = l.from_source "
        "WHERE l.type=? AND l.state IN ('done', 'in_record') AND r.target_id IN"
    )
    taken |= {row[0]: "" for row in context.journal.among(sql, link.target.name, [one.from_id for one in ready])}
    kept, left = [], []
    for one in ready:
        if taken.setdefault(one.from_id, one.to_id) == one.to_id:
            kept.append(one)
        else:
            left.append(Settled(one.seq, "left", 0, "one_only", REASONS["one_only"]))
    return kept, left


# -- links that are fields -------------------------------------------------------------------------------------------------


def _make_fields(context: Context, work: ObjectWork, link: LinkWork, ready: list[Ready]) -> list[Settled]:
    settled: list[Settled] = []
    for part in chunks(ready, context.target.capabilities.update_batch):
        rest, done = _differing(context, work, link, part)
        settled += done
        pairs = {Link(link.target.name, one.from_id, one.to_id): one for one in rest}
        settled += _outcomes(
            pairs, rest, _in_rounds(context, list(pairs), lambda links: _update(context, work, link, links))
        )
    return settled


def _differing(
    context: Context, work: ObjectWork, link: LinkWork, part: Sequence[Ready]
) -> tuple[list[Ready], list[Settled]]:
    """Of records that were there before this run, those whose field is another; their before-images are kept."""
    field = str(link.target.field)
    older = sorted({one.from_id for one in part if not one.new})
    there = {}
    for ids in chunks(older, context.target.capabilities.get_batch):
        records = context.patience.call(lambda: context.target.get(work.plan.target, ids, [field]))  # noqa: B023 - called at once
        there.update({record.id: record for record in records})
    normal = normalisers(context, work)[field]
    before = _seen_by_target(context, work, list(there))
    rest, settled, images = [], [], []
    for one in part:
        record = there.get(one.from_id)
        old = normal(record.values.get(field)) if record else None
        if old == normal(one.to_id):
            settled.append(Settled(one.seq, "done", 0))
        elif old and work.plan.match.when_found is WhenFound.FILL_BLANKS:
            settled.append(Settled(one.seq, "left", 0, "kept_theirs", REASONS["kept_theirs"]))
        elif record is not None and is_edited(before.get(one.from_id), field, record.values.get(field), normal):
            settled.append(Settled(one.seq, "left", 0, "edited_on_target", REASONS["edited_on_target"]))
        else:
            rest.append(one)
            if record is not None:
                image, sent = to_json({field: record.values.get(field)}), to_json({field: one.to_id})
                images.append((work.name, f"link {field}", one.from_id, image, sent, record.modified))
    if images:
        context.journal.write([("INSERT OR IGNORE INTO before_images VALUES(?, ?, ?, ?, ?, ?)", images)])
    return rest, settled


def _seen_by_target(context: Context, work: ObjectWork, ids: Sequence[str]) -> dict[str, Seen]:
    """What the dry run saw of these records of the target."""
    if context.scope is None:
        return {}
    sql = "SELECT source_id, target_id FROM records WHERE object=? AND target_id IN"
    sources = dict(context.journal.among(sql, work.name, ids))
    known = context.scope.seen(work.name, list(sources))
    return {target_id: known[source_id] for source_id, target_id in sources.items() if source_id in known}


def _update(context: Context, work: ObjectWork, link: LinkWork, links: Sequence[Link]) -> list[RowResult]:
    rows = []
    for one in links:
        payload: dict[str, object] = {}
        schema = work.target.field(str(link.target.field))
        if schema is not None:
            context.target.codec.encoder(schema)(one.to_id, payload)
        else:
            payload[str(link.target.field)] = one.to_id
        rows.append(Row(link_key(one), payload, one.from_id))
    return context.target.write(work.plan.target, Operation.UPDATE, rows)


# -- associations ----------------------------------------------------------------------------------------------------------


def _associate(context: Context, work: ObjectWork, link: LinkWork, ready: list[Ready]) -> list[Settled]:
    target, size = context.target, context.target.capabilities.link_batch

    def anew(links: Sequence[Link]) -> list[RowResult]:
        return target.link_anew(link.target, links)

    def looking(links: Sequence[Link]) -> list[RowResult]:
        return target.link(link.target, links)

    settled: list[Settled] = []
    first = never_sent(context, work, link, ready)
    for part in chunks([one for one in ready if one.seq in first], size):
        pairs = _pairs(link, part)
        settled += _outcomes(pairs, part, _in_rounds(context, list(pairs), looking, anew))
    for part in chunks([one for one in ready if one.seq not in first], size):
        rest, done = _not_there(context, link, part)
        pairs = _pairs(link, rest)
        settled += done + _outcomes(pairs, rest, _in_rounds(context, list(pairs), looking))
    return settled


def _pairs(link: LinkWork, ready: Sequence[Ready]) -> dict[Link, Ready]:
    return {Link(link.target.name, one.from_id, one.to_id): one for one in ready}


def _not_there(context: Context, link: LinkWork, part: Sequence[Ready]) -> tuple[list[Ready], list[Settled]]:
    """A record that was there before may have the link already; so may any, where linking twice would make two.

    One that can have a single such link and has another keeps it: a link has no before-image that an undo could bring back.
    """
    capabilities = context.target.capabilities
    doubtful = sorted({one.from_id for one in part if not one.new or not capabilities.idempotent_link})
    there: set[tuple[str, str]] = set()
    for ids in chunks(doubtful, capabilities.link_read_batch):
        found = context.patience.call(lambda: context.target.links(link.target, ids))  # noqa: B023 - called at once
        there |= {(one.from_id, one.to_id) for one in found}
    occupied = {from_id for from_id, _ in there} if link.target.single else frozenset[str]()
    rest, settled = [], []
    for one in part:
        if (one.from_id, one.to_id) in there:
            settled.append(Settled(one.seq, "done", 0))
        elif one.from_id in occupied:
            settled.append(Settled(one.seq, "left", 0, "holds_another", REASONS["holds_another"]))
        else:
            rest.append(one)
    return rest, settled


# -- sending ---------------------------------------------------------------------------------------------------------------


_Send = Callable[[Sequence[Link]], list[RowResult]]


def _in_rounds(
    context: Context, links: Sequence[Link], send: _Send, first_send: _Send | None = None
) -> dict[str, RowResult]:
    """The result of every link; what was put off or not answered is sent again by `send`, since making a link twice by it makes one."""
    answered: dict[str, RowResult] = {}
    open_links = list(links)
    for round_number in range(ROUNDS):
        if not open_links:
            break
        if round_number:
            context.patience.pause(round_number)
        results = {result.key: result for result in _sent(context, open_links, first_send or send)}
        first_send = None
        answered |= {key: one for key, one in results.items() if not (one.retriable or one.rule == "unanswered")}
        open_links = [one for one in open_links if link_key(one) not in answered]
    return answered


def _sent(context: Context, links: Sequence[Link], send: _Send) -> list[RowResult]:
    try:
        return context.patience.call(lambda: send(links))
    except OutcomeUnknown:
        return []
    except BatchRejected as rejected:
        if len(links) == 1:
            return [RowResult(link_key(links[0]), Outcome.REJECTED, None, rejected.rule, None, str(rejected))]
        middle = len(links) // 2
        return _sent(context, links[:middle], send) + _sent(context, links[middle:], send)


def _outcomes(pairs: dict[Link, Ready], rest: Sequence[Ready], results: dict[str, RowResult]) -> list[Settled]:
    settled: list[Settled] = []
    by_pair: dict[tuple[str, str], list[Ready]] = defaultdict(list)
    for one in rest:
        by_pair[one.from_id, one.to_id].append(one)
    for link in pairs:
        result = results.get(link_key(link))
        for number, one in enumerate(by_pair[link.from_id, link.to_id]):
            if result is None:
                continue  # still planned: the next start of the run tries again
            if result.outcome is Outcome.REJECTED:
                settled.append(Settled(one.seq, "left", 0, result.rule or "link_refused", result.message))
            else:
                settled.append(Settled(one.seq, "done", int(number == 0)))
    return settled


def settle_links_in_records(context: Context, work: ObjectWork) -> None:
    """Links that went with their record share its fate."""
    context.journal.write(
        [
            (
                "UPDATE links SET state='done', made=(SELECT r.decision IN ('create', 'update') FROM records r WHERE r.object=links.object AND "
                "r.source_id=links.from_source) WHERE object=? AND state='in_record' AND EXISTS (SELECT 1 FROM records r WHERE "
                "r.object=links.object AND r.source_id=links.from_source AND r.state='done')",
                [(work.name,)],
            ),
            (
                "UPDATE links SET state='planned' WHERE object=? AND state='in_record' AND EXISTS (SELECT 1 FROM records r WHERE "
                "r.object=links.object AND r.source_id=links.from_source AND r.state IN ('quarantined', 'aside'))",
                [(work.name,)],
            ),
        ]
    )
