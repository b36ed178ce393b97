"""Options of a choice field as a person or a model writes them in one line of text."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Option


def read_options(text: str) -> list[Option]:
    """From `Gold, Silver`, from `gold=Gold, silver=Silver` (value=label), or from a JSON list of texts or of
    `{"value", "label", "hidden"}`, of which only one of the first two has to be there.

    Raises `ConfigurationError` for an empty list, an option named twice, and what is no such list.
    """
    found = _from_json(text) if text.lstrip().startswith("[") else [_pair(part) for part in text.split(",")]
    values = [option.value for option in found]
    if not values or not all(values):
        raise ConfigurationError("Options are written as `Gold, Silver`, `gold=Gold, silver=Silver` or a JSON list.")
    if twice := sorted({value for value in values if values.count(value) > 1}):
        raise ConfigurationError(f"Options named twice: {', '.join(twice)}.")
    return found


def _pair(part: str) -> Option:
    value, equals, label = (piece.strip() for piece in part.partition("="))
    return Option(value=value, label=label if equals else value)


def _from_json(text: str) -> list[Option]:
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"The list of options is not JSON: {error}.") from None
    return [_entry(entry) for entry in entries]


def _entry(entry: Any) -> Option:
    if isinstance(entry, dict) and ("value" in entry or "label" in entry):
        label = str(entry.get("label") or entry["value"])
        return Option(value=str(entry.get("value") or label), label=label, active=not entry.get("hidden"))
    if isinstance(entry, str):
        return Option(value=entry.strip(), label=entry.strip())
    raise ConfigurationError('An option in JSON is a text or {"value": ..., "label": ...}.')
