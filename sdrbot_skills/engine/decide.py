"""Create, update or leave alone: and of an update, only what differs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sdrbot_skills.crm.base import Codec, Normalise
from sdrbot_skills.engine.candidate import Candidate, Decision
from sdrbot_skills.engine.context import Context
from sdrbot_skills.engine.findings import Severity
from sdrbot_skills.engine.work import ObjectWork
from sdrbot_skills.model.plan import WhenFound
from sdrbot_skills.model.schema import ObjectSchema
from sdrbot_skills.model.values import Kind

Normalisers = dict[str, Normalise]

_ADDRESSES = frozenset({Kind.EMAILS, Kind.PHONES, Kind.URLS})


def normalisers(context: Context, work: ObjectWork) -> Normalisers:
    """Per target field what makes two of its vendor values comparable."""
    return normalisers_for(context.target.codec, work.target)


def normalisers_for(codec: Codec, schema: ObjectSchema) -> Normalisers:
    """The same, from codec and schema alone."""
    return _Normalisers(codec, schema)


class _Normalisers(dict[str, Normalise]):
    """Made when first asked for: a payload also holds names that no mapping names (a money field's currency)."""

    def __init__(self, codec: Codec, schema: ObjectSchema) -> None:
        super().__init__()
        self._codec, self._schema = codec, schema

    def __missing__(self, name: str) -> Normalise:
        field = self._schema.field(name)
        made: Normalise = self._codec.normaliser(field) if field else (lambda value: value)
        self[name] = made
        return made


class Decider:
    """Decides about matched candidates of one object: sets the decision, and leaves in the payload what is to be sent."""

    def __init__(self, context: Context, work: ObjectWork) -> None:
        self._context, self._work = context, work
        self._normal = normalisers(context, work)
        self._when_found = work.plan.match.when_found
        self._opt_outs = {name: _spelled(context, work, name, True) for name in work.consents}
        self._fixed = {one.name for one in work.target.fields if not one.updatable}
        self._unmakeable = {one.name for one in work.target.fields if not one.creatable}
        self._addresses = {one.name for one in work.target.fields if one.kind in _ADDRESSES}

    def decide(self, candidate: Candidate) -> None:
        """Create, update or leave alone."""
        if not candidate.open:
            return
        if candidate.existing is None:
            self._create(candidate)
        elif self._when_found is WhenFound.SKIP:
            candidate.decision, candidate.rule, candidate.payload = Decision.SKIP, "already_there", {}
        else:
            self._change(candidate, candidate.existing.values)

    def _create(self, candidate: Candidate) -> None:
        candidate.decision = Decision.CREATE
        payload = candidate.payload
        self._put_key(candidate)
        for name in self._unmakeable & payload.keys():
            del payload[name]
            message = "This field can only be changed later, not filled when a record is made; it is not sent."
            self._note("not_creatable", "warning", message, name, candidate)
        missing = sorted(name for name in self._work.required if payload.get(name) in (None, ""))
        if missing:
            message = f"The target needs a value in {', '.join(missing)}; the source has none."
            candidate.quarantine("required_missing", message, missing[0])

    def _change(self, candidate: Candidate, there: Mapping[str, Any]) -> None:
        self._put_key(candidate)
        changes = {}
        for name, ours in candidate.payload.items():
            if name == self._work.target.record_type_field:
                continue
            value = joined(ours, there.get(name), self._normal[name]) if name in self._addresses else ours
            if not self._is_wanted(name, value, there.get(name)):
                continue
            if name in self._fixed:
                message = "This field cannot be changed on a record that is there; it is left as it is."
                self._note("not_updatable", "info", message, name, candidate)
                continue
            changes[name] = value
        candidate.payload = changes
        candidate.decision = Decision.UPDATE if changes else Decision.SKIP
        if not changes:
            candidate.rule = "unchanged"

    def _is_wanted(self, name: str, value: Any, theirs: Any) -> bool:
        """Whether a value is to take the place of the one that is there."""
        normal = self._normal[name]
        new, old = normal(value), normal(theirs)
        if new == old or new is None:
            return False
        if self._when_found is WhenFound.FILL_BLANKS and not _blank(old, name, self._opt_outs):
            return False
        return name not in self._opt_outs or bool(value == self._opt_outs[name])  # an opt-out is never taken back

    def _put_key(self, candidate: Candidate) -> None:
        """A record that an earlier run made of one that this one stands for keeps its key: links to it are found by it."""
        field = self._work.key_field
        if field is None:
            return
        there = candidate.existing.values.get(field) if candidate.existing else None
        if there and not str(there).startswith(self._context.plan.key_prefix):
            # Two sources that feed one record would take the key from each other for ever.
            self._note("key_of_another", "info", KEY_OF_ANOTHER, field, candidate)
            return
        if there not in [self._context.migration_key(one) for one in candidate.stands_for]:
            candidate.payload[field] = self._context.migration_key(candidate.source_id)

    def _note(self, rule: str, severity: Severity, message: str, field: str, candidate: Candidate) -> None:
        self._context.findings.add(rule, severity, self._work.name, message, field=field, example=candidate.source_id)


KEY_OF_ANOTHER = (
    "The record on the target carries the migration key of another source, and keeps it. It was found by the plan's match rule, by which later "
    "runs find it too; a link to it that a retry or a delta has to make is left, since those look for it by its key."
)


def joined(ours: Any, theirs: Any, normal: Normalise) -> Any:
    """Where a field holds several addresses, an update adds ours in front and takes none of theirs away."""
    if not (_texts(ours) and _texts(theirs)):
        return ours
    known = [normal([one]) for one in ours]  # a list, since some vendors' normal spelling is one too
    return [*ours, *(one for one in theirs if normal([one]) not in known)]


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _blank(old: Any, name: str, opt_outs: dict[str, Any]) -> bool:
    return old is None or old == "" or name in opt_outs


def _spelled(context: Context, work: ObjectWork, name: str, value: Any) -> Any:
    payload: dict[str, Any] = {}
    context.target.codec.encoder(work.target.by_name[name])(value, payload)
    return payload.get(name)
