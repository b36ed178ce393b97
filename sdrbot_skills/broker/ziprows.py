"""Rows that travel as a zip of one CSV in a multipart body: those of an upload are read and packed anew, those of a job's result are read.

A zip can be read in more than one way (by its list at the end, or piece by piece from its start), and so can a multipart body. So nothing of what
came is passed on: the CSV that was read is packed again, and what was judged is what is sent.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sdrbot_skills.broker.answers import Result
from sdrbot_skills.broker.csvrows import CsvRecords, CsvRows
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.rows import Row, key_text

LARGEST = 64 * 1024 * 1024
_PIECE = 256 * 1024
_BOUNDARY = re.compile(r'multipart/form-data; *boundary="?([A-Za-z0-9_-]{8,70})"?')
_PART_HEAD = re.compile(rb'content-disposition: *form-data; *name="file"; *filename="[A-Za-z0-9_.-]{1,80}"', re.I)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}\.csv")


@dataclass(frozen=True)
class ZippedRows:
    """The rows of an upload: their columns as written, their keys, which of the columns told these, and the body to send instead."""

    name: str
    columns: tuple[str, ...]
    key_field: str
    rows: tuple[Row, ...]
    body: bytes


def read_upload(content_type: str, body: bytes, key_fields: frozenset[str]) -> ZippedRows:
    """Read an upload whose rows are told apart by one of `key_fields`; raises `Refusal` for anything but one part `file`, a zip of one CSV."""
    boundary = _boundary(content_type)
    name, text = _only_file(_only_part(boundary, body))
    columns = tuple(_header(text))
    keys = [column for column in columns if column in key_fields]
    if len(keys) != 1:
        raise Refusal("body_unreadable", "The file has no one column that holds the ids of the source's records.")
    counted = CsvRows(keys[0], plain=True, required=True)
    rows = [row for piece in _pieces(text) for row in counted.feed(piece)] + counted.finish()
    if counted.header != [column.lower() for column in columns]:
        raise Refusal("body_unreadable", "The names of the columns can be read in more than one way.")
    return ZippedRows(name, columns, keys[0], tuple(rows), _packed(boundary, name, text))


def read_result(content: bytes, key_field: str) -> list[Result]:
    """The records that a job's result says were written (`STATUS` is ADDED or UPDATED); raises `Refusal` where it is no zip of one CSV."""
    _, text = _only_file(content)
    records = CsvRecords()
    lines = [line for piece in _pieces(text) for line in records.feed(piece)] + records.finish()
    header = records.header
    if not {"status", "record_id"} <= set(header):
        raise Refusal("body_unreadable", "The result does not say what came of its rows.")
    status, record = header.index("status"), header.index("record_id")
    key = header.index(key_field.lower()) if key_field.lower() in header else 0
    done = (line for line in lines if line[status].upper() in ("ADDED", "UPDATED") and line[record])
    return [Result(line[record], line[status].upper() == "ADDED", key_text(line[key], plain=True)) for line in done]


def _boundary(content_type: str) -> str:
    found = _BOUNDARY.fullmatch(content_type)
    if found is None:
        raise Refusal("body_unreadable", "A file has to be uploaded as multipart/form-data.")
    return found[1]


def _only_part(boundary: str, body: bytes) -> bytes:
    mark = b"--" + boundary.encode()
    start, end = mark + b"\r\n", b"\r\n" + mark + b"--\r\n"
    if not body.startswith(start) or not body.endswith(end) or body.count(mark) != 2:
        raise Refusal("body_unreadable", "An upload has one part, the file.")
    head, _, content = body[len(start) : len(body) - len(end)].partition(b"\r\n\r\n")
    if not _PART_HEAD.fullmatch(head.split(b"\r\n")[0]):
        raise Refusal("body_unreadable", "The one part of an upload is called `file` and has a plain file name.")
    return content


def _only_file(content: bytes) -> tuple[str, bytes]:
    """Name and text of the one CSV in a zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            (entry,) = archive.infolist()
            with archive.open(entry) as file:
                text = file.read(LARGEST + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError):
        raise Refusal("body_unreadable", "The file is not a zip of one CSV.") from None
    if len(text) > LARGEST:
        raise Refusal("body_too_large", "The file is too large to be judged; send fewer rows at once.")
    return entry.filename, text.removeprefix(b"\xef\xbb\xbf")


def _header(text: bytes) -> list[str]:
    """The column names as written; the strict look at them is that of `CsvRecords`."""
    first = text.partition(b"\n")[0].rstrip(b"\r").decode("utf-8", "replace")
    return [name.strip().strip('"') for name in first.split(",")]


def _pieces(text: bytes) -> Iterator[bytes]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]


def _packed(boundary: str, name: str, text: bytes) -> bytes:
    if not _NAME.fullmatch(name):
        raise Refusal("body_unreadable", "The CSV in the file has to have a plain name that ends in .csv.")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(name, text)
    mark = f"--{boundary}".encode()
    head = b'Content-Disposition: form-data; name="file"; filename="rows.zip"\r\nContent-Type: application/zip\r\n\r\n'
    body = b"".join((mark, b"\r\n", head, packed.getvalue(), b"\r\n", mark, b"--\r\n"))
    if body.count(mark) != 2:
        raise Refusal("body_unreadable", "The boundary of the upload stands in the file; choose another.")
    return body
