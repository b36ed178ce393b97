"""What an account's schema looked like on a day, and what changed since: objects, fields, options, pipelines and stages, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from sdrbot_skills.crm.base import Crm
from sdrbot_skills.model.schema import Account, Field, ObjectSchema, Pipeline

_FACTS = {
    "label": "label",
    "kind": "kind",
    "vendor_type": "type",
    "required": "required",
    "unique": "unique",
    "creatable": "can be written in a new record",
    "updatable": "can be changed",
    "max_length": "longest text",
    "precision": "digits",
    "scale": "decimals",
    "capacity": "entries",
    "restricted": "only listed options",
    "references": "points at",
}
_ORDER = {"breaks": 0, "new": 1, "changed": 2}


class SchemaSnapshot(BaseModel):
    """The schema of one account at one time. No customer data."""

    model_config = ConfigDict(extra="forbid")
    account: Account
    taken_at: datetime
    objects: dict[str, ObjectSchema]
    pipelines: dict[str, list[Pipeline]] = {}


class SchemaChange(BaseModel):
    """One difference. `weight`: `breaks` (what relied on it may fail), `new`, or `changed`."""

    model_config = ConfigDict(extra="forbid")
    object: str
    field: str = ""
    weight: str
    text: str


def snapshot(crm: Crm) -> SchemaSnapshot:
    """Of the well-known and the custom objects."""
    wanted = [entry.name for entry in crm.objects() if entry.standard or entry.custom]
    return SchemaSnapshot(
        account=crm.account(),
        taken_at=datetime.now(UTC).replace(microsecond=0),
        objects={name: crm.describe(name) for name in wanted},
        pipelines={name: crm.pipelines(name) for name in wanted},
    )


def schema_changes(before: SchemaSnapshot, now: SchemaSnapshot) -> list[SchemaChange]:
    """What differs, what may break something first."""
    found: list[SchemaChange] = []
    for name in dict.fromkeys([*before.objects, *now.objects]):
        was, is_now = before.objects.get(name), now.objects.get(name)
        if was is None or is_now is None:
            weight, text = ("breaks", "is not there any more") if was else ("new", "is new")
            found.append(SchemaChange(object=name, weight=weight, text=text))
            continue
        found += _fields(was, is_now)
        found += _stages(name, before.pipelines.get(name, []), now.pipelines.get(name, []))
    return sorted(found, key=lambda change: _ORDER[change.weight])


def _fields(was: ObjectSchema, is_now: ObjectSchema) -> Iterator[SchemaChange]:
    for name in dict.fromkeys([*was.by_name, *is_now.by_name]):
        old, new = was.field(name), is_now.field(name)
        if old is None and new is not None:
            weight = "breaks" if new.required else "new"
            text = f"is new: {new.label} ({new.kind.value}{', required' if new.required else ''})"
            yield SchemaChange(object=was.name, field=name, weight=weight, text=text)
        elif new is None:
            text = "is not there any more, or is hidden now"
            yield SchemaChange(object=was.name, field=name, weight="breaks", text=text)
        elif old is not None:
            for weight, text in (*_facts(old, new), *_options(old, new)):
                yield SchemaChange(object=was.name, field=name, weight=weight, text=text)


def _facts(old: Field, new: Field) -> Iterator[tuple[str, str]]:
    for fact, words in _FACTS.items():
        was, is_now = getattr(old, fact), getattr(new, fact)
        if was != is_now:
            yield "breaks" if _narrower(fact, was, is_now) else "changed", f"{words}: {_shown(was)} → {_shown(is_now)}"


def _narrower(fact: str, was: Any, is_now: Any) -> bool:
    """Whether what could be written before may be refused now."""
    if fact in ("kind", "references"):
        return True
    if fact in ("required", "unique", "restricted"):
        return bool(is_now)
    if fact in ("creatable", "updatable"):
        return bool(was)
    if fact in ("max_length", "precision", "scale", "capacity"):
        return is_now is not None and (was is None or is_now < was)
    return False


def _options(old: Field, new: Field) -> Iterator[tuple[str, str]]:
    before, now = ({option.value: option for option in field.options} for field in (old, new))
    gone = [value for value, option in before.items() if option.active and not (value in now and now[value].active)]
    fresh = [value for value, option in now.items() if option.active and not (value in before and before[value].active)]
    if gone:
        yield "breaks", f"without the option{_s(gone)} {', '.join(gone)}"
    if fresh:
        yield "new", f"with the option{_s(fresh)} {', '.join(fresh)}"
    for value, option in now.items():
        if value in before and before[value].label != option.label:
            yield "changed", f"option {value}: label {before[value].label} → {option.label}"


def _stages(name: str, before: Sequence[Pipeline], now: Sequence[Pipeline]) -> Iterator[SchemaChange]:
    old, new = _named(before), _named(now)
    for key in dict.fromkeys([*old, *new]):
        if key not in new:
            yield SchemaChange(object=name, weight="breaks", text=f"{_words(old[key])} is not there any more")
        elif key not in old:
            yield SchemaChange(object=name, weight="new", text=f"{_words(new[key])} is new")
        elif old[key][1] != new[key][1]:
            yield SchemaChange(object=name, weight="changed", text=f"{_words(old[key])} is called {new[key][1]} now")


def _named(pipelines: Sequence[Pipeline]) -> dict[tuple[str, str], tuple[str, str, str]]:
    """By ids: what it is, its label, and of which pipeline it is."""
    names = {(line.id, ""): ("pipeline", line.label, "") for line in pipelines}
    for line in pipelines:
        names |= {(line.id, stage.id): ("stage", stage.label, f" of {line.label}") for stage in line.stages}
    return names


def _words(named: tuple[str, str, str]) -> str:
    return f"{named[0]} {named[1]}{named[2]}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "nothing"
    return "none" if value is None else str(value)


def _s(values: Sequence[str]) -> str:
    return "s" if len(values) > 1 else ""
