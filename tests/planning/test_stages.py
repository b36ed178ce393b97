"""Stages meet by label and outcome, never across outcomes."""

from sdrbot_skills.model.schema import Stage
from sdrbot_skills.planning.stages import match_stages

OPEN = Stage(id="o", label="Signed", probability=0.9)
WON = Stage(id="w", label="Won", probability=1.0, closed=True, won=True)
LOST = Stage(id="l", label="Lost", probability=0.0, closed=True, won=False)


def test_a_won_stage_becomes_the_only_won_one_whatever_an_open_one_is_called() -> None:
    signed = Stage(id="s", label="Signed", probability=1.0, closed=True, won=True)
    assert match_stages([signed], [OPEN, WON, LOST]).sure == {"s": "w"}


def test_an_open_stage_called_won_stays_open() -> None:
    odd = Stage(id="s", label="Won", probability=0.8)
    match = match_stages([odd], [OPEN, WON, LOST])
    assert match.sure == {} and match.near == {"s": "o"}


def test_two_lost_stages_to_choose_from_are_a_question() -> None:
    no_budget = LOST.model_copy(update={"id": "n", "label": "No budget"})
    match = match_stages([Stage(id="s", label="Dead", closed=True, won=False)], [LOST, no_budget])
    assert match.unmatched == ["s"]


def test_open_stages_are_proposed_by_probability() -> None:
    theirs = [Stage(id=str(number), label=f"Step {number}", probability=number / 10) for number in range(1, 10)]
    match = match_stages([Stage(id="s", label="Demo held", probability=0.42)], theirs)
    assert match.near == {"s": "4"} and match.sure == {}


def test_without_probabilities_the_place_in_the_pipeline_counts() -> None:
    ours = [Stage(id=str(number), label=f"Step {number}") for number in range(4)]
    theirs = [Stage(id="a", label="New"), Stage(id="b", label="Proposal"), WON]
    assert match_stages(ours, theirs).near == {"0": "a", "1": "a", "2": "b", "3": "b"}
    some = [Stage(id="x", label="X", probability=0.9), Stage(id="y", label="Y", probability=1.0)]
    assert match_stages(some, theirs).near == {"x": "a", "y": "b"}, (
        "one side's probabilities say nothing about the other"
    )
