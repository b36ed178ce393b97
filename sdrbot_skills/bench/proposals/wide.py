"""Two accounts with 300 own fields per object, oddly named, and what belongs to what between them.

Made from `wide_words.yaml` in a fixed order: about half of the fields have a counterpart, spelled in another style or language; the others are
empty, on one side only, or two of one label that nobody can tell apart. Each vendor's API names are as its accounts grow them.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from sdrbot_skills.bench.proposals.account import Snapshot
from sdrbot_skills.bench.proposals.truth import Pair
from sdrbot_skills.crm.registry import capabilities
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind

WIDTH = 300
"""Own fields per object and side."""

STYLES: tuple[tuple[str, str], ...] = (
    ("english", "english"),
    ("short", "english"),
    ("english", "turned"),
    ("german", "english"),
    ("english", "short"),
    ("prefixed", "english"),
    ("french", "english"),
    ("misspelt", "english"),
    ("english", "german"),
    ("short", "prefixed"),
)
"""How the two sides spell the same thing, in turn."""

_PLAIN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", **dict.fromkeys("éèê", "e"), **dict.fromkeys("ôó", "o"), "û": "u"}
)


class Thing(NamedTuple):
    """One field of a company's own, in every spelling."""

    kind: Kind
    english: str
    short: str
    german: str
    french: str
    options: tuple[str, ...]


@dataclass
class Wide:
    """Two accounts, what belongs together between them, the style of each such pair, and the pairs that nobody can decide."""

    source: Snapshot
    target: Snapshot
    pairs: dict[str, set[Pair]] = field(default_factory=dict)
    styles: dict[Pair, str] = field(default_factory=dict)


class _Side:
    """One object of one account while it gets its fields."""

    def __init__(self, crm: str) -> None:
        self.crm = crm
        self.fields: list[Field] = []
        self.empty: set[str] = set()

    def add(self, thing: Thing, style: str, *, empty: bool = False) -> str:
        """A field in that spelling; gives back its API name."""
        label = _label(thing, style)
        name = _api_name(self.crm, thing, label, style, len(self.fields))
        options = tuple(Option(value=f"{name[:8]}_{number}", label=one) for number, one in enumerate(thing.options))
        made = Field(
            name=name,
            label=label,
            kind=thing.kind,
            vendor_type="",
            custom=True,
            options=options,
            restricted=bool(options),
            capacity=None,
        )
        self.fields.append(made)
        if empty:
            self.empty.add(name)
        return name


def widened(source: Snapshot, target: Snapshot, objects: Sequence[tuple[str, str]], width: int = WIDTH) -> Wide:
    """Both accounts with `width` own fields in each of these pairs of objects, the standard ones as they are."""
    wide = Wide(replace(source, schemas=dict(source.schemas)), replace(target, schemas=dict(target.schemas)))
    for ours, theirs in objects:
        left, right = _Side(source.account.crm), _Side(target.account.crm)
        wide.pairs[ours] = set(_grow(left, right, wide, width))
        for snapshot, name, side in ((wide.source, ours, left), (wide.target, theirs, right)):
            snapshot.schemas[name] = snapshot.schemas[name].with_fields(side.fields)
            snapshot.empty = {**snapshot.empty, name: frozenset(side.empty)}
    return wide


def _grow(left: _Side, right: _Side, wide: Wide, width: int) -> Iterator[Pair]:
    styles = itertools.cycle(STYLES)
    for number, thing in enumerate(_things()):
        if number % 9 == 7:  # on the source only
            left.add(thing, "english")
        elif number % 9 == 8:  # on the target only
            right.add(thing, "english")
        elif number % 7 == 3:  # on both, but nobody ever filled it in
            left.add(thing, "english", empty=True)
            right.add(thing, "english")
        else:
            ours, theirs = next(styles)
            pair = (left.add(thing, ours), right.add(thing, theirs))
            wide.styles[pair] = f"{ours} to {theirs}"
            yield pair
        if number % 40 == 20:  # a second field of the same label: which is meant nobody can tell
            twin = Thing(Kind.TEXT, f"Twin {number} region", f"tw{number}_reg", "", "", ())
            left.add(twin, "english")
            left.add(twin, "hidden")
            right.add(twin, "english")
    for side, words in ((left, "Legacy import column"), (right, "Reserved for team")):
        while len(side.fields) < width:
            filler = f"{words} {chr(65 + len(side.fields) % 26)}{len(side.fields)}"
            side.add(Thing(Kind.TEXT, filler, _snake(filler), filler, filler, ()), "english")


def _things() -> Iterator[Thing]:
    words = _words()
    options = itertools.cycle(tuple(one) for one in words["options"])

    def of(kind: str) -> tuple[str, ...]:
        return next(options) if kind == "choice" else ()

    for kind, english, short, german, french in words["whole"]:
        yield Thing(Kind(kind), english, short, german, french, of(kind))
    for kind, english, short, german, french in words["aspects"]:
        for topic in words["topics"]:
            yield Thing(
                Kind(kind),
                f"{topic[0]} {english.lower()}",
                f"{topic[1]}_{short}",
                f"{topic[2]}{german}",
                f"{french} {topic[3]}",
                options=of(kind),
            )


def _label(thing: Thing, style: str) -> str:
    if style == "german":
        return thing.german
    if style == "french":
        return thing.french
    if style == "short":
        return thing.short.replace("_", " ")
    if style == "turned":
        first, *others = thing.english.split()
        return f"{others[-1].capitalize()} of {' '.join([first, *others[:-1]]).lower()}" if others else first
    if style == "misspelt":
        return _misspelt(thing.english)
    return thing.english


def _misspelt(text: str) -> str:
    """The longest word with two letters swapped, as it is typed in a hurry."""
    longest = max(text.split(), key=len)
    if len(longest) < 7:
        return text.upper()
    middle = len(longest) // 2
    return text.replace(longest, longest[:middle] + longest[middle + 1] + longest[middle] + longest[middle + 2 :])


def _api_name(crm: str, thing: Thing, label: str, style: str, number: int) -> str:
    if crm == "pipedrive":
        return hashlib.sha1(f"{label}{number}".encode()).hexdigest()
    if style == "hidden":
        return {"salesforce": f"Field_{number}__c", "zohocrm": f"Custom_Field{number}"}.get(crm, f"cf_{number}")
    words = thing.short if style == "short" else _snake(label)
    if style == "prefixed":
        words = {"salesforce": f"acme__{words}", "hubspot": f"x_{words}"}.get(crm, f"cf_{words}")
    return _in_style(crm, words)


def _in_style(crm: str, words: str) -> str:
    """A name as this vendor's own fields are called."""
    model = capabilities(crm).migration_key_field
    if model.endswith("__c"):
        package, cut, rest = words.rpartition("__")
        return f"{package}{cut}{'_'.join(part.capitalize() for part in rest.split('_'))}__c"
    if "_" not in model:
        head, *tail = words.split("_")
        return head + "".join(part.capitalize() for part in tail)
    return "_".join(part.capitalize() for part in words.split("_")) if model != model.lower() else words


def _snake(label: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", label.lower().translate(_PLAIN)))


@cache
def _words() -> dict[str, Any]:
    text = files("sdrbot_skills.bench.proposals").joinpath("wide_words.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))
