"""Amounts in a currency that the target does not hold: what becomes of them is for a person to say, and nothing is ever converted."""

from __future__ import annotations

from sdrbot_skills.model.plan import FieldMapping, Otherwise, Question, Transform
from sdrbot_skills.model.schema import Field
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.draft import Draft

_SHOWN = 12


def ask_about_currencies(draft: Draft) -> None:
    """One question for each field of money whose amounts the sample shows in a currency that the target lacks."""
    for mapping in draft.fields:
        source = draft.source.by_name.get(mapping.source[0]) if len(mapping.source) == 1 else None
        target = draft.target.by_name.get(mapping.target)
        if source and target and source.kind is target.kind is Kind.MONEY and not mapping.transform:
            held = _held(draft, target)
            seen = list(draft.fill.currencies.get(source.name, ()))
            foreign = sorted(one for one in seen if held and _named(draft, one) not in {*held, None})
            if foreign:
                draft.questions.append(_question(draft, mapping, target, foreign, sorted(held)))


def _held(draft: Draft, target: Field) -> set[str]:
    """The currencies the target can say an amount is in; empty where it takes any, or does not tell."""
    beside = draft.target.by_name.get(target.currency_field or "")
    if beside is not None:
        return {option.value for option in beside.options if option.active}
    own = draft.theirs.account.currency
    return {own} if own and not target.own_currency else set()


def _named(draft: Draft, currency: str) -> str | None:
    """An amount that names no currency is in the source's own."""
    return currency or draft.ours.account.currency


def _question(draft: Draft, mapping: FieldMapping, target: Field, foreign: list[str], held: list[str]) -> Question:
    names = sorted({_named(draft, one) or "" for one in foreign})
    shown = ", ".join(held[:_SHOWN])
    choices = {
        "quarantine": "keep these records back",
        "leave": "carry the records without these amounts, and count them",
    }
    mappings = {
        "quarantine": mapping.model_copy(update={"otherwise": Otherwise.REJECT}),
        "leave": mapping.model_copy(update={"otherwise": Otherwise.NOTE}),
    }
    own = draft.theirs.account.currency
    if own:
        relabelled = Transform(name="amount_in", settings={"currency": own, "instead_of": foreign})
        choices["number"] = f"carry the bare number, as if it were {own}: nothing is converted"
        mappings["number"] = mapping.model_copy(update={"transform": relabelled, "reason": "answered by a person"})
    return Question(
        id=f"{draft.word}.currency.{target.name}",
        object=draft.word,
        text=f"{target.label} ({target.name}) holds amounts in {shown} only; some of the source are in {', '.join(names)}. What becomes of these?",
        choices=choices,
        suggestion="quarantine",
        targets=[f"{draft.word}.{target.name}"],
        mappings=mappings,
    )
