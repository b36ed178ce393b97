"""Python text as the formatter would lay it out: literals, dictionaries, calls.

Everything that has to be broken is broken one entry a line with a trailing comma, which formatters leave alone at any line length.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WIDTH = 88
_INDENT = "    "
_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Raw:
    """Text that is code already: a name."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of a function with positional and named arguments, each a call, a name or a literal value."""

    function: str
    arguments: tuple[Any, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()


def literal(value: Any) -> str:
    """A plain value (text, number, truth, nothing, list, dictionary of these) as a formatter writes it, on one line."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(entry) for entry in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(entry)}" for key, entry in value.items()) + "}"
    return repr(value)


def dictionary(entries: Mapping[str, Any], indent: int = 0) -> str:
    """A dictionary, one entry a line."""
    if not entries:
        return "{}"
    inner = _INDENT * (indent + 1)
    lines = [f"{inner}{literal(key)}: {_code(value)}," for key, value in entries.items()]
    return "\n".join(["{", *lines, _INDENT * indent + "}"])


def statement(target: str, value: Any, indent: int = 1) -> str:
    """`target = value` at this indentation, broken where it is too long."""
    before = f"{_INDENT * indent}{target} = "
    return before + _lay_out(value, len(before), indent, 0)


def _lay_out(value: Any, column: int, indent: int, after: int) -> str:
    flat = _code(value)
    if column + len(flat) + after <= WIDTH or not isinstance(value, Call) or not (value.arguments or value.settings):
        return flat
    inner = _INDENT * (indent + 1)
    lines = [inner + _lay_out(entry, len(inner), indent + 1, 1) + "," for entry in value.arguments]
    for name, entry in value.settings:
        before = f"{inner}{name}="
        lines.append(before + _lay_out(entry, len(before), indent + 1, 1) + ",")
    return "\n".join([f"{value.function}(", *lines, _INDENT * indent + ")"])


def _code(value: Any) -> str:
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, Call):
        settings = [f"{name}={_code(entry)}" for name, entry in value.settings]
        return f"{value.function}({', '.join([*map(_code, value.arguments), *settings])})"
    return literal(value)


def _text(value: str) -> str:
    quote = "'" if value.count('"') > value.count("'") else '"'
    body = "".join(f"\\{quote}" if character == quote else _character(character) for character in value)
    return f"{quote}{body}{quote}"


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
