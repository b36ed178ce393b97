"""Going by cohorts: what has landed is complete in itself, everything lands in the end, and it costs hardly a call more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from sdrbot_skills.engine import cohorts
from sdrbot_skills.engine.cohorts import Cohorts
from sdrbot_skills.engine.scope import Scope
from tests.engine.dummy import KEY
from tests.engine.misfortune import Faults
from tests.engine.store import Store
from tests.engine.test_faults import assert_exactly_once, fill
from tests.engine.world import World

COMPANIES, PEOPLE, DEALS = 60, 240, 120
BY_COMPANY = [{"from": "company", "to": "Account", "object": "companies"}]


@pytest.fixture
def company(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Four people and two deals at each company; a parent company that comes later; a few who belong to nobody."""
    monkeypatch.setattr(cohorts, "BATCHES", 10)
    firms = [world.company(f"Company {n:03}") for n in range(COMPANIES)]
    for n in range(COMPANIES - 1):
        world.source.links["parent", firms[n], firms[n + 1]] = None
    people = [world.contact(f"Last {n}", f"p{n}@example.com", firms[n % COMPANIES]) for n in range(PEOPLE)]
    for n in range(DEALS):
        world.deal(f"Deal {n}", people[n])
    for n in range(7):
        world.contact(f"Alone {n}", f"alone{n}@example.com")
    world.dry()
    return world


@pytest.fixture
def scope(company: World) -> Path:
    return company.folder / "dry" / "journal.sqlite"


def _half_done(world: World) -> tuple[int, int, int]:
    """What is on the target; each deal there has its person, and each person their company."""
    there = world.target.objects
    roles = {deal: person for kind, deal, person in world.target.links if kind == "Role"}
    for deal in there["Deal"]:
        assert roles[deal] in there["Contact"]
    for person in there["Contact"].values():
        assert person.values.get("AccountId") in there["Account"] or person.values["LastName"].startswith("Alone")
    return len(there["Account"]), len(there["Contact"]), len(there["Deal"])


def test_at_a_pause_in_the_middle_the_deals_landed_have_their_people_and_companies(company: World, scope: Path) -> None:
    person_of = {deal: person for kind, deal, person in company.source.links if kind == "contact"}
    firm_of = {person: firm for kind, person, firm in company.source.links if kind == "company"}
    seen: list[tuple[int, int]] = []
    for limit in (100, 110, 120, 130, 1000):
        if company.live(scope=scope, cohorts=True, faults=Faults(daily_limit_at=limit)).state == "done":
            break
        landed = {
            name: {str(one.values[KEY]).rpartition(":")[2] for one in records.values()}
            for name, records in company.target.objects.items()
        }
        assert {person_of[deal] for deal in landed["Deal"]} <= landed["Contact"]
        assert {firm_of[person] for person in landed["Contact"] if person in firm_of} <= landed["Account"]
        seen.append((len(landed["Account"]), len(landed["Deal"])))
    assert any(0 < firms < COMPANIES and deals for firms, deals in seen), seen
    assert_exactly_once(company)


def test_every_cohort_is_complete_in_itself(company: World, scope: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int, int]] = []
    after = Cohorts.from_number

    def watched(self: Cohorts, first: int):
        for number, ids in after(self, first):
            yield number, ids
            seen.append(_half_done(company))

    monkeypatch.setattr(Cohorts, "from_number", watched)
    assert company.live(scope=scope, cohorts=True).state == "done"
    assert len(seen) > 5
    middle = seen[len(seen) // 2]
    assert all(number > 0 for number in middle) and middle[2] < DEALS, seen
    assert_exactly_once(company)


def test_it_costs_hardly_a_call_more(company: World, scope: Path) -> None:
    company.settings = dict.fromkeys(("create_batch", "update_batch", "upsert_batch", "link_batch"), 4)
    company.live("cohorts", scope=scope, cohorts=True)
    by_cohorts = sum(company.target.calls.values())
    company.target = Store("t")
    company.live("objects", scope=scope)
    assert by_cohorts <= 1.15 * sum(company.target.calls.values())  # cohorts of twenty batches cost half of that


@pytest.mark.parametrize("kill_at", [30, 77, 141, 190])
def test_a_killed_run_goes_on_with_the_cohort_that_it_was_at(company: World, scope: Path, kill_at: int) -> None:
    company.live_through(Faults(seed=kill_at, kill_at=kill_at, lose_answer=0.05), scope=scope, cohorts=True)
    assert_exactly_once(company)
    assert company.verify(scope=scope).total.model_dump(exclude={"checked"}) == {
        "lost": 0, "duplicated": 0, "mismatched": 0, "links_missing": 0,
    }  # fmt: skip


def test_what_came_and_what_went_is_counted(company: World, scope: Path) -> None:
    company.contact("Came", "came@example.com")
    gone = next(one for one, stored in company.source.objects["contacts"].items() if stored.values["last"] == "Alone 3")
    del company.source.objects["contacts"][gone]
    result = company.live(scope=scope, cohorts=True)
    assert result.counts["contacts"].gone == 1
    assert {one.rule: one.count for one in result.findings}["came_since"] == 1


def test_cohorts_are_whole_batches_and_hold_everything_once(company: World, scope: Path, tmp_path: Path) -> None:
    sealed = Scope(scope)
    made = Cohorts(tmp_path, sealed, ["companies", "contacts", "deals"], 4)
    listed: list[tuple[int, Mapping[str, list[str]]]] = list(made.from_number(1))
    made.close()
    sealed.close()
    for name, number in (("companies", COMPANIES), ("contacts", PEOPLE + 7), ("deals", DEALS)):
        ids = [one for _, cohort in listed for one in cohort[name]]
        assert len(ids) == len(set(ids)) == number
        partial = sum(len(cohort[name]) % 4 != 0 for _, cohort in listed)
        assert partial <= 2, f"{name}: {[len(cohort[name]) for _, cohort in listed]}"


def test_duplicates_go_together(world: World, tmp_path: Path) -> None:
    world.changes["contacts"] = {"source_duplicates": "newest"}
    fill(world, 4, 8, 2)
    world.contact("Twin", "p1@example.com")
    world.dry()
    result = world.live(scope=world.folder / "dry" / "journal.sqlite", cohorts=True)
    assert (result.state, result.counts["contacts"].create, result.counts["contacts"].skip) == ("done", 8, 1)
