"""Opt-outs: carried where the target has a place for them, a question that blocks approval where it has none."""

from __future__ import annotations

import re

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.standard import vocabulary
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.plan import FieldMapping, Question
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.draft import Draft
from sdrbot_skills.planning.kinds import OPT_OUT
from sdrbot_skills.planning.newfields import copy_of
from sdrbot_skills.planning.valuemaps import counted

_CONSENT = re.compile(
    r"opt|unsub|consent|gdpr|dsgvo|rgpd|dnc|do.?not|no.?(e?mail|call|contact)|market|newsletter|werb|widerspr|d[ée]sabon",
    re.IGNORECASE,
)
"""In the name of a check box that may be meant for opt-outs; a wide object has dozens of others."""


def propose_consent(draft: Draft, source: Crm) -> None:
    """Map every opt-out of the source object; ask about those that would be lost."""
    for ours in draft.source.fields:
        if not is_opt_out(ours):
            continue
        theirs = draft.target_standard(ours.standard) if ours.standard else None
        if theirs is not None:
            reason = "people who opted out stay opted out; nobody is subscribed"
            draft.fields.append(
                FieldMapping.of(ours.name, theirs.name, transform=OPT_OUT, confidence=0.99, reason=reason)
            )
            continue
        count = _opted_out(draft, source, ours)
        if count != 0:
            draft.questions.append(_question(draft, ours, count))


def is_opt_out(field: Field) -> bool:
    """Whether a field says that a person does not want to be contacted."""
    room, _, name = (field.standard or "").partition(".")
    return field.kind is Kind.CONSENT or bool(vocabulary().get(room, {}).get(name, {}).get("consent"))


def _sounds_like_consent(field: Field) -> bool:
    return _CONSENT.search(f"{field.name} {field.label}") is not None


def _opted_out(draft: Draft, source: Crm, field: Field) -> int | None:
    """How many records have opted out; `None` where the CRM cannot count them, which is no reason to take it for none."""
    try:
        return source.count(draft.source.name, [*draft.where, Condition(field.name, Comparison.EQ, True)])
    except MigrationError:
        return None


def _question(draft: Draft, field: Field, count: int | None) -> Question:
    who = counted(count, "record") if count is not None else "An unknown number of records"
    places = [
        entry
        for entry in draft.target.fields
        if (entry.kind is Kind.CONSENT or (entry.kind is Kind.BOOLEAN and entry.custom and _sounds_like_consent(entry)))
        and draft.can_hold(entry)
        and draft.mapped(entry.name) is None
    ]
    choices = {"create": f"make a check box {field.label!r} on {draft.target.label} and carry it there"}
    choices |= {place.name: f"carry it into {place.label}" for place in places}
    choices |= {
        "exclude": "do not carry the people who opted out at all",
        "leave": "the opt-outs are lost: these people may be contacted against their will",
    }
    change = copy_of(field, draft.target, draft.capabilities, f"keeps the opt-out {field.label!r}")
    return Question(
        id=f"{draft.word}.opt_out.{field.name}",
        object=draft.word,
        text=(
            f"{who} of {draft.source.plural} with the opt-out {field.label!r} ({field.name}), and {draft.target.label} has no place for it. "
            "Where does it go? Nothing can be approved before this is answered."
        ),
        choices=choices,
        suggestion="create",
        blocks=True,
        creates={field.name: change},
        mappings={
            choice: FieldMapping.of(field.name, target, transform=OPT_OUT)
            for choice, target in {"create": change.field.name, **{place.name: place.name for place in places}}.items()
        },
    )
