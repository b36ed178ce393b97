"""What an adapter can do, as data: planning, pacing, forecast and engine read it instead of asking which CRM they talk to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sdrbot_skills.model.plan import Lane


class RateBudget(BaseModel):
    """An allowance of the vendor: `amount` of `unit` in each window of `seconds` (86400: a day)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    unit: str = "calls"
    amount: float
    seconds: float


class LargerPlan(BaseModel):
    """A larger plan of the vendor than the one `rates` speaks of: how many times its calls in a short window, and its daily allowance."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    instead_of: str
    rate: float = 1.0
    daily: float = 1.0


class BulkLane(BaseModel):
    """A job-based way to upsert many rows by a unique field. `calls_per_job` counts create, upload, close and results; polls are extra.

    `bytes_per_job`: of the payloads as JSON, which is longer than the CSV that is sent. `caution`: what a person should know before records go
    by jobs rather than by calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    rows_per_job: int
    calls_per_job: int
    worth_from: int
    least_rows: int = 10_000
    bytes_per_job: int = 90_000_000
    columns_per_job: int = 5_000
    caution: str = ""

    def rows(self, records: int) -> int:
        """How many rows each job of so many records gets: several jobs rather than one, so that the CRM works while the next is prepared."""
        return max(self.least_rows, min(self.rows_per_job, records // 4))

    def share(self, records: int, lane: Lane) -> tuple[int, int]:
        """How many jobs so many records take, and how many of them are left, too few for another job: these go by calls."""
        jobs, rest = divmod(records, self.rows(records))
        return (jobs + 1, 0) if rest >= (1 if lane == "bulk" else self.worth_from) else (jobs, rest)

    def calls(self, records: int, batch: int, lane: Lane) -> int:
        """Calls for so many records; a rest that is too small for a job goes by calls of `batch` records."""
        jobs, rest = self.share(records, lane)
        return jobs * self.calls_per_job + batches(rest, batch)


class ReadLane(BaseModel):
    """A job-based way to read a whole object: `calls_per_job` to make the job, polls are extra, then `rows_per_call` records a call."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rows_per_call: int
    calls_per_job: int
    worth_from: int


class Capabilities(BaseModel):
    """Sizes in records, per call, unless said otherwise.

    `custom_upsert_key`: a unique custom field can serve as an upsert key.
    `idempotent_link`: linking twice is harmless.
    `looks_before_linking`: it is harmless only because `link` looks first at what is there; `link_anew` does not.
    `alternate_keys`: further fields to look at when matching by a field (secondary e-mails).
    `plain_migration_key`: the migration key is an ordinary field, which nothing keeps unique; it is found again by reading.
    `job_links`: link types whose links a job can make.
    `one_call_links`: link types that cost a call for each record they start at, to read and to write.
    `linked_by_record`: links that are not fields are made by a call for each record they start at, whatever their type; reading them costs nothing more.
    `longest_field_name`: characters of the API name of a custom field.
    `unlink_by_update`: a link is taken away by writing what is left of a record's links, which is an update of the record it starts at.
    `counts_by_listing`: it tells no numbers; all records are listed to count them.
    `option_values`: what an option of a new field is stored as (`crm.optionvalues`): what the program chose, its label, or upper case with underscores.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    crm: str
    label: str
    page_size: int
    get_batch: int
    find_batch: int
    create_batch: int
    update_batch: int
    upsert_batch: int
    delete_batch: int
    link_batch: int
    link_read_batch: int
    custom_upsert_key: bool
    plain_migration_key: bool = False
    counts_by_listing: bool = False
    unlink_by_update: bool = False
    option_values: Literal["own", "label", "upper_snake"] = "own"
    migration_key_field: str = Field(description="API name our migration key gets on this CRM")
    alternate_keys: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    opt_out_fields: Mapping[str, str] = Field(
        default={},
        description="object -> field that reads as consent but is written by `Crm.opt_out`, never in a payload",
    )
    idempotent_link: bool = True
    looks_before_linking: bool = False
    job_links: frozenset[str] = frozenset()
    one_call_links: frozenset[str] = frozenset()
    linked_by_record: bool = False
    longest_field_name: int = 40
    inline_links: bool = False
    price_per_call: Mapping[str, float] = {}
    rates: tuple[RateBudget, ...] = ()
    larger_plans: tuple[LargerPlan, ...] = ()
    bulk_write: BulkLane | None = None
    bulk_read: ReadLane | None = None
    impossible: Mapping[str, str] = Field(
        default={}, description="what the conformance kit skips: test name -> why the CRM cannot"
    )

    @property
    def keeps_migration_key(self) -> bool:
        """Whether a field made for it can hold where a record came from."""
        return self.custom_upsert_key or self.plain_migration_key


def bulk_lane(capabilities: Capabilities, lane: Lane, records: int) -> BulkLane | None:
    """The jobs by which so many records are upserted, where the plan's choice and their number say so; else `None`."""
    bulk = capabilities.bulk_write
    if bulk is None or lane == "collections" or records == 0:
        return None
    return bulk if lane == "bulk" or records >= bulk.worth_from else None


def reads_by_job(capabilities: Capabilities, lane: Lane, records: int) -> bool:
    """Whether so many records of one object are read by a job."""
    job = capabilities.bulk_read
    if job is None or lane == "collections" or records == 0:
        return False
    return lane == "bulk" or records >= job.worth_from


def read_calls(capabilities: Capabilities, lane: Lane, records: int) -> int:
    """How many calls it takes to read so many records of one object."""
    job = capabilities.bulk_read
    if job is None or not reads_by_job(capabilities, lane, records):
        return batches(records, capabilities.page_size)
    return job.calls_per_job + batches(records, job.rows_per_call)


def look_up_calls(capabilities: Capabilities, records: int, keys: int) -> int:
    """How many calls it takes to look so many records up by the values of so many keys."""
    return keys * batches(records, capabilities.find_batch)


def index_calls(capabilities: Capabilities, lane: Lane, records: int, there: int) -> int:
    """How many calls it takes to read the keys of all records that are there instead, and then those that are found."""
    return read_calls(capabilities, lane, there) + batches(min(records, there), capabilities.get_batch)


def batches(records: int, size: int) -> int:
    """How many calls `records` take at `size` a call."""
    return math.ceil(records / size) if records > 0 else 0
