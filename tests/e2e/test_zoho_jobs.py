"""Records go into Zoho by jobs where their number is worth one, each bad row is named, and a run killed at any step of a job loses and doubles nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import ceil
from pathlib import Path
from random import Random

import orjson
import pytest

from sdrbot_skills import lab
from sdrbot_skills.crm.zohocrm.capabilities import CAPABILITIES
from sdrbot_skills.engine import read_journal
from sdrbot_skills.lab.processes import Emulator
from tests.e2e import zoho
from tests.e2e.company import Company
from tests.e2e.ends import difference
from tests.e2e.harness import Workspace
from tests.e2e.killing import MOMENTS, VICTIMS, Point, kill_and_resume
from tests.e2e.zoho import Walked

UPLOAD, START, LOOK, RESULT = r"/v8/upload$", r"/bulk/v8/write$", r"/bulk/v8/write/\d+$", r"/bulk-write/"
STEPS = {"upload": UPLOAD, "start": START, "look": LOOK, "result": RESULT}
JOBS = 3
"""One each for companies, contacts and deals."""


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    with lab.running("hubspot", "zohocrm") as labs:
        yield Walked(tmp_path_factory.mktemp("zoho"), *labs, lane="bulk", companies=8, contacts=40, deals=10)


@pytest.mark.long
def test_a_run_killed_before_the_answer_to_a_start_ends_as_one_that_was_not(walked: Walked, tmp_path: Path) -> None:
    _killed(walked, tmp_path, "start", Point("after_commit", "group", 1, 0))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_kills_at_every_step_of_zohos_jobs_lose_and_double_nothing(walked: Walked, tmp_path: Path) -> None:
    chance = Random(2026)
    places = [(step, moment, turn) for step in STEPS for moment in MOMENTS for turn in range(2)]
    for number, (step, moment, turn) in enumerate(places):
        victim = VICTIMS[(number // 2 + number // 8 + 2 * turn) % len(VICTIMS)]
        point = Point(moment, victim, chance.randrange(JOBS), chance.choice((0, 1, 3, 10, 30)))
        resumes = _killed(walked, tmp_path / str(number), step, point)
        print(f"{number:3} {step} {point}: as it should be after {resumes} resumes", flush=True)


def _killed(walked: Walked, folder: Path, step: str, point: Point) -> int:
    workspace = walked.back(folder)
    run = str(workspace.rehearse()["run"])
    workspace.approve(run, "zohocrm")
    resumes = kill_and_resume(workspace, run, point, {"path": STEPS[step]})
    assert difference(zoho.found(workspace.labs["zohocrm"]), zoho.expected(walked.source)) == {}, (step, point)
    workspace.proven(run)
    return resumes


# -- by volume -----------------------------------------------------------------------------------------------------------

CONTACTS = 6_000
WRONG = {
    17: ({"lastname": ""}, "required_missing"),
    4711: ({"lastname": "n" * 81}, "too_long"),
    100: ({"phone": "+41 79/555 0100"}, "invalid_value"),
    5_999: ({"phone": "+41 79/555 5999"}, "invalid_value"),
}
"""By the place of the contact: what is wrong with it, and the rule by which it is named. That a number may have no stroke only Zoho finds out."""
PARTS = ceil(CONTACTS / 25_000), ceil(40 / 100) + ceil(60 / 100)
"""Jobs for the contacts; calls for companies and deals."""


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_go_by_jobs_each_bad_row_is_named_and_the_rest_lands_once(tmp_path: Path) -> None:
    lane = CAPABILITIES.bulk_write
    assert lane is not None and lane.worth_from <= CONTACTS
    with lab.running("hubspot", "zohocrm") as labs:
        walked = Walked(tmp_path / "stage", *labs, furnish=_spoil, companies=40, contacts=CONTACTS, deals=60)
        workspace, target = walked.back(tmp_path / "run"), labs[1]
        run = str(workspace.rehearse()["run"])
        workspace.approve(run, "zohocrm")
        before = target.counters()["credits"]
        workspace.cm("live", run, good=(4,))
        spent = target.counters()["credits"] - before
        ids = walked.source.ids["contacts"]
        with read_journal(workspace.run_folder(run) / "work" / "journal.sqlite") as journal:
            named = {one.source_id: one.rule for one in journal.quarantined()}
        assert named == {ids[number]: rule for number, (_, rule) in WRONG.items()}
        assert _differences(walked, target) == {walked.source.rows["contacts"][number]["email"] for number in WRONG}
        workspace.proven(run)
        _as_forecast(workspace.run_folder(run), spent)


def _spoil(workspace: Workspace, source: Company) -> None:
    for place, (values, _) in WRONG.items():
        workspace.hubspot.update("contacts", source.ids["contacts"][place], values)


def _differences(walked: Walked, target: Emulator) -> set[str]:
    """The addresses of those that did not arrive; everybody and everything else is there, once."""
    there, wanted = zoho.found(target), zoho.expected(walked.source)
    assert (there["accounts"], there["deals"]) == (wanted["accounts"], wanted["deals"])
    assert there["contacts"] - wanted["contacts"] == Counter()
    missing = wanted["contacts"] - there["contacts"]
    assert set(missing.values()) == {1}
    return {one[0] for one in missing}


def _as_forecast(folder: Path, spent: int) -> None:
    """Calls that write as forecast, and the two rows that a job refused once more by a call."""
    told = orjson.loads((folder / "trusted" / "dry.json").read_bytes())["forecast"]["target"]
    taken = _written(folder / "trusted" / "live" / "audit.jsonl")
    print(f"forecast {told['calls']}, {told['spend']:.0f} credits; taken {dict(taken)}, {spent} credits", flush=True)
    jobs, calls = PARTS
    assert told["calls"]["write Contacts by jobs"] == 3 * jobs
    assert taken == {"file_upload": jobs, "file_start": jobs, "create": calls + 1}


def _written(audit: Path) -> Counter[str]:
    entries = [orjson.loads(line) for line in audit.read_bytes().splitlines()]
    return Counter(one["operation"] for one in entries if one["event"] == "intent" and one["operation"] != "link")
