"""Uploads that are a zip of one CSV in a multipart body: read in one way only, packed anew, and nothing else is let through."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from sdrbot_skills.broker import ziprows
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.ziprows import ZippedRows, read_result, read_upload

KEYS = frozenset({"Key"})
BOUNDARY = "0123456789abcdef"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"
HEAD = 'Content-Disposition: form-data; name="file"; filename="rows.zip"\r\nContent-Type: application/zip'
GOOD = 'Key,Name\nk1,"Planted, ""A"""\nk2,B\n'


def zipped(*texts: str | bytes, name: str = "rows.csv", **how: Any) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", **how) as archive:
        for number, text in enumerate(texts):
            archive.writestr(name if number == 0 else f"{number}.csv", text)
    return packed.getvalue()


def body(content: bytes, head: str = HEAD, *, parts: int = 1) -> bytes:
    part = f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return part * parts + f"--{BOUNDARY}--\r\n".encode()


def read(content: bytes, kind: str = TYPE) -> ZippedRows:
    return read_upload(kind, content, KEYS)


def test_what_was_read_is_what_is_sent() -> None:
    found = read(body(zipped(GOOD)))
    assert ([row.key for row in found.rows], found.columns, found.key_field) == (["k1", "k2"], ("Key", "Name"), "Key")
    again = read(found.body)
    assert (again.rows, again.name) == (found.rows, "rows.csv")


def test_a_second_list_of_files_in_the_zip_does_not_travel_on() -> None:
    """Read from its start, this zip holds another CSV than read from its end."""
    smuggled = zipped("Key,Name\nsmuggled,X\n") + zipped(GOOD)
    try:
        sent = read(body(smuggled)).body
    except Refusal:
        return
    assert b"smuggled" not in sent and [row.key for row in read(sent).rows] == ["k1", "k2"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (body(b"no zip"), TYPE),
        (body(zipped(GOOD, GOOD)), TYPE),
        (body(zipped()), TYPE),
        (body(zipped(GOOD, name="../rows.csv")), TYPE),
        (body(zipped("Name\nA\n")), TYPE),
        (body(zipped("Key,Name\nk1\n")), TYPE),
        (body(zipped("Key,Key\nk1,k2\n")), TYPE),
        (body(zipped('"A,B",Key\n1,k1\n')), TYPE),
        (body(zipped('Key,Name\nk1,a"b\n')), TYPE),
        (body(zipped(b"Key,Name\nk1,\xff\n")), TYPE),
        (body(zipped(GOOD), parts=2), TYPE),
        (body(zipped(GOOD)) + b"more", TYPE),
        (body(zipped(GOOD), HEAD.replace('"file"', '"other"')), TYPE),
        (body(zipped(GOOD)), "application/zip"),
        (body(zipped(GOOD)), 'multipart/form-data; boundary="other-boundary"'),
    ],
)
def test_what_could_be_read_otherwise_is_refused(content: bytes, kind: str) -> None:
    with pytest.raises(Refusal):
        read(content, kind)


def test_a_zip_that_unfolds_into_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ziprows, "LARGEST", 10_000)
    with pytest.raises(Refusal, match="too large"):
        read(body(zipped(b"Key,Name\n" + b"x" * 10_000, compression=zipfile.ZIP_DEFLATED)))


def test_a_result_says_what_was_written() -> None:
    lines = "Key,Name,STATUS,RECORD_ID,ERRORS\nk1,A,ADDED,11,\nk2,B,UPDATED,12,\nk3,C,SKIPPED,,INVALID_DATA-Name\n"
    assert [(one.id, one.created, one.key) for one in read_result(zipped(lines), "Key")] == [
        ("11", True, "k1"),
        ("12", False, "k2"),
    ]
    with pytest.raises(Refusal):
        read_result(zipped("Key,Name\nk1,A\n"), "Key")
