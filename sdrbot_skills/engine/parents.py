"""Links that are fields of a record: the other end's target id is put into the payload before the record is made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sdrbot_skills.crm.base import Encode
from sdrbot_skills.crm.batching import chunks
from sdrbot_skills.engine.candidate import Candidate
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.decide import normalisers
from sdrbot_skills.engine.link_rows import REASONS
from sdrbot_skills.engine.work import ObjectWork

_ENDS = (
    "SELECT r.source_id, coalesce(r.target_id, s.target_id), coalesce(s.state, r.state) FROM records r "
    "LEFT JOIN records s ON s.object = r.object AND s.source_id = r.merged_into WHERE r.object=? AND r.source_id IN"
)


class End(NamedTuple):
    """Where a source record is on the target: its id (`None`: not there yet), and its state in the journal (`None`: not of this run)."""

    target_id: str | None
    state: str | None


class LinkRow(NamedTuple):
    """A row of the journal's table of links."""

    object: str
    type: str
    from_source: str
    to_object: str
    to_source: str
    state: str
    rule: str | None = None
    message: str | None = None


def ends(context: Context, object_name: str, ids: Iterable[str]) -> dict[str, End]:
    """Where these source records are; those that this run does not carry are looked for by their migration key."""
    wanted = set(ids)
    found = {row[0]: End(row[1], row[2]) for row in context.journal.among(_ENDS, object_name, wanted)}
    work = context.objects[object_name]
    elsewhere = [one for one in wanted if one not in found or found[one].state == "aside"]
    if work.key_field and elsewhere:
        found |= _by_migration_key(context, work, work.key_field, elsewhere)
    return found


def _by_migration_key(context: Context, work: ObjectWork, key_field: str, ids: Sequence[str]) -> dict[str, End]:
    """Ends that an earlier run has carried."""
    wanted = {context.migration_key(one): one for one in ids}
    found: dict[str, End] = {}
    for part in chunks(list(wanted), context.target.capabilities.find_batch):
        records = context.patience.call(
            lambda: context.target.find(work.plan.target, key_field, part, [key_field])  # noqa: B023 - called at once
        )
        for record in records:
            if (source_id := wanted.get(str(record.values.get(key_field)))) is not None:
                found[source_id] = End(record.id, "done")
    return found


class Parents:
    """Resolves the links of one object's candidates."""

    def __init__(self, context: Context, work: ObjectWork) -> None:
        self._context, self._work = context, work
        self._encoders = [self._encoder(link.target.field) for link in work.links]
        self._normal = normalisers(context, work)

    def _encoder(self, field: str | None) -> Encode:
        schema = self._work.target.by_name.get(field or "")
        if schema is not None:
            return self._context.target.codec.encoder(schema)
        return lambda value, payload: payload.__setitem__(str(field), value)

    def resolve(self, candidates: Sequence[Candidate]) -> list[LinkRow]:
        """Put what can be put into payloads, and answer every link as a row for the journal."""
        known = self._known(candidates)
        rows: list[LinkRow] = []
        for candidate in candidates:
            filled: dict[str, str] = {}
            for number, to_source in candidate.links:
                rows.append(self._resolve(candidate, number, to_source, known, filled))
        return rows

    def _known(self, candidates: Sequence[Candidate]) -> dict[str, dict[str, End]]:
        wanted: dict[str, set[str]] = defaultdict(set)
        for candidate in candidates:
            for number, to_source in candidate.links:
                if self._work.links[number].in_record:
                    wanted[self._work.links[number].to_object].add(to_source)
        return {name: ends(self._context, name, ids) for name, ids in wanted.items()}

    def _resolve(
        self,
        candidate: Candidate,
        number: int,
        to_source: str,
        known: dict[str, dict[str, End]],
        filled: dict[str, str],
    ) -> LinkRow:
        link = self._work.links[number]
        row = LinkRow(self._work.name, link.target.name, candidate.source_id, link.to_object, to_source, "planned")
        field = link.target.field
        if field is None or not candidate.open:
            return row
        if field in filled:
            return row._replace(
                state="left", rule="one_only", message="The target holds one such link; another comes first."
            )
        filled[field] = to_source
        end = known.get(link.to_object, {}).get(to_source)
        if not link.in_record or end is None or end.state in ("quarantined", "aside", "sent"):
            return self._without(candidate, link.target.required, row)
        target_id = end.target_id or (None if self._context.live else f"(new {link.to_object} {to_source})")
        if target_id is None:
            return self._without(candidate, link.target.required, row)
        self._encoders[number](target_id, candidate.payload)
        candidate.parents[field] = candidate.payload.get(field)
        return row._replace(state="in_record")

    def decided(self, candidates: Sequence[Candidate], rows: Sequence[LinkRow]) -> list[LinkRow]:
        """The same rows once it is decided what is sent: a link whose record keeps another one, or is left alone, is left with it."""
        fields = {link.target.name: str(link.target.field) for link in self._work.links if link.target.field}
        found = {one.source_id: one for one in candidates if one.existing is not None}
        return [
            self._kept(row, found[row.from_source], fields[row.type])
            if row.state == "in_record" and row.from_source in found
            else row
            for row in rows
        ]

    def _kept(self, row: LinkRow, candidate: Candidate, field: str) -> LinkRow:
        assert candidate.existing is not None
        normal = self._normal[field]
        if field in candidate.payload or not candidate.open:
            return row
        if candidate.rule != "already_there" and normal(candidate.existing.values.get(field)) == normal(
            candidate.parents.get(field)
        ):
            return row
        rule = "record_left_alone" if candidate.rule == "already_there" else "kept_theirs"
        self._context.findings.add(rule, "warning", row.object, REASONS[rule], field=row.type, example=row.from_source)
        return row._replace(state="left", rule=rule, message=REASONS[rule])

    def _without(self, candidate: Candidate, required: bool, row: LinkRow) -> LinkRow:
        """The record goes without this link, which stays planned for the second pass; a record that cannot be without waits for a person."""
        if required:
            message = f"The target cannot hold this record without its {row.type}, and that record is not there."
            candidate.quarantine("required_link_missing", message, row.type)
        return row
