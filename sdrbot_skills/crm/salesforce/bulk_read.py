"""Reading by Bulk API 2.0 query jobs (vendor doc "Bulk API 2.0 and Bulk API Developer Guide", Query): for whole tables, in a tenth of the calls.

Salesforce keeps a finished job's result for seven days, in the same order each time it is fetched, so a place in it is the job, the locator of a
part, and how many of the part's rows were taken: another process can go on from there.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from sdrbot_skills.crm.base import JOB_CURSOR
from sdrbot_skills.crm.failures import Effect, no_answer
from sdrbot_skills.crm.salesforce import bulk_csv, soql
from sdrbot_skills.crm.salesforce.capabilities import CAPABILITIES, READ_LANE
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.failures import RequestFailed
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.records import Condition, Record
from sdrbot_skills.model.schema import ObjectSchema

JOBS = "jobs/query"
PAGE = CAPABILITIES.page_size
LAST = "null"
"""What the locator says after the last part of a result."""
DONE = frozenset({"JobComplete", "Failed", "Aborted"})
GONE = 404
FIRST_POLL, LONGEST_POLL = 0.25, 20.0


class Place(NamedTuple):
    """Where in a job's result: `rows` of the part that `locator` (empty: the first) leads to are taken."""

    job: str
    locator: str = ""
    rows: int = 0

    def cursor(self) -> str:
        """As the engine remembers it."""
        return f"{JOB_CURSOR}{self.job}:{self.rows}:{self.locator}"


def place(cursor: str) -> Place:
    """The place that a cursor names."""
    job, rows, locator = cursor.removeprefix(JOB_CURSOR).split(":", 2)
    return Place(job, locator, int(rows))


class Question(NamedTuple):
    """What is read: the SOQL, and how its cells become values."""

    schema: ObjectSchema
    columns: Sequence[str]
    soql: str


def question(
    schema: ObjectSchema, fields: Sequence[str], where: Sequence[Condition], *, in_order: bool = False
) -> Question:
    """`in_order`: by id, for pages whose first and last id are a range; Salesforce then does not cut the table up to read it faster."""
    columns = soql.columns_of(schema, fields)
    clauses = [*soql.conditions(schema, where), *soql.companies_only(schema)]
    return Question(schema, columns, soql.select(columns, schema.name, clauses, "ORDER BY Id" if in_order else ""))


def read(client: SalesforceClient, asked: Question, cursor: str | None) -> Iterator[tuple[list[Record], str | None]]:
    """Pages of 2,000 records, streamed, each with the cursor to go on at (`None`: the last). A job that has vanished is replaced by a new one.

    Raises `Unsupported` where Salesforce will not answer this question by a job.
    """
    at = place(cursor) if cursor is not None and _wait(client, place(cursor).job) else _opened(client, asked)
    retyped = bulk_csv.retyper(asked.schema, asked.columns)
    while at.locator != LAST:
        params = {"maxRecords": str(READ_LANE.rows_per_call), **({"locator": at.locator} if at.locator else {})}
        with client.download(f"{JOBS}/{at.job}/results", params) as answer:
            following = Place(at.job, answer.headers.get("Sforce-Locator", LAST))
            lines = islice(bulk_csv.read_rows(answer.raw), at.rows, None)
            for page, last in _pages(_record(asked.schema, retyped(line)) for line in lines):
                at = at._replace(rows=at.rows + len(page))
                if last:
                    _refuse_short(at, answer.headers.get("Sforce-NumberOfRecords", ""))
                    at = following
                yield page, None if at.locator == LAST else at.cursor()
        at = following


def _pages(records: Iterator[Record]) -> Iterator[tuple[list[Record], bool]]:
    """The records in pages, and of each whether it is the last."""
    page = list(islice(records, PAGE))
    while page:
        following = list(islice(records, PAGE))
        yield page, not following
        page = following


def _refuse_short(at: Place, announced: str) -> None:
    """A part that ends early must not be taken for a whole one."""
    if announced.isdigit() and int(announced) != at.rows:
        what = f"Salesforce's job {at.job} gave {at.rows} of {announced} rows"
        raise no_answer(what, Effect.READ, "the answer ended early")


def _record(schema: ObjectSchema, values: dict[str, Any]) -> Record:
    changed = values.get(schema.modified_field or "")
    return Record(values["Id"], values, changed[:23] + "Z" if changed else None)


def _opened(client: SalesforceClient, asked: Question) -> Place:
    """A new job, finished."""
    try:
        job = client.change_again("POST", JOBS, body={"operation": "query", "query": asked.soql})["id"]
    except RequestFailed as error:
        raise Unsupported(f"reading {asked.schema.name} by a job", str(error)) from error
    if not _wait(client, job):
        raise Unsupported(f"reading {asked.schema.name} by a job", "the job vanished")
    return Place(str(job))


def _wait(client: SalesforceClient, job: str) -> bool:
    """Look until the job is finished; False where there is none any more. Raises `Unsupported` where it failed."""
    pause = FIRST_POLL
    while True:
        try:
            told = client.read("GET", f"{JOBS}/{job}")
        except RequestFailed as error:
            if error.status == GONE:
                return False
            raise
        if told["state"] in DONE:
            break
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_POLL)
    if told["state"] != "JobComplete":
        raise Unsupported(f"reading by the job {job}", str(told.get("errorMessage") or told["state"]))
    return True
