"""What vendors answer when all went well, however odd it is."""

from __future__ import annotations

import math

import pytest

from sdrbot_skills.crm.failures import Effect, answered
from sdrbot_skills.engine.candidate import to_json
from sdrbot_skills.errors import OutcomeUnknown, Retriable


def test_a_value_no_parser_of_ours_takes_does_not_take_its_page_along() -> None:
    page = answered("GET /x", rb'[{"name": "good"}, {"name": "cut \ud83d off", "amount": 1e400}]', Effect.READ)
    assert page[0] == {"name": "good"}
    assert page[1]["name"] == "cut \ud83d off" and math.isinf(page[1]["amount"])
    assert to_json(page[1]).startswith(b'{"name": "cut ? off"')


def test_nothing_is_nothing() -> None:
    assert answered("DELETE /x", b"", Effect.REPEATABLE) is None


def test_a_proxys_page_is_no_answer() -> None:
    with pytest.raises(Retriable):
        answered("GET /x", b"<html>Sign in</html>", Effect.READ)
    with pytest.raises(OutcomeUnknown):
        answered("POST /x", b"\xff", Effect.ONCE)
