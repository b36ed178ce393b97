"""The rows of CSV that streams past, in flat memory: those of an upload are counted, those of a job's results are read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from sdrbot_skills.broker.answers import Result
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.rows import Row, key_text

LONGEST_RECORD = 4 * 1024 * 1024
# RFC 4180 without stray quotes: what fits has the same rows for every reader.
_STRICT = re.compile(r'(?:(?:"(?:[^"]|"")*+"|[^",\r\n]*+)(?:,|\r?\n))*+')


class CsvRecords:
    """Feed it bytes, take records, each a list of cells; the header is kept in `header`. Raises `Refusal` for what is no plain CSV."""

    def __init__(self) -> None:
        self.header: list[str] = []
        self._pending = b""
        self._inside_quotes = False
        self._scanned = 0

    def feed(self, chunk: bytes) -> list[list[str]]:
        """The records that are complete with this piece."""
        self._pending += chunk
        end = self._last_record_end()
        if end == 0 and len(self._pending) > LONGEST_RECORD:
            raise Refusal("body_unreadable", "A row of the upload is too long, or a quote is never closed.")
        complete, self._pending = self._pending[:end], self._pending[end:]
        self._scanned = len(self._pending)
        return self._records(complete)

    def finish(self) -> list[list[str]]:
        """The last record, where the stream does not end with a line break."""
        rest, self._pending = self._pending, b""
        return self._records(rest + b"\n") if rest else []

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

    def _records(self, complete: bytes) -> list[list[str]]:
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
        if not self.header and records:
            self.header = self._checked(records.pop(0))
        return [record for record in records if record]

    def _checked(self, header: list[str]) -> list[str]:
        names = [name.strip().lower() for name in header]
        if len(set(names)) != len(names):
            raise Refusal("body_unreadable", "A column appears twice in the upload.")
        return names


class CsvRows:
    """The rows of an upload. The key is what the columns `key_columns` hold, joined by colons; without any each row's digest is its key."""

    def __init__(self, *key_columns: str, plain: bool, required: bool) -> None:
        self._records = CsvRecords()
        self._key_columns = [name.lower() for name in key_columns]
        self._plain = plain
        self._required = required
        self._places: list[int] | None = None

    @property
    def header(self) -> list[str]:
        """The names of the columns in lower case, once they were read."""
        return self._records.header

    def feed(self, chunk: bytes) -> list[Row]:
        """The rows that are complete with this piece; raises `Refusal` for what is no plain CSV."""
        return self._rows(self._records.feed(chunk))

    def finish(self) -> list[Row]:
        """The last row, where the upload does not end with a line break."""
        return self._rows(self._records.finish())

    def _rows(self, records: list[list[str]]) -> list[Row]:
        header = self._records.header
        if header and self._places is None:
            missing = [name for name in self._key_columns if name not in header]
            if missing and self._required:
                raise Refusal("body_unreadable", f"The upload has no column {missing[0]}.")
            self._places = [] if missing else [header.index(name) for name in self._key_columns]
        return [self._row(record, len(header), self._places or ()) for record in records]

    def _row(self, record: list[str], width: int, places: Sequence[int]) -> Row:
        if len(record) != width:
            raise Refusal("body_unreadable", "A row of the upload has another number of cells than the header.")
        cells = [record[place] for place in places]
        if cells and all(cells):
            return Row(key_text(":".join(cells), plain=self._plain))
        return Row(key_text("\x1f".join(record), plain=False))


class CsvResults:
    """The records that a job's successful results name: `sf__Id`, `sf__Created`, then the columns of the upload."""

    def __init__(self, key_column: str | None, *, plain: bool) -> None:
        self._records = CsvRecords()
        self._key_column = key_column.lower() if key_column is not None else None
        self._plain = plain

    def feed(self, chunk: bytes) -> list[Result]:
        """The results that are complete with this piece."""
        return self._results(self._records.feed(chunk))

    def finish(self) -> list[Result]:
        """The last one."""
        return self._results(self._records.finish())

    def _results(self, records: list[list[str]]) -> list[Result]:
        if not records:
            return []
        header = self._records.header
        ids, created = header.index("sf__id"), header.index("sf__created")
        key = header.index(self._key_column) if self._key_column in header else None
        return [
            Result(
                record[ids],
                record[created].lower() == "true",
                key_text(record[key], plain=self._plain) if key is not None else None,
            )
            for record in records
        ]
