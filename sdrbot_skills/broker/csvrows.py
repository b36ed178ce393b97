"""Counting the rows of a CSV upload while it streams past, in flat memory."""

from __future__ import annotations

import csv
import io
import re

from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.rows import Row, key_text

LONGEST_RECORD = 4 * 1024 * 1024
# RFC 4180 without stray quotes: what fits has the same rows for every reader.
_STRICT = re.compile(r'(?:(?:"(?:[^"]|"")*+"|[^",\r\n]*+)(?:,|\r?\n))*+')


class CsvRows:
    """Feed it bytes, take rows. The key is the column `key_column`; without one each row's digest is its key."""

    def __init__(self, key_column: str | None, *, plain: bool, required: bool) -> None:
        self._key_column = key_column
        self._plain = plain
        self._required = required
        self._pending = b""
        self._inside_quotes = False
        self._scanned = 0
        self._width = 0
        self._key_index: int | None = None

    def feed(self, chunk: bytes) -> list[Row]:
        """The rows that are complete with this piece; raises `Refusal` for what is no plain CSV."""
        self._pending += chunk
        end = self._last_record_end()
        if end == 0 and len(self._pending) > LONGEST_RECORD:
            raise Refusal("body_unreadable", "A row of the upload is too long, or a quote is never closed.")
        complete, self._pending = self._pending[:end], self._pending[end:]
        self._scanned = len(self._pending)
        return self._rows(complete)

    def finish(self) -> list[Row]:
        """The last row, where the upload does not end with a line break."""
        rest, self._pending = self._pending, b""
        return self._rows(rest + b"\n") if rest else []

    def _last_record_end(self) -> int:
        """Position after the last line break outside quotes; only what is new is looked at."""
        end, position = 0, self._scanned
        while (stop := self._pending.find(b"\n", position)) >= 0:
            if self._pending.count(b'"', position, stop) % 2:
                self._inside_quotes = not self._inside_quotes
            if not self._inside_quotes:
                end = stop + 1
            position = stop + 1
        if self._pending.count(b'"', position) % 2:
            self._inside_quotes = not self._inside_quotes
        return end

    def _rows(self, complete: bytes) -> list[Row]:
        if not complete:
            return []
        try:
            text = complete.decode("utf-8")
        except UnicodeDecodeError:
            raise Refusal("body_unreadable", "The upload is not UTF-8.") from None
        if not _STRICT.fullmatch(text):
            raise Refusal(
                "body_unreadable", "The upload is not plain CSV (RFC 4180): a quote stands where none belongs."
            )
        records = list(csv.reader(io.StringIO(text, newline="")))
        if not self._width and records:
            self._read_header(records.pop(0))
        return [self._row(record) for record in records if record]

    def _read_header(self, header: list[str]) -> None:
        names = [name.strip().lower() for name in header]
        if len(set(names)) != len(names):
            raise Refusal("body_unreadable", "A column appears twice in the upload.")
        self._width = len(names)
        if self._key_column is not None and self._key_column.lower() in names:
            self._key_index = names.index(self._key_column.lower())
        elif self._required:
            raise Refusal("body_unreadable", f"The upload has no column {self._key_column}.")

    def _row(self, record: list[str]) -> Row:
        if len(record) != self._width:
            raise Refusal("body_unreadable", "A row of the upload has another number of cells than the header.")
        key = record[self._key_index] if self._key_index is not None else ""
        return Row(key_text(key, plain=self._plain) if key else key_text("\x1f".join(record), plain=False))
