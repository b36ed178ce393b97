"""Reading ahead is bounded, so that memory does not grow with what the source holds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sdrbot_skills.engine.extract import PAGES_AHEAD, pages
from sdrbot_skills.engine.patience import Patience
from sdrbot_skills.engine.work import spell_out
from sdrbot_skills.errors import Refused
from tests.engine.world import World


def context_of(world: World) -> Any:
    source, target = world.crms()
    work = spell_out(world.plan, source, target)["contacts"]
    context = SimpleNamespace(source=source, patience=Patience(), only=None, go_on=lambda: None)
    return cast("Any", context), work


def test_only_a_few_pages_are_read_before_they_are_wanted(world: World) -> None:
    for n in range(700):
        world.contact(f"Last{n}")
    context, work = context_of(world)
    reading = pages(context, work, None)
    next(reading)
    cast(Any, reading).close()
    assert world.source.calls["read"] <= 1 + PAGES_AHEAD + 2


def test_what_the_reading_thread_fails_with_is_raised_to_who_reads(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, work = context_of(world)

    def refuse(*_: Any) -> Any:
        raise Refused("The broker says no.", code="object_not_planned")

    monkeypatch.setattr(context.source, "read", refuse)
    with pytest.raises(Refused):
        list(pages(context, work, None))
