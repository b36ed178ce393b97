"""The judge sees what is lost, doubled, bent or unlinked, and excuses only what may be excused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from sdrbot_skills.lab.plain.account import KEY, LINKS, Account, Row
from sdrbot_skills.matrix.judge import Case, judge

WORDS = {
    "companies": frozenset({"name", "industry"}),
    "contacts": frozenset({"first_name", "last_name", "email", "phone"}),
    "deals": frozenset({"name", "amount", "currency", "stage"}),
}
PLAN = {
    "objects": {
        "companies": {"fields": [{"from": "industry", "to": "industry", "value_map": {"Mining": "M"}}]},
        "contacts": {"fields": []},
        "deals": {"fields": [{"from": "stage", "to": "stage", "value_map": {"open": "NEW", "won": "DONE"}}]},
    }
}


ONLY_READS = "the judge only reads"


class Held(Account):
    """An account in memory."""

    crm = "held"
    words = WORDS
    choice_fields = {"stage": "stage", "industry": "industry"}  # noqa: RUF012 - the base class says it belongs to the class
    many_emails = True

    def __init__(self, records: Mapping[str, dict[str, Row]], links: Mapping[str, set[tuple[str, str]]]) -> None:
        self._records, self._links = records, links

    def read(self, kind: str) -> dict[str, Row]:
        return self._records.get(kind, {})

    def links(self, name: str) -> set[tuple[str, str]]:
        return self._links.get(name, set())

    def sign_in(self, env: Mapping[str, str]) -> dict[str, str]:
        raise AssertionError(ONLY_READS)

    def create(self, kind: str, rows: Sequence[Row]) -> list[str]:
        raise AssertionError(ONLY_READS)

    def change(self, kind: str, record: str, row: Mapping[str, str]) -> None:
        raise AssertionError(ONLY_READS)

    def link(self, name: str, pairs: Sequence[tuple[str, str]]) -> None:
        raise AssertionError(ONLY_READS)


class OneContact(Held):
    one_contact = True


SOURCE: dict[str, dict[str, Row]] = {
    "companies": {"c1": {"name": "Works", "industry": "Mining"}, "c2": {"name": "Mill"}},
    "contacts": {"p1": {"first_name": "Ada", "last_name": "Ash", "email": "a@x.org", "phone": "+41 61 555"}},
    "deals": {"d1": {"name": "Order", "amount": "5", "currency": "EUR", "stage": "open"}},
}
TARGET: dict[str, dict[str, Row]] = {
    "companies": {"C1": {"name": "Works", "industry": "M", KEY: "held:1:c1"}, "C2": {"name": "Mill", KEY: "held:1:c2"}},
    "contacts": {
        "P1": {"first_name": "Ada", "last_name": "Ash", "email": "A@x.org", "phone": "+4161555", KEY: "held:1:p1"}
    },
    "deals": {"D1": {"name": "Order", "amount": "5", "currency": "EUR", "stage": "NEW", KEY: "held:1:d1"}},
}
SOURCE_LINKS = {"contacts.company": {("p1", "c1")}, "deals.contacts": {("d1", "p1")}}
TARGET_LINKS = {"contacts.company": {("P1", "C1")}, "deals.contacts": {("D1", "P1")}}


def figures(
    target: Mapping[str, dict[str, Row]] = TARGET,
    links: Mapping[str, set[tuple[str, str]]] = TARGET_LINKS,
    **more: Any,
) -> tuple[int, ...]:
    case = Case(Held(SOURCE, SOURCE_LINKS), Held(target, links), PLAN, {}, {})._replace(**more)
    return tuple(judge(case).figures().values())


def changed(kind: str, record: str, **words: str) -> dict[str, dict[str, Row]]:
    return {**TARGET, kind: {**TARGET[kind], record: {**TARGET[kind][record], **words}}}


def without(kind: str, record: str) -> dict[str, dict[str, Row]]:
    return {**TARGET, kind: {one: row for one, row in TARGET[kind].items() if one != record}}


def test_what_is_spelled_otherwise_and_means_the_same_is_the_same() -> None:
    assert figures() == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (without("companies", "C2"), (1, 0, 0, 0)),
        (changed("companies", "C2", name="Mull"), (0, 0, 1, 0)),
        (changed("companies", "C1", industry="Mining"), (0, 0, 1, 0)),
        (changed("contacts", "P1", last_name="Ashe"), (0, 0, 1, 0)),
        (changed("deals", "D1", amount="50"), (0, 0, 1, 0)),
        (changed("deals", "D1", stage="DONE"), (0, 0, 1, 0)),
        ({**TARGET, "companies": {**TARGET["companies"], "C3": TARGET["companies"]["C2"]}}, (0, 1, 0, 0)),
        ({**TARGET, "companies": {**TARGET["companies"], "C4": {"name": "Nobody's"}}}, (0, 1, 0, 0)),
    ],
)
def test_each_difference_is_counted_as_what_it_is(
    target: Mapping[str, dict[str, Row]], expected: tuple[int, ...]
) -> None:
    assert figures(target) == expected


def test_links_are_compared_both_ways() -> None:
    assert figures(links={**TARGET_LINKS, "contacts.company": set()}) == (0, 0, 0, 1)
    assert figures(links={**TARGET_LINKS, "contacts.company": {("P1", "C2")}}) == (0, 1, 0, 1)


def test_quarantine_excuses_a_blemish_and_nothing_else() -> None:
    gone, held = without("companies", "C2"), {"companies": {"c2": "too_long"}}
    assert figures(gone, quarantined=held, blemished={"companies": {"c2": "long"}}) == (0, 0, 0, 0)
    assert figures(gone, quarantined=held) == (1, 0, 0, 0)
    assert figures(quarantined=held, blemished={"companies": {"c2": "long"}}) == (0, 1, 0, 0)


def test_a_choice_that_the_plan_has_no_counterpart_for_may_wait() -> None:
    source = {**SOURCE, "deals": {"d1": {**SOURCE["deals"]["d1"], "stage": "lost"}}}
    told = figures(
        without("deals", "D1"),
        {**TARGET_LINKS, "deals.contacts": set()},
        source=Held(source, SOURCE_LINKS),
        quarantined={"deals": {"d1": "unmapped_value"}},
    )
    assert told == (0, 0, 0, 0)


def test_a_second_contact_of_a_deal_may_stay_behind_only_where_there_is_one_place() -> None:
    people = {**SOURCE["contacts"], "p2": SOURCE["contacts"]["p1"]}
    source = Held({**SOURCE, "contacts": people}, {**SOURCE_LINKS, "deals.contacts": {("d1", "p1"), ("d1", "p2")}})
    twin = {**TARGET["contacts"], "P2": {**TARGET["contacts"]["P1"], KEY: "held:1:p2"}}
    target = {**TARGET, "contacts": twin}
    assert figures(target, source=source) == (0, 0, 0, 1)
    told = judge(Case(source, OneContact(target, TARGET_LINKS), PLAN, {}, {}))
    assert tuple(told.figures().values()) == (0, 0, 0, 0)


def test_the_way_back_is_judged_against_the_first_account_through_both_plans() -> None:
    home = {"objects": {**PLAN["objects"], "deals": {"fields": [{"from": "stage", "to": "stage", "value_map": {"NEW": "open"}}]}}}  # fmt: skip
    home["objects"]["companies"] = {"fields": [{"from": "industry", "to": "industry", "value_map": {"M": "Mining"}}]}
    source, between = Held(SOURCE, SOURCE_LINKS), Held(TARGET, TARGET_LINKS)
    back = {
        kind: {
            one: {
                **row,
                KEY: f"held:2:{next(mine for mine, there in TARGET[kind].items() if there[KEY].endswith(one))}",
            }
            for one, row in rows.items()
        }
        for kind, rows in SOURCE.items()
    }
    there = Case(source, between, PLAN, {}, {})
    through = {kind: {one: row[KEY][-2:] for one, row in rows.items()} for kind, rows in TARGET.items()}
    case = Case(source, Held(back, SOURCE_LINKS), home, {}, {}, there, through)
    assert tuple(judge(case).figures().values()) == (0, 0, 0, 0)
    back["deals"]["d1"]["stage"] = "won"
    assert tuple(judge(case).figures().values()) == (0, 0, 1, 0)
    assert set(SOURCE_LINKS) <= set(LINKS)
