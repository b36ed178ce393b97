"""What a person does to connect an account: `crm/<crm>/connecting.yaml` as data, and what missing rights prevent."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from ruamel.yaml import YAML

from sdrbot_skills.errors import ConfigurationError


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ask(_Part):
    """One thing that is pasted. `secret`: it is not shown. `default`: what an empty answer means."""

    name: str
    text: str
    secret: bool = False
    default: str | None = None


class Authorization(_Part):
    """Where a person signs in and agrees (OAuth). `page` begins with `/` where it lies on the account's own origin; a lab's always does."""

    page: str
    path: str
    parameters: dict[str, str] = {}
    separator: str = " "


class Way(_Part):
    """One way to connect: the steps at the vendor (`{callback}` is replaced), what is pasted, and what that makes.

    `separator`: what the vendor wants between scopes that are copied as one text.
    """

    name: Literal["key", "app", "sign-in"]
    title: str
    credential: Literal["bearer", "client_credentials", "refresh_token"]
    steps: tuple[str, ...]
    asks: tuple[Ask, ...] = ()
    separator: str = " "
    oauth: Authorization | None = None


class Right(_Part):
    """Something a credential may be allowed. `reading`, `writing`: the scopes; `without`: what their lack prevents, where the general words do not fit;
    `way`: the only way of connecting that needs it."""

    of: str
    way: str | None = None
    reading: str | None = None
    writing: str | None = None
    without: str = ""


class Missing(_Part):
    """A scope that was not granted, and what that prevents."""

    scope: str
    prevents: str


class Guide(_Part):
    """How one CRM is connected. `both`: a writing scope does not include its reading scope. `refused`: what is usually wrong where the
    vendor does not accept a credential; `safer`: how a second one is made that only reads."""

    label: str
    origin: str = ""
    ways: tuple[Way, ...] = Field(min_length=1)
    rights: tuple[Right, ...] = ()
    both: bool = False
    covered_by: dict[str, str] = {}
    refused: str = ""
    safer: str = ""

    def scopes(self, way: Way, *, reading_only: bool = False) -> list[str]:
        """The scopes to copy."""
        wanted: list[str] = []
        for right in self._rights(way):
            if right.reading and (reading_only or self.both or not right.writing):
                wanted.append(right.reading)
            if right.writing and not reading_only:
                wanted.append(right.writing)
        return [scope for scope in dict.fromkeys(wanted) if self.covered_by.get(scope) not in wanted]

    def missing(self, way: Way, granted: Collection[str], *, reading_only: bool = False) -> list[Missing]:
        """What was not granted, and what that prevents, in words for a person."""
        have = {*granted, *(small for small, large in self.covered_by.items() if large in granted)}
        found = []
        for right in self._rights(way):
            writes = right.writing in have
            reads = right.reading in have or (writes and not self.both) or not right.reading
            if not reads:
                words = right.without or f"{_capital(right.of)} cannot be read."
                found.append(Missing(scope=str(right.reading), prevents=words))
            if right.writing and not writes and not reading_only:
                words = right.without or f"{_capital(right.of)} cannot be written: a source, never a target."
                found.append(Missing(scope=right.writing, prevents=words))
        return found

    def _rights(self, way: Way) -> list[Right]:
        return [right for right in self.rights if right.way in (None, way.name)]


@cache
def guide_of(crm: str) -> Guide:
    """The guide of a CRM; raises `ConfigurationError` where there is none."""
    path = resources.files("sdrbot_skills").joinpath("crm", crm, "connecting.yaml")
    if not crm.isidentifier() or not path.is_file():
        raise ConfigurationError(f"There is no CRM called {crm!r} here.")
    return Guide.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
