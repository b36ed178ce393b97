"""Reading a whole module by bulk read jobs (API v8 "Bulk Read"): 200,000 records in a zip of one CSV for 50 credits, where queries cost three for 2,000.

A job's result can be fetched again for some days, so a place in it is the page, its job, and how many of its rows were taken. A row's cells are
texts: ids of records stand alone, several choices are joined by semicolons.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import IO, Any, NamedTuple

from sdrbot_skills.crm.base import JOB_CURSOR
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.zohocrm.bulk import GONE, asked, downloaded, lines_of, path
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RequestFailed
from sdrbot_skills.crm.zohocrm.schema import RICH_TEXT
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.records import Record
from sdrbot_skills.model.schema import ObjectSchema
from sdrbot_skills.model.values import Kind, instant

MOST_FIELDS = 200
RECORDS = 2000
"""Of a page that is handed on."""

FIRST_POLL, LONGEST_POLL = 0.5, 20.0


class Place(NamedTuple):
    """Where reading is: `rows` of the result of `job`, which is the `page`-th of the module, are taken."""

    page: int = 1
    job: str = ""
    rows: int = 0

    def cursor(self) -> str:
        """As the engine remembers it."""
        return f"{JOB_CURSOR}{self.page}:{self.job}:{self.rows}"


def place(cursor: str) -> Place:
    """The place that a cursor names."""
    page, job, rows = cursor.removeprefix(JOB_CURSOR).split(":")
    return Place(int(page), job, int(rows))


def read(
    client: ZohoClient, schema: ObjectSchema, columns: Sequence[str], cursor: str | None
) -> Iterator[tuple[list[Record], str | None]]:
    """Pages of records, each with the cursor to go on at (`None`: the last). A job that has vanished is replaced by a new one.

    Raises `Unsupported` where these fields cannot be read by a job.
    """
    _refuse_unreadable(schema, columns)
    at: Place | None = place(cursor) if cursor else Place()
    while at is not None:
        told = _finished(client, at.job) if at.job else None
        if told is None:
            at = at._replace(job=_opened(client, schema.name, columns, at.page), rows=0)
            told = _finished(client, at.job) or {}
        following = Place(at.page + 1) if told.get("more_records") else None
        with downloaded(client, "Zoho GET bulk/read/result", path(client, f"read/{at.job}/result")) as file:
            for records, last in _pages(islice(_rows(schema, file), at.rows, None)):
                at = at._replace(rows=at.rows + len(records))
                after = following if last else at
                yield records, after.cursor() if after else None
        at = following


def _refuse_unreadable(schema: ObjectSchema, columns: Sequence[str]) -> None:
    what = f"reading {schema.name} by a job"
    if len(columns) > MOST_FIELDS:
        raise Unsupported(what, f"a job takes {MOST_FIELDS} fields")
    rich = [name for name in columns if (field := schema.field(name)) and field.vendor_type == RICH_TEXT]
    if rich:
        raise Unsupported(what, f"whether {', '.join(rich)} would come whole is not documented")


def _opened(client: ZohoClient, module: str, columns: Sequence[str], page: int) -> str:
    query = {"module": {"api_name": module}, "fields": ["id", *columns], "page": page}
    try:
        answer = repeated(lambda: asked(client, "POST", "read", {"query": query, "file_type": "csv"}))
    except RequestFailed as error:
        raise Unsupported(f"reading {module} by a job", error.complaint.text) from error
    return str(answer["data"][0]["details"]["id"])


def _finished(client: ZohoClient, job: str) -> dict[str, Any] | None:
    """What is told of a job's result, once there is one; `None` where there is no such job any more. Raises `Unsupported` where it failed."""
    pause = FIRST_POLL
    while True:
        try:
            (told,) = repeated(lambda: asked(client, "GET", f"read/{job}"))["data"]
        except RequestFailed as error:
            if error.status in GONE:
                return None
            raise
        if told["state"] == "COMPLETED":
            return dict(told["result"])
        if told["state"] == "FAILURE":
            raise Unsupported(f"reading by the job {job}", "Zoho could not carry it out")
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL)


def _rows(schema: ObjectSchema, file: IO[bytes]) -> Iterator[Record]:
    """The records of a zip's CSV. The id's column is called `Id`, all others by their API names."""
    lines = lines_of(file)
    names = ["id" if name.lower() == "id" else name for name in next(lines)]
    retyped = [_retyper(schema, name) for name in names]
    for line in lines:
        cells = zip(names, retyped, line, strict=True)
        yield _record(schema, {name: retype(cell) if cell else None for name, retype, cell in cells})


def _retyper(schema: ObjectSchema, name: str) -> Callable[[str], Any]:
    """From a cell to the value that other calls would give; the codec reads texts of numbers, days and lists as they are."""
    field = schema.field(name)
    if field is not None and field.kind in (Kind.BOOLEAN, Kind.CONSENT):
        return lambda cell: cell.lower() == "true"
    return str


def _record(schema: ObjectSchema, values: dict[str, Any]) -> Record:
    changed = values.get(schema.modified_field or "")
    return Record(str(values["id"]), values, instant(changed) if changed else None)


def _pages(records: Iterator[Record]) -> Iterator[tuple[list[Record], bool]]:
    """The records in pages, and of each whether it is the last; an empty result is one empty page."""
    page = list(islice(records, RECORDS))
    while True:
        following = list(islice(records, RECORDS))
        yield page, not following
        if not following:
            return
        page = following
