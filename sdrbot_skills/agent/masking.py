"""What a model sees of customers' values: their shape. Letters become x, digits 9; lengths, punctuation and kinds stay.

Structure (names of objects, fields, options, accounts), counts and record ids are never masked: a model needs them, and they are not the customer.
In free text (messages, what a script printed) a word stays only where it says nothing of a customer: it stands in our own code, or in the
plan or script that is spoken of.
"""

from __future__ import annotations

import builtins
import functools
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sdrbot_skills.crm.admintools import PERSONAL

VALUE_KEYS = frozenset({"before", "after", "values"})
MESSAGE_KEYS = frozenset({"message", "state"})
LONGEST = 80
SHORT_NUMBER = 4

_EMAIL = re.compile(r"[^\s\"'<>,;=]+@[^\s\"'<>,;=]+")
_PHONE = re.compile(r"\+?\d[\d\s()/-]{5,}\d")
_WORD = re.compile(r"\w+")
_ROOMS = ("agent", "approval", "broker", "crm", "engine", "model", "planning", "runs", "sandbox", "script", "transport")

Words = frozenset[str]
NOTHING: Words = frozenset()


def mask_text(text: str) -> str:
    """The shape of one value."""
    shape = "".join("9" if char.isdigit() else "x" if char.isalpha() else char for char in text[:LONGEST])
    return shape + (f"… ({len(text)} characters)" if len(text) > LONGEST else "")


def mask_value(value: Any) -> Any:
    """The shape of one value of any kind; `None`, booleans and emptiness are shape already."""
    if isinstance(value, dict):
        return {key: mask_value(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [mask_value(entry) for entry in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    return mask_text(str(value))


def mask_message(text: str, known: Words = NOTHING) -> str:
    """A free text with everything reduced to shape that may be a customer's. `known`: further words that may stay."""
    for pattern in (_EMAIL, _PHONE):
        text = pattern.sub(lambda found: mask_text(found.group()), text)
    return _WORD.sub(lambda found: _word(found.group(), known), text)


def hide(text: str, names: Iterable[str]) -> str:
    """A text with these names reduced to shape wherever they stand as words of their own."""
    wanted = sorted({name for name in names if name.strip()}, key=len, reverse=True)
    if not wanted:
        return text
    pattern = "|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in wanted)
    return re.sub(pattern, lambda found: mask_text(found.group()), text, flags=re.IGNORECASE)


def mask_document(document: Any, known: Words = NOTHING) -> Any:
    """A result with its samples, record values, messages and people's names masked, everything else as it is."""
    if isinstance(document, list):
        return [mask_document(entry, known) for entry in document]
    if not isinstance(document, dict):
        return document
    if document.get("personal"):
        return _question(document)
    return {key: _entry(key, value, known) for key, value in document.items()}


def mask_people(document: Any) -> Any:
    """An admin tool's answer with what is a person's masked; the rest is structure."""
    if isinstance(document, (list, tuple)):
        return [mask_people(entry) for entry in document]
    if isinstance(document, dict):
        return {key: mask_value(value) if key in PERSONAL else mask_people(value) for key, value in document.items()}
    return _EMAIL.sub(lambda found: mask_text(found.group()), document) if isinstance(document, str) else document


def words_of(*texts: str) -> Words:
    """The words of texts that a model has read or written already."""
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text))


@functools.cache
def our_words() -> Words:
    """Every word of our own code and data: none of them is a customer's."""
    package = Path(__file__).parent.parent
    files = [package / "errors.py"]
    for room in _ROOMS:
        files += [path for path in (package / room).rglob("*") if path.suffix in (".py", ".yaml")]
    found: set[str] = {*dir(builtins), "Traceback", "runpy"}
    for path in files:
        found.update(_WORD.findall(path.read_text(encoding="utf-8")))
    return frozenset(word.casefold() for word in found)


def _word(word: str, known: Words) -> str:
    if word.isdecimal():
        return word if len(word) <= SHORT_NUMBER else mask_text(word)
    return word if word.casefold() in our_words() or word.casefold() in known else mask_text(word)


def _question(question: Mapping[str, Any]) -> dict[str, Any]:
    """A question about people or values seen in records: the person is shown them, a model their shape."""
    names = question["names"]
    shown = {key: value for key, value in question.items() if key != "names"}
    return {
        key: hide(value, names) if key in ("text", "suggestion") and value else value for key, value in shown.items()
    }


def _entry(key: str, value: Any, known: Words) -> Any:
    if key in VALUE_KEYS and isinstance(value, dict):
        return {name: mask_value(entry) for name, entry in value.items()}
    if key in MESSAGE_KEYS and isinstance(value, str):
        return mask_message(value, known)
    return mask_document(value, known)
