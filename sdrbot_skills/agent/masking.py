"""What a model sees of customers' values: their shape. Letters become x, digits 9; lengths, punctuation and kinds stay.

Structure (names of objects, fields, options, accounts), counts and record ids are never masked: a model needs them, and they are not the customer.
"""

from __future__ import annotations

import re
from typing import Any

VALUE_KEYS = frozenset({"before", "after", "values"})
MESSAGE_KEYS = frozenset({"message"})
LONGEST = 80

_EMAIL = re.compile(r"[^\s\"'<>,;]+@[^\s\"'<>,;]+")
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”")
_PHONE = re.compile(r"\+?\d[\d\s()./-]{5,}\d")


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


def mask_message(text: str) -> str:
    """A message with what may be customers' values (e-mails, quoted words, telephone numbers) reduced to shape."""
    for pattern in (_EMAIL, _QUOTED, _PHONE):
        text = pattern.sub(lambda found: mask_text(found.group()), text)
    return text


def mask_document(document: Any) -> Any:
    """A result with its samples, record values and messages masked, everything else as it is."""
    if isinstance(document, list):
        return [mask_document(entry) for entry in document]
    if not isinstance(document, dict):
        return document
    return {key: _entry(key, value) for key, value in document.items()}


def _entry(key: str, value: Any) -> Any:
    if key in VALUE_KEYS and isinstance(value, dict):
        return {name: mask_value(entry) for name, entry in value.items()}
    if key in MESSAGE_KEYS and isinstance(value, str):
        return mask_message(value)
    return mask_document(value)
