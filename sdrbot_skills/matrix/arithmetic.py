"""The fewest calls by which so many records and links can be read and written, from the vendors' own batch sizes; and what was really called.

The least start is among them (`starts.py`). Page and batch sizes: HubSpot "CRM objects" (100) and "Associations v4" (100 records a batch read, which
parents need, 2,000 links a batch written); Salesforce "Query" (2,000) and "sObject Collections" (200);
Pipedrive v2 lists (500), one record a write, participants and relations by one record each; Zoho COQL (2,000), "Insert Records" (100), contact
roles by one deal each; Attio queries (500), one record a write; Twenty lists and batches (200).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from math import ceil

from sdrbot_skills.lab.plain.account import KINDS
from sdrbot_skills.matrix.judge import Case
from sdrbot_skills.matrix.outcome import Calls
from sdrbot_skills.matrix.starts import least_start
from sdrbot_skills.matrix.walk import Went

_READ = {"hubspot": 100, "salesforce": 2000, "pipedrive": 500, "zohocrm": 2000, "attio": 500, "twenty": 200}
_WRITE = {"hubspot": 100, "salesforce": 200, "pipedrive": 1, "zohocrm": 100, "attio": 1, "twenty": 200}

Fewest = Callable[[int, int, int], int]
"""Of links, of the records that they start at, and of all records of that kind: calls."""

_LINKS_READ: Mapping[tuple[str, str], Fewest] = {
    ("hubspot", "companies.parent"): lambda links, ends, records: ceil(records / 100),
    ("salesforce", "deals.contacts"): lambda links, ends, records: ceil(links / 2000),
    ("pipedrive", "deals.contacts"): lambda links, ends, records: records,
    ("pipedrive", "companies.parent"): lambda links, ends, records: records,
    ("zohocrm", "deals.contacts"): lambda links, ends, records: records,
}
_LINKS_WRITTEN: Mapping[tuple[str, str], Fewest] = {
    **{
        ("hubspot", name): lambda links, ends, records: ceil(links / 2000)
        for name in ("contacts.company", "deals.company", "deals.contacts", "companies.parent")
    },
    ("salesforce", "deals.contacts"): lambda links, ends, records: ceil(links / 200),
    ("salesforce", "companies.parent"): lambda links, ends, records: ceil(links / 200),
    ("pipedrive", "deals.contacts"): lambda links, ends, records: links - ends,
    ("pipedrive", "companies.parent"): lambda links, ends, records: links,
    ("zohocrm", "deals.contacts"): lambda links, ends, records: ends + bool(ends),
    ("zohocrm", "companies.parent"): lambda links, ends, records: ceil(links / 100),
}
"""Links that are neither read nor written with their records, which costs nothing. Zoho's contact roles have a list of their own, read once."""

_LOOKED_AT_FIRST: Mapping[str, tuple[str, ...]] = {"twenty": ("companies", "contacts")}
"""Kinds with a unique value beside our key (domain, e-mail). Twenty's upsert takes hold of whatever record has one of a row's unique values, so a
batch that must not overwrite another record asks first who holds them ("REST API", Create many with upsert)."""

_BINS = frozenset({"twenty"})
"""An upsert brings back what lies in the bin, and its answer looks like that of a record which was there all the time: one look a kind."""

_MORE_LISTS: Mapping[str, int] = {"pipedrive": 1}
"""Pipedrive lists archived deals apart ("Deals", Get all archived deals)."""


def counted(case: Case, went: Went) -> Calls:
    """The calls of a live run, and the fewest."""
    routes: Counter[str] = Counter()
    for name, calls in went.calls.items():
        routes.update({f"{name} {route}": count for route, count in calls.items()})
    least = least_start(case.source.crm, case.target.crm) + _reading(case) + _writing(case) + _among_themselves(case)
    return Calls(routes.total(), least, dict(routes.most_common()))


def _reading(case: Case) -> int:
    account = case.source
    records = {kind: len(account.read(kind)) for kind in KINDS}
    calls = sum(max(1, ceil(count / _READ[account.crm])) for count in records.values())
    calls += _MORE_LISTS.get(account.crm, 0)
    for (crm, name), fewest in _LINKS_READ.items():
        if crm == account.crm and name in case.target.link_names:
            calls += fewest(*_ends(account.links(name)), records[name.partition(".")[0]])
    return calls


def _writing(case: Case) -> int:
    account = case.target
    records = {kind: len(account.read(kind)) for kind in KINDS}
    batches = {kind: ceil(count / _WRITE[account.crm]) for kind, count in records.items()}
    calls = sum(batches.values()) + sum(batches[kind] for kind in _LOOKED_AT_FIRST.get(account.crm, ()))
    calls += len(KINDS) if account.crm in _BINS else 0
    for (crm, name), fewest in _LINKS_WRITTEN.items():
        if crm == account.crm:
            calls += fewest(*_ends(account.links(name)), records[name.partition(".")[0]])
    return calls


def _among_themselves(case: Case) -> int:
    """Between two HubSpot accounts the relations of contacts among themselves, of deals and of companies are carried too. Those of companies are read
    with their parents, and a parent is also a relation. Each account is asked for its types of these three."""
    if {case.source.crm, case.target.crm} != {"hubspot"}:
        return 0
    reads = sum(ceil(len(case.source.read(kind)) / _READ["hubspot"]) for kind in ("contacts", "deals"))
    return reads + ceil(len(case.target.links("companies.parent")) / 2000) + 2 * len(KINDS)


def _ends(links: set[tuple[str, str]]) -> tuple[int, int]:
    return len(links), len({one for one, _ in links})
