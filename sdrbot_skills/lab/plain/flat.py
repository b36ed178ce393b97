"""The three CRMs whose records are flat: each word is one field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sdrbot_skills.lab.plain.account import KEY, NUMBERS, Account, Row, filled, host, number


class FlatAccount(Account):
    """`fields`: per kind the field of each word. `numeric`: whether numbers travel as JSON numbers."""

    fields: ClassVar[dict[str, dict[str, str]]]
    objects: ClassVar[dict[str, str]]
    key_field: ClassVar[str]
    numeric: ClassVar[bool] = True

    def spell(self, kind: str, row: Mapping[str, str]) -> dict[str, Any]:
        """A row in the vendor's words; an empty text is null."""
        return {
            field: self.written(word, row[word]) if row[word] else None
            for word, field in self.fields[kind].items()
            if word in row
        }

    def written(self, word: str, value: str) -> Any:
        """One value as the vendor takes it."""
        if word in NUMBERS and self.numeric:
            return float(value) if "." in value else int(value)
        return value

    def understand(self, kind: str, doc: Mapping[str, Any]) -> Row:
        """A record in our words."""
        row = {word: self.shown(word, doc.get(field)) for word, field in self.fields[kind].items()}
        return filled({**row, KEY: doc.get(self.key_field)})

    def shown(self, word: str, value: Any) -> Any:
        """One value as we say it."""
        if value in (None, ""):
            return None
        if word in NUMBERS:
            return number(value)
        if word in ("close_date", "birth_date"):
            return str(value)[:10]
        return host(str(value)) if word == "domain" else value


def words_of(fields: Mapping[str, Mapping[str, str]]) -> dict[str, frozenset[str]]:
    """Per kind the words that have a field."""
    return {kind: frozenset(names) for kind, names in fields.items()}
