"""What is put plainly into a practice CRM is read plainly out of it; blemishes that the vendor does not take are said."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdrbot_skills import lab
from sdrbot_skills.lab.plain import ACCOUNTS, LINKS, Account
from sdrbot_skills.lab.plain.filling import fill
from sdrbot_skills.lab.plain.population import populate

RECORDS = 20
NOT_TAKEN = {
    "hubspot": "contacts: duplicate key",
    "salesforce": "contacts: missing required field",
    "pipedrive": "companies: unlisted option",
    "zohocrm": "contacts: missing required field",
    "attio": "contacts: no digits in the phone",
    "twenty": "companies: duplicate key",
}


@pytest.fixture(scope="module", params=NOT_TAKEN)
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    with lab.running(request.param) as emulator:
        reached = ACCOUNTS[request.param](emulator)
        yield reached
        reached.close()


def test_what_goes_in_comes_out(account: Account) -> None:
    population = populate(account, RECORDS)
    filled = fill(account, population)
    assert NOT_TAKEN[account.crm] in filled.refused
    for kind, rows in population.rows.items():
        there = account.read(kind)
        assert len(there) == RECORDS
        for record, row in zip(filled.ids[kind], rows, strict=True):
            if record not in filled.blemished[kind]:
                held = {word: value for word, value in row.items() if word in account.words[kind]}
                assert {word: there[record].get(word) for word in held} == held | (
                    {} if "currency" in there[record] else {word: None for word in held if word == "currency"}
                )
    for name, places in population.links.items():
        if name in account.link_names:
            kind, to = LINKS[name]
            pairs = {(filled.ids[kind][a], filled.ids[to][b]) for a, b in places}
            assert pairs <= account.links(name)
