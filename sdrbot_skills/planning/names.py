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
from sdrbot_skills.model.values import Kind

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
_ENDINGS = ("er", "es", "en", "em", "e")
"""Of adjectives and plurals, which German and French decline."""
_LEAST = 3
"""Letters of the shortest part of a compound."""
_LONG_TAIL = 5


def spellings(field: Field) -> tuple[Words, Words]:
    """The words of a field's API name and of its label; that a date is a date need not be said."""
    both = words_of(_last(field.name)), words_of(field.label)
    if field.kind not in (Kind.DATE, Kind.INSTANT):
        return both
    name, label = (tuple(word for word in words if word != "date") or words for words in both)
    return name, label


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
    return _known(part) or [_singular(word) for word in _compound(part) or [part]]


def _compound(part: str) -> list[str] | None:
    """The meanings of the parts that a German compound is made of (`kundennummer`: customer, number), or `None`.

    The last part has to be a known word; a long one will do where what is before it is not known (`budgetnummer`).
    """
    for start in range(_LEAST, len(part) - _LEAST + 1):
        tail = _known(part[start:])
        head = tail and _head(part[:start])
        if tail and head:
            return [*head, *tail]
        if tail and len(part) - start >= _LONG_TAIL:
            return [_singular(part[:start]), *tail]
    return None


def _head(text: str) -> list[str] | None:
    for joint in _JOINTS:
        bare = text.removesuffix(joint) if text.endswith(joint) else ""
        found = _known(bare) or (_compound(bare) if bare else None)
        if found:
            return found
    return None


def _known(text: str) -> list[str] | None:
    """The meaning of a word, also with a plural or adjective ending."""
    known = _term_list()
    stems = [text, *(text.removesuffix(ending) for ending in _ENDINGS if text.endswith(ending))]
    found = next((known[stem] for stem in stems if stem in known), None)
    return found.split() if found is not None else None


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
