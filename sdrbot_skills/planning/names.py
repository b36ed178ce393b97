"""Names of fields as words that can be compared: without vendors' prefixes and suffixes, shortened and foreign words as the English ones.

`terms.yaml` holds the words. What is not in it stays as it is: two names meet where people wrote the same, in whatever spelling.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from sdrbot_skills.model.schema import Field

Words = tuple[str, ...]
"""The words of a name in alphabetical order; none for a name that says nothing, such as a hash."""

_SUFFIX = re.compile(r"__(c|pc|r|s)$")
_PACKAGE = re.compile(r"^[A-Za-z][A-Za-z0-9]{1,14}__(?=[A-Za-z])")
_PREFIX = re.compile(r"^(x|cf|hs|z|u|udf|fld|custom|customfield)_(?=[A-Za-z])", re.IGNORECASE)
_HASH = re.compile(r"[0-9a-f]{32,}|\d+")
_EMPTY = frozenset({"field", "custom", "cf", "property", "attribute", "x", "column"})
_FOLDED = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "œ": "oe", "æ": "ae", "&": " and ", "'": " ", "’": " "}
)
_JOINTS = ("", "s", "n", "en", "es")
_LEAST = 3
"""Letters of the shortest part of a compound."""


def spellings(field: Field) -> tuple[Words, Words]:
    """The words of a field's API name and of its label."""
    return words_of(_last(field.name)), words_of(field.label)


@lru_cache(maxsize=20_000)
def words_of(name: str) -> Words:
    """The words of one name."""
    bare = _PREFIX.sub("", _PACKAGE.sub("", _SUFFIX.sub("", name.strip())))
    if _HASH.fullmatch(bare):
        return ()
    found = [word for part in _phrases(_parts(bare)) for word in _meanings(part) if word not in _small_words()]
    telling = [word for word in found if word not in _EMPTY and not word.isdigit()]
    return tuple(sorted(found)) if telling else ()


def plain_words(name: str) -> str:
    """A name as it is read aloud: cut at capitals and underscores, in lower case, nothing translated."""
    bare = _SUFFIX.sub("", name)
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare)).strip().lower()


def _last(name: str) -> str:
    """Of a part of a composite field, the whole dotted name."""
    return name.replace(".", " ")


def _parts(name: str) -> list[str]:
    text = unicodedata.normalize("NFC", name)
    text = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Ý])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-z])(?=\d)", " ", text)
    text = unicodedata.normalize("NFKD", text.lower().translate(_FOLDED))
    return re.findall(r"[a-z0-9]+", "".join(one for one in text if not unicodedata.combining(one)))


def _phrases(parts: list[str]) -> Iterator[str]:
    """The parts, with known phrases as one (its meaning), the longest first."""
    known = _phrase_list()
    singular = [_singular(part) for part in parts if part not in _small_words() or part == "d"]
    index = 0
    while index < len(singular):
        for length in (3, 2):
            phrase = " ".join(singular[index : index + length])
            if len(singular) - index >= length and phrase in known:
                yield from known[phrase].split()
                index += length
                break
        else:
            yield singular[index]
            index += 1


def _meanings(part: str) -> list[str]:
    known = _term_list()
    if part in known:
        return known[part].split()
    return [_singular(word) for word in _compound(part) or [part]]


def _compound(part: str) -> list[str] | None:
    """The meanings of the parts that a compound is made of (`kundennummer`: customer, number), or `None`."""
    known = _term_list()
    for end in range(len(part) - _LEAST, _LEAST - 1, -1):
        head = next(
            (part[:end].removesuffix(joint) for joint in _JOINTS if part[:end].removesuffix(joint) in known), None
        )
        if head is None or not part[:end].endswith(tuple(_JOINTS)):
            continue
        tail = part[end:]
        rest = known[tail].split() if tail in known else _compound(tail)
        if rest is not None:
            return [*known[head].split(), *rest]
    return None


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@cache
def _term_list() -> dict[str, str]:
    terms = _terms()
    return {**terms["french"], **terms["german"], **terms["shortened"]}


@cache
def _phrase_list() -> dict[str, str]:
    return dict(_terms()["phrases"])


@cache
def _small_words() -> frozenset[str]:
    return frozenset(_terms()["small"])


@cache
def _terms() -> dict[str, Any]:
    text = files("sdrbot_skills.planning").joinpath("terms.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))
