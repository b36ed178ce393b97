"""Canonical values: the one vocabulary between six codecs.

A value is plain Python; no wrapper is made per value on the data path. `None` means "has no value" for every kind.

| kind | Python | notes |
|---|---|---|
| text, long_text, url | `str` | never an empty string: that is `None` |
| integer | `int` | |
| decimal | `decimal.Decimal` | |
| boolean | `bool` | |
| date | `str` | `2024-02-29` |
| instant | `str` | UTC, `2024-02-29T10:00:00.000Z`, always three digits of milliseconds |
| emails, phones, urls | `list[str]` | the first is the primary one |
| choice | `str` | the option's value as the CRM spells it, not its label |
| choices | `list[str]` | order carries no meaning |
| money | `{"amount": Decimal, "currency": str \\| None}` | `None`: the account's own currency |
| address | `{"street", "city", "region", "postal_code", "country"}` | each `str \\| None` |
| person_name | `{"prefix", "first", "middle", "last", "suffix"}` | each `str \\| None` |
| consent | `bool` | `True`: the person has opted out. `None`: nothing is known, which is not the same as `False` |
| reference | `str` | the id of the other record, in the CRM the value was read from |
| user | `str` | the id of a user, in the CRM the value was read from |
| file | `{"name", "url"}` | |
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a field holds, whatever the vendor calls it."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    EMAILS = "emails"
    PHONES = "phones"
    URLS = "urls"
    CHOICE = "choice"
    CHOICES = "choices"
    MONEY = "money"
    ADDRESS = "address"
    PERSON_NAME = "person_name"
    CONSENT = "consent"
    REFERENCE = "reference"
    USER = "user"
    FILE = "file"


Value = Any
"""One canonical value; its Python type follows from the kind (see the table above)."""

LIST_KINDS = frozenset({Kind.EMAILS, Kind.PHONES, Kind.URLS, Kind.CHOICES})
TEXT_KINDS = frozenset({Kind.TEXT, Kind.LONG_TEXT})

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")


def instant(text: str) -> str:
    """Bring an ISO 8601 time (any offset, with or without fraction) to the canonical spelling in UTC.

    Raises `ValueError` for text that is not a time. A time without a zone is taken as UTC, since every vendor that omits it means that.
    """
    if _INSTANT.fullmatch(text):
        return text
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC this moment lies outside the years 1 to 9999") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_from_milliseconds(milliseconds: int) -> str:
    """The canonical spelling of a Unix time in milliseconds."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='seconds')}.{milliseconds % 1000:03d}Z"
