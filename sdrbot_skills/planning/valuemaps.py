"""Value maps between two choice fields: by value, then label, then similarity; what is not sure becomes a question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process, utils

from sdrbot_skills.model.plan import FieldMapping, Otherwise, Question
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.draft import Draft

SURE = 93
"""Similarity of labels (0 to 100) from which two options are taken for the same."""

NEAR = 80
"""Similarity from which an option is worth proposing in a question."""

_SHOWN = 12
_YES_NO = (Option(value="true", label="Yes"), Option(value="false", label="No"))


@dataclass
class ValueMatch:
    """What was found between two lists of options: `sure`, `near` (worth proposing), and what has no counterpart."""

    sure: dict[str, str | None] = field(default_factory=dict)
    near: dict[str, str] = field(default_factory=dict)
    unmatched: list[str] = field(default_factory=list)


def match_options(source: Sequence[Option], target: Sequence[Option]) -> ValueMatch:
    """Pair options. Inactive target options are never proposed, since most CRMs refuse them on new records."""
    found = ValueMatch()
    active = [option for option in target if option.active]
    values = {option.value: option.value for option in active}
    folded = {option.value.casefold(): option.value for option in active}
    labels = {option.label.casefold(): option.value for option in active}
    texts = {option.value: option.label for option in active}
    for option in source:
        value, label = option.value.casefold(), option.label.casefold()
        hit = values.get(option.value) or folded.get(value) or labels.get(label)
        hit = (
            hit or folded.get(label) or labels.get(value)
        )  # a translated label still has its value in the first language
        if hit is None:
            _by_similarity(option, texts, found)
        else:
            found.sure[option.value] = hit
    return found


def _by_similarity(option: Option, texts: Mapping[str, str], found: ValueMatch) -> None:
    alike = process.extract(option.label, texts, scorer=fuzz.token_sort_ratio, processor=utils.default_process, limit=2)
    alone = len(alike) == 1 or alike[0][1] - alike[1][1] > 3 if alike else False
    if alone and alike[0][1] >= SURE:
        found.sure[option.value] = alike[0][2]
        return
    found.unmatched.append(option.value)
    # Words in common ("Higher Education", "Education") are worth proposing; letters in common ("Real Estate", "Retail") are not.
    near = process.extractOne(
        option.label, texts, scorer=fuzz.token_set_ratio, processor=utils.default_process, score_cutoff=NEAR
    )
    if near:
        found.near[option.value] = near[2]


def add_value_map(draft: Draft, mapping: FieldMapping, source: Field, target: Field) -> FieldMapping:
    """The mapping with its value map, and a question in the draft where options without a sure counterpart."""
    if target.kind not in (Kind.CHOICE, Kind.CHOICES):
        labels = {option.value: option.label for option in source.options}
        return mapping.model_copy(update={"value_map": labels, "otherwise": Otherwise.NOTE})
    options = source_options(draft, source)
    match = match_options(options, target.options)
    otherwise = Otherwise.REJECT if target.required else Otherwise.NOTE
    seen = draft.fill.seen.get(source.name)
    if seen is not None and not source.options:
        match.unmatched = [value for value in match.unmatched if seen[value]]
    if match.unmatched and draft.has_data(source.name):
        names = {option.value: option.label for option in options}
        draft.questions.append(value_question(draft, source, target, match, names))
    return mapping.model_copy(update={"value_map": match.sure, "otherwise": otherwise})


def source_options(draft: Draft, source: Field) -> Sequence[Option]:
    """The options a source field can hold; of free text, the values seen in the sample."""
    if source.options:
        return source.options
    if source.kind in (Kind.BOOLEAN, Kind.CONSENT):
        return _YES_NO
    seen = draft.fill.seen.get(source.name, Counter())
    return [Option(value=value, label=value) for value in seen]


def value_question(
    draft: Draft, source: Field, target: Field, match: ValueMatch, source_labels: Mapping[str, str]
) -> Question:
    """One question for all options of a field that without a sure counterpart, those in use first."""
    seen = draft.fill.seen.get(source.name, Counter())
    order = sorted(match.unmatched, key=lambda value: -seen.get(value, 0))
    target_labels = {option.value: option.label for option in target.options if option.active}
    shown = [
        f"{source_labels[value]}" + (f" ({seen[value]} in the sample)" if seen.get(value) else "")
        for value in order[:_SHOWN]
    ]
    more = f" and {len(order) - _SHOWN} more" if len(order) > _SHOWN else ""
    near = [value for value in order if value in match.near]
    proposal = "; ".join(
        f"{_writable(source_labels[value], value)} = {_writable(target_labels[match.near[value]], match.near[value])}"
        for value in near
    )
    choices = {"blank": "leave the field empty for these, and count them", "quarantine": "keep these records back"}
    if not target.restricted and target.kind is Kind.CHOICE:
        choices["as labelled"] = "write the label as it is; the target takes any text here"
    if target.required:
        del choices["blank"]
    return Question(
        id=f"{draft.word}.values.{target.name}",
        object=draft.word,
        text=(
            f"{counted(len(order), 'value')} of {source.label} ({source.name}) without a sure counterpart in {target.label} ({target.name}): "
            f"{', '.join(shown)}{more}. Write `theirs = ours` pairs separated by `;`, or choose."
        ),
        choices=choices,
        free=True,
        suggestion=proposal or next(iter(choices)),
        source_names={source_labels[value]: value for value in order},
        target_names={label: value for value, label in target_labels.items()},
        targets=[f"{draft.word}.{target.name}"],
        personal=not source.options and source.kind not in (Kind.BOOLEAN, Kind.CONSENT),
    )


def counted(number: int, noun: str) -> str:
    """`1 value`, `1,200 values`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _writable(label: str, value: str) -> str:
    """The label, unless it holds what separates pairs."""
    return value if set(label) & set(";=") else label
