"""What an adapter can do, as data: planning, pacing, forecast and engine read it instead of asking which CRM they talk to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class RateBudget(BaseModel):
    """An allowance of the vendor: `amount` of `unit` in each window of `seconds` (86400: a day)."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    unit: str = "calls"
    amount: float
    seconds: float


class BulkLane(BaseModel):
    """A job-based way to write or read many rows. `calls_per_job` counts create, upload, close and results; polls are extra."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    rows_per_job: int
    calls_per_job: int
    worth_from: int


class Capabilities(BaseModel):
    """Sizes in records, per call, unless said otherwise.

    `upsert_keys`: per object, standard fields that can serve as an upsert key; unique custom fields can wherever `custom_upsert_key`.
    `idempotent_link`: linking twice is harmless. `in_order`: results come in the order of the rows. `lost_on_read`: fields that cannot be read back.
    `alternate_keys`: further fields to look at when matching by a field (secondary e-mails).
    `settable_created`: the original creation time can be written.
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
    migration_key_field: str = Field(description="API name our migration key gets on this CRM")
    upsert_keys: Mapping[str, tuple[str, ...]] = {}
    alternate_keys: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    opt_out_fields: Mapping[str, str] = Field(
        default={},
        description="object -> field that reads as consent but is written by `Crm.opt_out`, never in a payload",
    )
    idempotent_link: bool = True
    in_order: bool = False
    inline_links: bool = False
    search_lag: bool = False
    settable_created: Literal["no", "with permission", "yes"] = "no"
    price_per_call: Mapping[str, float] = {}
    rates: tuple[RateBudget, ...] = ()
    bulk_write: BulkLane | None = None
    bulk_read: BulkLane | None = None
    impossible: Mapping[str, str] = Field(
        default={}, description="what the conformance kit skips: test name -> why the CRM cannot"
    )


def batches(records: int, size: int) -> int:
    """How many calls `records` take at `size` a call."""
    return math.ceil(records / size) if records > 0 else 0
