"""What the six have in common: records of three kinds in common words, links by name, refusals.

A row is a dictionary of words to texts; a word without a value is left out. `email` is the addresses separated by blanks, `amount` a
plain decimal number, dates are ISO. Links are named after the kind that points and what it points at.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import orjson

from sdrbot_skills.lab.processes import Emulator

Row = dict[str, str]
Pairs = Sequence[tuple[str, str]]

KINDS = ("companies", "contacts", "deals")
LINKS = {
    "contacts.company": ("contacts", "companies"),
    "deals.company": ("deals", "companies"),
    "deals.contacts": ("deals", "contacts"),
    "companies.parent": ("companies", "companies"),
}
KEY = "migration key"
"""The word under which `read` gives what a migration wrote about where a record came from."""


class Refused(Exception):
    """The vendor did not take it; the message is the vendor's."""


class Account(ABC):
    """One account. `words`: per kind of record the words it has a place for; `link_names`: the links it can hold, `one_contact`: one
    person a deal. `choice_fields`: the vendor's names of what is chosen from a list; `many_emails`: all addresses of a person stand together;
    `no_amount`: what a deal without an amount has. `won` and `lost`: stages; `one_by_one`: there are no batches; `needs`: words that a person or a
    deal cannot be without; `longest_title`: characters of a job title."""

    crm: ClassVar[str]
    words: ClassVar[dict[str, frozenset[str]]]
    link_names: ClassVar[tuple[str, ...]] = tuple(LINKS)
    one_contact: ClassVar[bool] = False
    stages: ClassVar[tuple[str, ...]]
    industries: ClassVar[tuple[str, ...]] = ()
    choice_fields: ClassVar[dict[str, str]] = {}
    many_emails: ClassVar[bool] = False
    no_amount: ClassVar[str] = ""
    won: ClassVar[str]
    lost: ClassVar[str]
    one_by_one: ClassVar[bool] = False
    needs: ClassVar[frozenset[str]] = frozenset()
    longest_title: ClassVar[int] = 255

    def __init__(self, lab: Emulator) -> None:
        self.lab = lab
        env = {name.partition("__")[0]: value for name, value in lab.env.items()}
        self.http = httpx.Client(base_url=lab.base_url, timeout=60, trust_env=False, verify=False)
        self.http.headers.update(self.sign_in(env))

    def close(self) -> None:
        """Let go of the connection."""
        self.http.close()

    @abstractmethod
    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        """The headers of somebody who may do everything."""

    def prepare(self) -> None:  # noqa: B027 - most have nothing to make
        """Make what such an account usually has beside the standard."""

    def owner(self) -> str:
        """The id of a user whom records may be given to that nobody owned."""
        raise NotImplementedError(f"{self.crm} makes whoever writes the owner")

    @abstractmethod
    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        """Make records; their ids in the order of the rows. Raises `Refused`."""

    @abstractmethod
    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        """Write words of one record; an empty text takes the value away. Raises `Refused`."""

    @abstractmethod
    def read(self, kind: str) -> dict[str, Row]:
        """Every record by its id."""

    @abstractmethod
    def link(self, name: str, pairs: Pairs) -> None:
        """Link records, from the kind that the name begins with."""

    @abstractmethod
    def links(self, name: str) -> set[tuple[str, str]]:
        """Every link of that name."""

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """One request; its JSON, None for an empty answer. Raises `Refused`."""
        content = None if body is None else orjson.dumps(body)
        headers = {} if content is None else {"Content-Type": "application/json"}
        answer = self.http.request(method, path, content=content, headers=headers, params=query or None)
        if answer.is_error:
            raise Refused(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return orjson.loads(answer.content) if answer.content else None


def parts(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """The rows in lists of at most that many."""
    listed = list(rows)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def number(value: Any) -> str:
    """A number as a plain decimal text: `1234.5`, never `1234.50` or `1.2E3`."""
    found = Decimal(str(value))
    return f"{found.normalize():f}" if found else "0"


def filled(row: Mapping[str, Any]) -> Row:
    """Without what is empty, every value a text."""
    return {word: str(value) for word, value in row.items() if value not in (None, "", [], {})}


def host(address: str) -> str:
    """The host of a page's address, as a company's domain."""
    return address.partition("://")[2].partition("/")[0] if "://" in address else address.partition("/")[0]


NUMBERS = frozenset({"employees", "revenue", "amount"})
