"""What is uploaded for a bulk write: a multipart body with a zip of one CSV (vendor docs "Upload File", "Limitations" of bulk write)."""

import csv
import io
import zipfile
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import HTTP
from itertools import islice
from typing import Any

from sdrbot_skills.lab.core.http import Request
from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.zohocrm.errors import refusal

PIECE = 1000
"""Rows that are kept, and worked on, together."""

MOST_BYTES = 25_000_000
DELIMITERS = ",;:|"


def uploaded(request: Request) -> bytes:
    """The content of the part `file`. Raises what the vendor answers."""
    head = b"Content-Type: " + request.headers.get("Content-Type", "").encode() + b"\r\n\r\n"
    message = message_from_bytes(head + request.body, policy=HTTP)
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == "file":
            return bytes(part.get_payload(decode=True) or b"")
    raise refusal("MANDATORY_NOT_FOUND", {"api_name": "file"})


def keep(store: Store, file_id: str, content: bytes) -> dict[str, Any]:
    """Put the rows of a zip into the store; what is told of the file. Several CSVs are kept by name only: no job takes them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            texts = [archive.read(name) for name in names]
    except zipfile.BadZipFile:
        raise refusal("INVALID_FILE_FORMAT", message="invalid file format. only zip format is supported") from None
    known: dict[str, Any] = {"names": names, "columns": [], "rows": 0, "bytes": sum(map(len, texts))}
    if len(names) == 1:
        lines = _lines(texts[0].decode("utf-8-sig"))
        known["columns"] = next(lines, [])
        for number, rows in enumerate(_pieces(lines)):
            store.put(f"bulk_rows/{file_id}", f"{number:06d}", {"rows": rows})
            known["rows"] += len(rows)
    store.put("bulk_file", file_id, known)
    return known


def piece(store: Store, file_id: str, number: int) -> list[list[str]]:
    """Some rows of a file, in order; empty after the last."""
    kept = store.thing(f"bulk_rows/{file_id}", f"{number:06d}")
    return list(kept["rows"]) if kept else []


def zipped(name: str, lines: Iterator[list[str]]) -> bytes:
    """A zip of one CSV."""
    packed, text = io.BytesIO(), io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.getvalue())
    return packed.getvalue()


def _lines(text: str) -> Iterator[list[str]]:
    """The delimiter is told by the header, as the vendor tells it."""
    header = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=lambda mark: header.count(mark))
    return (line for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if line)


def _pieces(lines: Iterator[list[str]]) -> Iterator[list[list[str]]]:
    while rows := list(islice(lines, PIECE)):
        yield rows
