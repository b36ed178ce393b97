"""Required target fields: one without a source, or with a source that is sometimes empty, is a question. There is no silent default."""

from __future__ import annotations

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import MigrationError
from sdrbot_skills.model.plan import FieldMapping, Question
from sdrbot_skills.model.records import Comparison, Condition
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import TEXT_KINDS, Kind
from sdrbot_skills.planning.draft import Draft

_DAYS = (30, 90)


def ask_about_required(draft: Draft, source: Crm) -> None:
    """Questions for the required fields of the target object."""
    for target in draft.target.fields:
        if not target.required or not target.creatable or target.kind is Kind.REFERENCE:
            continue
        mapping = draft.mapped(target.name)
        if mapping is None:
            draft.questions.append(_without_source(draft, target))
        elif mapping.source:
            _sometimes_empty(draft, target, mapping, source)


def _without_source(draft: Draft, target: Field) -> Question:
    choices = _ways(draft, target)
    return Question(
        id=f"{draft.word}.field.{target.name}",
        object=draft.word,
        text=f"{draft.target.label} cannot be made without {target.label} ({target.name}), and nothing of the source was found for it. {_how(target)}",
        choices=choices,
        free=True,
        blocks=True,
        target_names=_options(target),
        targets=[f"{draft.word}.{target.name}"],
    )


def _sometimes_empty(draft: Draft, target: Field, mapping: FieldMapping, source: Crm) -> None:
    empty = _how_many_empty(draft, mapping, source)
    if empty is None or mapping.fallback is not None:
        return
    choices = {"quarantine": "keep the records without it back"} | _ways(draft, target, skip=mapping.source)
    sources = ", ".join(mapping.source)
    draft.questions.append(
        Question(
            id=f"{draft.word}.blank.{target.name}",
            object=draft.word,
            text=(
                f"{draft.target.label} cannot be made without {target.label} ({target.name}), which comes from {sources}; "
                f"{empty} have none. {_how(target)}"
            ),
            choices=choices,
            free=True,
            suggestion="quarantine",
            target_names=_options(target),
            targets=[f"{draft.word}.{target.name}"],
        )
    )


def _how_many_empty(draft: Draft, mapping: FieldMapping, source: Crm) -> str | None:
    """How many of the records that the filter lets through have nothing for this field, in words; `None` where all have something.

    A single field is counted exactly where the sample is not all there is, or is of others than the filter means.
    """
    total, fill, where = draft.ours.counts.get(draft.source.name, 0), draft.fill, draft.where
    if len(mapping.source) == 1 and (fill.sampled < total or where):
        try:
            total = source.count(draft.source.name, where) if where else total
            empty = source.count(draft.source.name, [*where, Condition(mapping.source[0], Comparison.UNKNOWN)])
            return f"{empty:,} of {total:,} records" if empty else None
        except MigrationError:  # not every CRM counts by "unknown"; the sample has to do then
            pass
    rates = [rate for name in mapping.source if (rate := fill.rate(name)) is not None]
    share = 1 - max(rates, default=1.0)
    return f"{share:.0%} of {fill.sampled} sampled records" if share > 0 else None


def _ways(draft: Draft, target: Field, skip: list[str] | None = None) -> dict[str, str]:
    """The answers worth offering for this field, as `answers` understands them."""
    ways: dict[str, str] = {}
    if target.kind in TEXT_KINDS:
        ways |= _text_ways(draft, target, skip or [])
    created = draft.source.created_field
    if target.kind is Kind.DATE and created:
        ways |= {f"days_after {created} {days}": f"{days} days after the record was created" for days in _DAYS}
    if target.kind is Kind.CHOICE:
        ways |= {f"constant {option.label}": "the same for all" for option in target.options[:5] if option.active}
    return ways


def _text_ways(draft: Draft, target: Field, skip: list[str]) -> dict[str, str]:
    ways = {}
    email = draft.source_standard("person.email")
    linked = draft.linked_company
    if target.standard == "person.company_name" and linked is not None and linked.name not in skip:
        ways[linked.name] = f"take the {linked.label[0].lower()}{linked.label[1:]}"
    if target.standard in ("person.company_name", "company.name"):
        found = email or draft.source_standard("company.domain")
        if found is not None:
            ways[f"domain_of {found.name}"] = f"the domain of {found.label}, such as example.com"
    if target.standard in ("person.company_name", "person.last_name", "person.full_name"):
        ways |= {entry.name: f"take {entry.label} instead" for entry in _names(draft) if entry.name not in skip}
    return ways


def _names(draft: Draft) -> list[Field]:
    found = [draft.source_standard(f"person.{name}") for name in ("last_name", "first_name")]
    return [entry for entry in found if entry is not None and draft.has_data(entry.name)]


def _options(target: Field) -> dict[str, str]:
    return {option.label: option.value for option in target.options if option.active}


def _how(target: Field) -> str:
    example = "2026-12-31" if target.kind in (Kind.DATE, Kind.INSTANT) else "TEXT"
    return f"Write a source field's name, or `constant {example}`, or choose."
