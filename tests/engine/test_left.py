"""What a retry takes: only what can come out differently, and nothing that would be made a second time."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from sdrbot_skills import engine
from sdrbot_skills.engine import left as left_links
from tests.engine.world import World


def left(world: World, run: str = "live", followers: tuple[str, ...] = (), others: tuple[str, ...] = ()) -> engine.Left:
    with ExitStack() as stack:
        opened = {
            one: stack.enter_context(engine.read_journal(world.folder / one / "journal.sqlite"))
            for one in {run, *followers, *others}
        }
        return engine.left_to_try(
            world.plan, opened[run], [opened[one] for one in followers], [opened[one] for one in others]
        )


@pytest.mark.parametrize("key", [True, False])
def test_a_carried_record_comes_along_for_its_link_only_where_it_is_recognised(world: World, key: bool) -> None:
    """Without a key and a match, a retry made every record a second time whose link had waited."""
    world.key = key
    unnamed = world.company("")
    person = world.contact("Stone", None, unnamed)
    world.live()
    found = left(world)
    assert found.only["companies"] == [unnamed]
    assert (found.only.get("contacts"), found.unrecognised) == (([person], {}) if key else (None, {"contacts": 1}))
    world.source.change("companies", unnamed, {"name": "Mended"})
    world.live("again", only={**found.only, "deals": []})
    assert len(world.target.objects["Contact"]) == 1
    assert left(world, followers=("again",)).only == {}, "a second retry carried again what the first had"


def test_links_that_would_be_left_again_are_no_reason_to_retry(world: World) -> None:
    """Hundreds of records were taken along for links that a retry leaves as they are, and shown as skipped."""
    absent = world.contact("Absent", "absent@example.com")
    deal = world.deal("Big", absent)
    world.live(only={"companies": [], "contacts": [], "deals": [deal]})
    assert (left(world).only, left(world).for_good) == ({}, {"other_end_not_carried": 1})
    world.live("elsewhere", only={"companies": [], "contacts": [absent], "deals": []})
    assert left(world, others=("elsewhere",)).only == {"deals": [deal]}


def test_links_are_looked_at_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them were held at once: 630 MB for a million."""
    absent = [world.contact(f"Absent {n}", f"absent{n}@example.com") for n in range(3)]
    deals = [world.deal(f"Big {n}", *absent) for n in range(2)]
    world.live(only={"companies": [], "contacts": [], "deals": deals})
    world.live("elsewhere", only={"companies": [], "contacts": absent[:1], "deals": []})
    whole = left(world, others=("elsewhere",))
    assert (whole.only, whole.for_good) == ({"deals": deals}, {"other_end_not_carried": 4})
    monkeypatch.setattr(left_links, "AT_ONCE", 1)
    assert left(world, others=("elsewhere",)) == whole
