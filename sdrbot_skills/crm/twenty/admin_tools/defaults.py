"""Default values in a line of text: Twenty wants texts and options in quotes inside the quotes, and the value of each other type as it is."""

from __future__ import annotations

import json
from typing import Any

from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.errors import ConfigurationError

QUOTED = ("TEXT", "SELECT", "RATING")


def read_default(field_type: str, text: str | None) -> Any:
    """Twenty's `defaultValue`; an empty text means none. Raises `ConfigurationError` for what is no value of the type."""
    if not text:
        return None
    if field_type in QUOTED:
        return text if text[:1] == text[-1:] == "'" and len(text) > 1 else f"'{text}'"
    if field_type == "MULTI_SELECT" and not text.startswith("["):
        return [f"'{option.value}'" for option in read_options(text)]
    try:
        return json.loads(text)
    except ValueError:
        if field_type in ("NUMBER", "BOOLEAN", "CURRENCY", "MULTI_SELECT"):
            raise ConfigurationError(f"{text!r} is no default value of a field of type {field_type}.") from None
        return text


def spelled_default(value: Any) -> str:
    """What `read_default` makes the value of again; empty for none."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
