"""Query jobs against the answers of the vendor's guide: several parts, places to go on at, and answers that end early."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from sdrbot_skills.crm.salesforce import bulk_read
from sdrbot_skills.crm.salesforce.failures import Complaint, RequestFailed
from sdrbot_skills.errors import Retriable, Unsupported
from sdrbot_skills.model.records import Record
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind
from tests.crm.salesforce.test_bulk_write import JOB, client

SCHEMA = ObjectSchema(
    crm="salesforce",
    name="Contact",
    label="Contact",
    plural="Contacts",
    modified_field="SystemModstamp",
    fields=(
        Field(name="Id", label="Id", kind=Kind.TEXT, vendor_type="id"),
        Field(name="SystemModstamp", label="Changed", kind=Kind.INSTANT, vendor_type="datetime"),
        Field(name="DoNotCall", label="Do not call", kind=Kind.CONSENT, vendor_type="boolean"),
    ),
)
ASKED = bulk_read.question(SCHEMA, ["DoNotCall"], ())
HEAD = '"Id","SystemModstamp","DoNotCall"\n'


def part(ids: str, following: str, announced: int | None = None) -> tuple[str, dict[str, str]]:
    rows = "".join(f'"003{one}","2024-01-02T03:04:05.000Z","{str(one < "C").lower()}"\n' for one in ids)
    return HEAD + rows, {"Sforce-Locator": following, "Sforce-NumberOfRecords": str(announced or len(ids))}


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(bulk_read, "PAGE", 2)


def letters(pages: Iterator[tuple[list[Record], str | None]]) -> list[tuple[str, str | None]]:
    return [("".join(one.id[3:] for one in records), cursor) for records, cursor in pages]


def test_a_result_is_read_in_parts_and_pages_each_with_its_place() -> None:
    there = client(states=["InProgress", "JobComplete"], results=[part("ABC", "MTAw"), part("DE", "null")])
    found = letters(bulk_read.read(there, ASKED, None))
    assert there.sent[0][2]["query"] == "SELECT Id, SystemModstamp, DoNotCall FROM Contact"
    assert found == [("AB", f"job:{JOB}:2:"), ("C", f"job:{JOB}:0:MTAw"), ("DE", None)]
    assert [params.get("locator") for method, _, params in there.sent if method == "GET"] == [None, "MTAw"]


@pytest.mark.parametrize(
    ("cursor", "parts", "found"),
    [
        (f"job:{JOB}:2:", [part("ABC", "MTAw"), part("DE", "null")], ["C", "DE"]),
        (f"job:{JOB}:0:MTAw", [part("DE", "null")], ["DE"]),
    ],
)
def test_another_process_goes_on_at_a_place(cursor: str, parts: Any, found: list[str]) -> None:
    there = client(states=["JobComplete"], results=parts)
    assert [ids for ids, _ in letters(bulk_read.read(there, ASKED, cursor))] == found
    assert not [sent for sent in there.sent if sent[0] == "POST"]


def test_values_are_those_of_the_rest_api() -> None:
    there = client(states=["JobComplete"], results=[part("BC", "null")])
    ((records, _),) = bulk_read.read(there, ASKED, None)
    assert [(one.modified, one.values["DoNotCall"]) for one in records] == [
        ("2024-01-02T03:04:05.000Z", True),
        ("2024-01-02T03:04:05.000Z", False),
    ]


def test_a_part_that_ends_early_is_no_whole_one() -> None:
    there = client(states=["JobComplete"], results=[part("ABC", "null", announced=7)])
    pages = bulk_read.read(there, ASKED, None)
    assert next(pages)[1] == f"job:{JOB}:2:"
    with pytest.raises(Retriable, match="3 of 7 rows"):
        next(pages)


def test_a_job_that_has_vanished_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    there = client(states=["JobComplete"], results=[part("AB", "null")])
    looks = iter([RequestFailed("GET", 404, Complaint("NOT_FOUND", "", None))])
    read = there.read

    def look(method: str, path: str) -> Any:
        if error := next(looks, None):
            raise error
        return read(method, path)

    monkeypatch.setattr(there, "read", look)
    assert letters(bulk_read.read(there, ASKED, "job:750gone:4000:MTAw")) == [("AB", None)]
    assert [sent[0] for sent in there.sent] == ["POST", "GET"]


def test_a_job_that_failed_says_why() -> None:
    there = client(states=["Failed"], reason="InvalidEntity")
    with pytest.raises(Unsupported, match="InvalidEntity"):
        next(bulk_read.read(there, ASKED, None))


def test_a_question_that_no_job_answers_says_so() -> None:
    there = client(fault=RequestFailed("POST", 400, Complaint("INVALIDJOB", "compound data", None)))
    with pytest.raises(Unsupported, match="compound data"):
        next(bulk_read.read(there, ASKED, None))
