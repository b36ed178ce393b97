"""Create, update or leave alone: and of an update, only what differs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sdrbot_skills.crm.base import Codec, Normalise
from sdrbot_skills.engine.candidate import Candidate, Decision
from sdrbot_skills.engine.context import Context
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


def compile_decide(context: Context, work: ObjectWork) -> Callable[[Candidate], None]:
    """The function that decides about one matched candidate: it sets the decision and leaves in the payload what is to be sent."""
    normal = normalisers(context, work)
    when_found = work.plan.match.when_found
    opt_outs = {name: _spelled(context, work, name, True) for name in work.consents}
    fixed = {one.name for one in work.target.fields if not one.updatable}
    unmakeable = {one.name for one in work.target.fields if not one.creatable}
    kind_field = work.target.record_type_field
    addresses = {one.name for one in work.target.fields if one.kind in _ADDRESSES}

    def create(candidate: Candidate) -> None:
        candidate.decision = Decision.CREATE
        payload = candidate.payload
        if work.key_field:
            payload[work.key_field] = context.migration_key(candidate.source_id)
        for name in unmakeable & payload.keys():
            del payload[name]
            message = "This field can only be changed later, not filled when a record is made; it is not sent."
            context.findings.add(
                "not_creatable", "warning", work.name, message, field=name, example=candidate.source_id
            )
        missing = sorted(name for name in work.required if payload.get(name) in (None, ""))
        if missing:
            message = f"The target needs a value in {', '.join(missing)}; the source has none."
            candidate.quarantine("required_missing", message, missing[0])

    def change(candidate: Candidate) -> None:
        assert candidate.existing is not None
        there = candidate.existing.values
        if work.key_field:
            candidate.payload[work.key_field] = context.migration_key(candidate.source_id)
        changes = {}
        for name, value in candidate.payload.items():
            if name == kind_field:
                continue
            if name in addresses:
                value = joined(value, there.get(name), normal[name])
            new, old = normal[name](value), normal[name](there.get(name))
            if new == old or new is None or (when_found is WhenFound.FILL_BLANKS and not _blank(old, name, opt_outs)):
                continue
            if name in opt_outs and value != opt_outs[name]:
                continue  # an opt-out is never taken back
            if name in fixed:
                message = "This field cannot be changed on a record that is there; it is left as it is."
                context.findings.add(
                    "not_updatable", "info", work.name, message, field=name, example=candidate.source_id
                )
                continue
            changes[name] = value
        candidate.payload = changes
        candidate.decision = Decision.UPDATE if changes else Decision.SKIP
        if not changes:
            candidate.rule = "unchanged"

    def decide(candidate: Candidate) -> None:
        if not candidate.open:
            return
        if candidate.existing is None:
            create(candidate)
        elif when_found is WhenFound.SKIP:
            candidate.decision, candidate.rule, candidate.payload = Decision.SKIP, "already_there", {}
        else:
            change(candidate)

    return decide


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
