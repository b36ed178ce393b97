"""Puts a population into an account, and learns which blemishes the vendor does not take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sdrbot_skills.lab.plain.account import LINKS, Account, Refused
from sdrbot_skills.lab.plain.population import CYCLE, Blemish, Population

_LENGTHS = (40_000, 255, 190, 120, 100)
"""How long an over-long text may be, tried in turn: what is the most in one CRM is too much for another."""


@dataclass
class Filled:
    """Ids by kind in the order of the rows. `blemished`: per kind what is wrong with a record; `refused`: blemishes that cannot exist there."""

    ids: dict[str, list[str]] = field(default_factory=dict)
    blemished: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)


def fill(account: Account, population: Population) -> Filled:
    """Everything into an empty account. Raises `Refused` where something without a blemish is not taken."""
    account.prepare()
    filled = Filled()
    for kind, rows in population.rows.items():
        filled.ids[kind] = account.create(kind, rows)
        filled.blemished[kind] = {}
    for name, places in population.links.items():
        _link(account, filled, name, places)
    for blemish in population.blemishes:
        record = filled.ids[blemish.kind][blemish.place]
        if not _has_place(account, blemish):
            continue
        if not _blemish(account, population, blemish, record):
            filled.refused.append(f"{blemish.kind}: {blemish.name}")
        else:
            filled.blemished[blemish.kind][record] = blemish.name
            if blemish.twin is not None:
                filled.blemished[blemish.kind][filled.ids[blemish.kind][blemish.twin]] = (
                    f"{blemish.name}, the other one"
                )
    if population.blemishes and "companies.parent" in account.link_names:
        _cycle(account, filled)
    return filled


def _blemish(account: Account, population: Population, blemish: Blemish, record: str) -> bool:
    """Whether the vendor takes it; of a text that is too long for it, as much as it takes."""
    for longest in _LENGTHS:
        values = {word: value[:longest] for word, value in blemish.values.items()}
        try:
            row = {**population.rows[blemish.kind][blemish.place], **values}
            account.change(blemish.kind, record, _touched(row, values))
        except Refused:
            if all(len(value) <= _LENGTHS[-1] for value in values.values()):
                return False
        else:
            return True
    return False


def _has_place(account: Account, blemish: Blemish) -> bool:
    words = account.words[blemish.kind]
    return bool((words | ({"first_name", "last_name"} if "full_name" in words else set())) & blemish.values.keys())


def _touched(row: dict[str, str], values: dict[str, str]) -> dict[str, str]:
    """What has to be written together: both parts of a name, an amount and its currency."""
    together = (("first_name", "last_name"), ("amount", "currency"))
    names = {name for group in together for name in group if set(group) & values.keys()} | values.keys()
    return {name: row[name] for name in names if name in row}


def _cycle(account: Account, filled: Filled) -> None:
    try:
        _link(account, filled, "companies.parent", CYCLE)
    except Refused:
        filled.refused.append("companies: cyclic parents")


def _link(account: Account, filled: Filled, name: str, places: Sequence[tuple[int, int]]) -> None:
    if name in account.link_names:
        kind, to = LINKS[name]
        account.link(name, [(filled.ids[kind][a], filled.ids[to][b]) for a, b in places])
