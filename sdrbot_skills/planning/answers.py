"""Answers change the plan. The topic of a question says how; the grammar is small and needs no connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import phonenumbers
from rapidfuzz import process

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.plan import (
    Fallback,
    FieldMapping,
    Filter,
    ObjectPlan,
    Otherwise,
    Plan,
    Question,
    SchemaChange,
    Transform,
)
from sdrbot_skills.model.records import Comparison
from sdrbot_skills.model.transforms import TRANSFORMS
from sdrbot_skills.planning.questions import answers_of_parts, topic

_OTHERS = "others"
_OTHERWISE = {
    "blank": Otherwise.NOTE,
    "leave": Otherwise.NOTE,
    "quarantine": Otherwise.REJECT,
}


def answer(plan: Plan, question_id: str, text: str) -> Plan:
    """The plan with one question answered; the plan given is not changed. A question may be answered again.

    A question that stands for several is answered for all its parts that are still open; a part may be answered by its own id.
    Raises `ConfigurationError` for an unknown question or an answer that is not understood, with what would be.
    """
    changed = plan.model_copy(deep=True)
    known = {entry.id: entry for whole in changed.questions for entry in (whole, *whole.parts)}
    question = known.get(question_id.strip())
    if question is None:
        raise ConfigurationError(_unknown("question", question_id, list(known)))
    words = _choice(question, text.strip())
    for part, its_words in answers_of_parts(question, words).items():
        _put(changed, known[part], its_words)
    if not question.parts:
        _put(changed, question, words)
    question.answer = words
    return Plan.model_validate(changed.model_dump(by_alias=True))


def _put(plan: Plan, question: Question, words: str) -> None:
    _HANDLERS[topic(question)](plan, question, words)
    question.answer = words


def accept_proposals(plan: Plan) -> Plan:
    """Every open question answered by its proposal; one without a proposal by `quarantine`, where that may be answered.

    What is left open after this (a required field without any source) only a person can answer.
    """
    for question in plan.open_questions():
        text = question.suggestion or ("quarantine" if "quarantine" in question.choices else None)
        if text is not None:
            plan = answer(plan, question.id, text)
    return plan


def _choice(question: Question, text: str) -> str:
    """The answer as the question spells it; free text stays as it is."""
    named = next((choice for choice in question.choices if choice.casefold() == text.casefold()), None)
    if named is None and not (question.free and text):
        raise ConfigurationError(_unknown(f"answer to {question.id}", text, list(question.choices)))
    return named or text


def _values(plan: Plan, question: Question, text: str) -> None:
    for entry, index in _mappings(plan, question):
        mapping = entry.fields[index]
        value_map = {
            value: to for value, to in (mapping.value_map or {}).items() if value not in question.source_names.values()
        }
        otherwise = _OTHERWISE.get(text, mapping.otherwise)
        if text == "as labelled":
            value_map |= {value: label for label, value in question.source_names.items()}
        elif text not in _OTHERWISE:
            pairs = _pairs(question, text)
            otherwise = _OTHERWISE[pairs.pop(_OTHERS) or ""] if _OTHERS in pairs else otherwise
            value_map |= pairs
        entry.fields[index] = mapping.model_copy(update={"value_map": value_map, "otherwise": otherwise})


def _owners(plan: Plan, question: Question, text: str) -> None:
    everybody = next((user for name, user in question.target_names.items() if name.casefold() == text.casefold()), None)
    if everybody is not None:
        text = "; ".join(f"{name} = {everybody}" for name in question.source_names)
    _values(plan, question, text)


def _pairs(question: Question, text: str) -> dict[str, str | None]:
    """`theirs = ours; ...` as stored values; `blank` on the right means: no value; `others` on the left: all that is not named."""
    pairs: dict[str, str | None] = {}
    for part in filter(str.strip, text.split(";")):
        left, found, right = part.partition("=")
        if not found:
            raise ConfigurationError(f"{part.strip()!r} is not `theirs = ours`. Separate pairs by `;`.")
        if left.strip().casefold() == _OTHERS:
            pairs[_OTHERS] = _choice(question, right.strip())
        elif right.strip().casefold() == "blank":
            pairs[_stored(left.strip(), question.source_names, "source value")] = None
        else:
            theirs = _stored(right.strip(), question.target_names, "target value")
            pairs[_stored(left.strip(), question.source_names, "source value")] = theirs
    return pairs


def _stored(text: str, names: Mapping[str, str], what: str) -> str:
    if text in names.values():
        return text
    found = next((stored for name, stored in names.items() if name.casefold() == text.casefold()), None)
    if found is None:
        raise ConfigurationError(_unknown(what, text, list(names)))
    return found


def _field(plan: Plan, question: Question, text: str) -> None:
    """A required field that nothing was found for."""
    word, target = question.targets[0].split(".", 1)
    entry = plan.objects[word]
    source, transform, constant = _way(question, text)
    if source is None:
        transform = Transform(name="constant", settings={"value": constant})
    mapping = FieldMapping.of(source or [], target, transform=transform, reason="answered by a person")
    entry.fields = [*(one for one in entry.fields if one.target != target), mapping]


def _blank(plan: Plan, question: Question, text: str) -> None:
    """A required field whose source is sometimes empty."""
    fallback = None
    if text != "quarantine":
        source, transform, constant = _way(question, text)
        fallback = Fallback(constant=constant, from_field=source, transform=transform)
    for entry, index in _mappings(plan, question):
        entry.fields[index] = entry.fields[index].model_copy(update={"fallback": fallback})


def _way(question: Question, text: str) -> tuple[str | None, Transform | None, str | None]:
    """`constant TEXT`, `FIELD`, `TRANSFORM FIELD` or `days_after FIELD 90`: source field, transform, constant."""
    first, _, rest = text.partition(" ")
    rest = rest.strip()
    if first == "constant" and rest:
        return None, None, _stored(rest, question.target_names, "value") if question.target_names else rest
    if not rest:
        return first, None, None
    if first == "days_after":
        field, _, days = rest.partition(" ")
        if days.strip().lstrip("-").isdigit():
            return field, Transform(name="days_after", settings={"days": int(days)}), None
    spec = TRANSFORMS.get(first)
    if spec is not None and not spec.needed and spec.sources == (1, 1) and " " not in rest:
        return rest, Transform(name=first), None
    raise ConfigurationError(
        f"{text!r} is not understood. Write a source field's API name, `constant {text}` for that very text, or a "
        "transform and a field, such as `domain_of email` or `days_after createdate 30`."
    )


def _place(plan: Plan, question: Question, text: str) -> None:
    """An ambiguous field or an opt-out: into a field, into a new one, nowhere; or the records are left out."""
    word, _, source = question.id.split(".", 2)
    entry = plan.objects[word]
    change = question.creates.get(source)
    offered = {mapping.target for mapping in question.mappings.values()}
    entry.fields = [one for one in entry.fields if not (one.source == [source] and one.target in offered)]
    exclusion = Filter(field=source, op=Comparison.NE, value=True)
    entry.filter = [one for one in entry.filter if one != exclusion]
    plan.schema_changes = [one for one in plan.schema_changes if one != change]
    if text == "exclude":
        entry.filter.append(exclusion)
    if text in question.mappings:
        entry.fields.append(question.mappings[text].model_copy(update={"reason": "answered by a person"}))
    if text == "create" and change is not None:
        _add_change(plan, change)


def _currency(plan: Plan, question: Question, text: str) -> None:
    """Amounts in a currency that the target lacks: each answer stands for a mapping."""
    for entry, index in _mappings(plan, question):
        entry.fields[index] = question.mappings[text]


def _phones(plan: Plan, question: Question, text: str) -> None:
    """Numbers without a country: kept back, left, or read as those of a country, in two letters."""
    as_it_is = question.mappings["as it is"]
    if text in _OTHERWISE:
        changed = as_it_is.model_copy(update={"otherwise": _OTHERWISE[text]})
    else:
        country = text.upper()
        if country not in phonenumbers.SUPPORTED_REGIONS:
            raise ConfigurationError(f"{text!r} is not a country. Write its two letters, such as DE, GB or US.")
        own = question.source_names.get("own_country")
        settings = {"country": country} | ({"own_country": True} if own else {})
        update = {"source": [*as_it_is.source, *([own] if own else [])], "reason": "answered by a person"}
        changed = as_it_is.model_copy(update=update | {"transform": Transform(name="phones_in", settings=settings)})
    for entry, index in _mappings(plan, question):
        entry.fields[index] = changed


def _add_change(plan: Plan, change: SchemaChange) -> None:
    """Two objects of the plan that go into one object of the target share a field of one name."""
    if not any(one.object == change.object and one.field.name == change.field.name for one in plan.schema_changes):
        plan.schema_changes.append(change)


def _create(plan: Plan, question: Question, text: str) -> None:
    """Which of several source fields get a field of their own."""
    entry = plan.objects[str(question.object)]
    names = _chosen(question, text)
    made = {mapping.target for mapping in question.mappings.values()}
    entry.fields = [one for one in entry.fields if one.target not in made]
    entry.fields += [question.mappings[name] for name in names]
    plan.schema_changes = [one for one in plan.schema_changes if one not in question.creates.values()]
    for name in names:
        _add_change(plan, question.creates[name])


def _chosen(question: Question, text: str) -> list[str]:
    if text in ("create", "leave"):
        return list(question.creates) if text == "create" else []
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in question.creates:
            raise ConfigurationError(_unknown("field", name, list(question.creates)))
    return names


def _pipeline(plan: Plan, question: Question, text: str) -> None:
    """Another pipeline of the target: its stages are matched by label, the others asked about."""
    word, target = question.targets[0].split(".", 1)
    entry = plan.objects[word]
    pipeline = question.target_names[text]
    constant = Transform(name="constant", settings={"value": pipeline})
    index = next(number for number, one in enumerate(entry.fields) if one.target == target)
    if entry.fields[index].transform == constant:
        return
    entry.fields[index] = entry.fields[index].model_copy(
        update={"transform": constant, "reason": f"all go into the pipeline {text}"}
    )
    stages = {
        name.partition(" / ")[2]: stage
        for name, stage in question.target_names.items()
        if name.startswith(f"{text} / ")
    }
    folded = {label.casefold(): stage for label, stage in stages.items()}
    for place in question.targets[1:]:
        _rematch_stages(plan, question, place, stages, folded)


def _rematch_stages(plan: Plan, question: Question, place: str, stages: dict[str, str], folded: dict[str, str]) -> None:
    word, field = place.split(".", 1)
    entry = plan.objects[word]
    found = {
        stage: folded[label.casefold()] for label, stage in question.source_names.items() if label.casefold() in folded
    }
    entry.fields = [
        one.model_copy(update={"value_map": found, "reason": "stage by stage: the same label"})
        if one.target == field
        else one
        for one in entry.fields
    ]
    plan.questions = [one for one in plan.questions if one.id != f"{word}.values.{field}"]
    missing = {label: stage for label, stage in question.source_names.items() if stage not in found}
    if missing:
        plan.questions.append(
            Question(
                id=f"{word}.values.{field}",
                object=word,
                text=f"These stages have no counterpart of the same label: {', '.join(missing)}. Write `theirs = ours` pairs separated by `;`.",
                choices={"quarantine": "keep these records back"},
                free=True,
                source_names=missing,
                target_names=stages,
                targets=[place],
            )
        )


def _record_type(plan: Plan, question: Question, text: str) -> None:
    word = str(question.object)
    if question.id.endswith(".target"):
        plan.objects[word].target_record_type = text
    elif text == "leave":
        plan.objects.pop(word, None)
        plan.questions = [one for one in plan.questions if one.object != word or one is question]
        for whole in plan.questions:
            whole.parts = [part for part in whole.parts if part.object != word]


def _mappings(plan: Plan, question: Question) -> list[tuple[ObjectPlan, int]]:
    """The mappings a question is about, as object and position."""
    found = []
    for place in question.targets:
        word, target = place.split(".", 1)
        entry = plan.objects.get(word)
        if entry is not None:
            found += [(entry, index) for index, one in enumerate(entry.fields) if one.target == target]
    return found


def _unknown(what: str, text: str, known: list[str]) -> str:
    near = [match[0] for match in process.extract(text, known, limit=3, score_cutoff=60)]
    hint = (
        f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else f"Possible: {', '.join(known[:20])}."
    )
    return f"There is no {what} {text!r}. {hint}"


_HANDLERS: dict[str, Callable[[Plan, Question, str], None]] = {
    "blank": _blank,
    "create": _create,
    "currency": _currency,
    "field": _field,
    "opt_out": _place,
    "owners": _owners,
    "phones": _phones,
    "pipeline": _pipeline,
    "place": _place,
    "record_type": _record_type,
    "values": _values,
}
