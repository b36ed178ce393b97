"""An answer to a question of a plan; where it names a field of the source in the person's own words, a look whether that is there."""

from __future__ import annotations

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.planning.spelling import near
from sdrbot_skills.runs.brokers import reading


def answer(plan: Plan, question_id: str, text: str) -> Plan:
    """The plan with the question answered. Raises `ConfigurationError` for an answer that is not understood or names a field that is not there."""
    changed = planning.answer(plan, question_id, text)
    asked = {entry.id: entry for whole in plan.questions for entry in (whole, *whole.parts)}[question_id.strip()]
    offered = {choice.casefold() for choice in (*asked.choices, asked.suggestion or "")}
    named = _sources(changed) - _sources(plan)
    if named and text.strip().casefold() not in offered:
        _must_be_there(plan, named, list(asked.choices))
    return changed


def _must_be_there(plan: Plan, named: set[tuple[str, str]], choices: list[str]) -> None:
    with reading(plan.source.connection) as (source,):
        for name, field in sorted(named):
            known = source.describe(plan.objects[name].source).by_name
            if field not in known:
                hint = near(field, [*choices, *known])
                raise ConfigurationError(
                    f"{plan.objects[name].source} in {plan.source.connection} has no field {field!r}.{hint} "
                    f"`constant {field}` would be that very text. Possible without a field: {', '.join(choices)}."
                )


def _sources(plan: Plan) -> set[tuple[str, str]]:
    """Every source field that a plan reads, with the object it belongs to."""
    found = set()
    for name, entry in plan.objects.items():
        for mapping in entry.fields:
            found |= {(name, field) for field in mapping.source}
            if mapping.fallback is not None and mapping.fallback.from_field is not None:
                found.add((name, mapping.fallback.from_field))
    return found
