"""The demo company in an account of any of the CRMs, as far as it has a place for it."""

from __future__ import annotations

from collections.abc import Mapping

from sdrbot_skills.lab.demo import STAGES, Demo, make
from sdrbot_skills.lab.plain.account import LINKS, Account, Refused, Row
from sdrbot_skills.lab.plain.attio import CODES
from sdrbot_skills.lab.plain.hubspot import HubSpot

CLOSE_DATE = "2026-12-31"
"""For the deal of the demo that has none, where the CRM insists on one."""

_WON, _LOST = ("closedwon", "2001003"), ("closedlost", "2001004")
_OPEN = [stage for stages in STAGES.values() for stage in dict.fromkeys(stages) if stage not in (*_WON, *_LOST)]


def seed(account: Account, number: int = 1) -> Demo:
    """Companies, contacts, deals and links. Opt-outs are left out. Raises `Refused` where something is not taken."""
    demo = make(number)
    account.prepare()
    ids: dict[str, list[str]] = {}
    for kind in ("companies", "contacts", "deals"):
        ids[kind] = _create(account, kind, [_row(account, kind, row) for row in getattr(demo, kind)])
    pairs = {
        "contacts.company": demo.contact_companies,
        "deals.company": demo.deal_companies,
        "deals.contacts": demo.deal_contacts,
    }
    for name, places in pairs.items():
        kind, to = LINKS[name]
        account.link(name, [(ids[kind][a], ids[to][b]) for a, b in places])
    return demo


def _create(account: Account, kind: str, rows: list[Row]) -> list[str]:
    if not account.one_by_one:
        return account.create(kind, rows)
    ids = []
    for row in rows:
        try:
            ids += account.create(kind, [row])
        except Refused:  # a telephone number that the CRM does not believe
            ids += account.create(kind, [{word: value for word, value in row.items() if word != "phone"}])
    return ids


def _row(account: Account, kind: str, properties: Mapping[str, str]) -> Row:
    row = {word: properties[field] for word, field in HubSpot.fields[kind].items() if properties.get(field)}
    if kind == "deals":
        row["close_date"] = row.get("close_date", CLOSE_DATE if "close_date" in account.needs else "")[:10]
        row["stage"] = _stage(account, row["stage"])
    if kind == "contacts":
        row["job_title"] = row.get("job_title", "")[: account.longest_title]
        if "last_name" in account.needs and "last_name" not in row:
            row["last_name"] = row.get("email", "nobody").partition("@")[0]
    if "industry" in row:
        row["industry"] = (
            account.industries[len(row["industry"]) % len(account.industries)] if account.industries else ""
        )
    if account.crm == "attio" and row.get("country") not in CODES:
        row.pop("country", None)
    return {word: value for word, value in row.items() if value}


def _stage(account: Account, stage: str) -> str:
    if stage in _WON:
        return account.won
    if stage in _LOST:
        return account.lost
    still_open = [one for one in account.stages if one not in (account.won, account.lost)]
    return still_open[_OPEN.index(stage) % len(still_open)]
