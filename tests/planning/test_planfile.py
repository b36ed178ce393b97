"""The plan's file: round trips, keeps comments, and names the line of what is wrong."""

from pathlib import Path

import pytest

from sdrbot_skills import planning
from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import Plan, Transform
from tests.planning.conftest import propose
from tests.planning.fakes import FakeCrm


@pytest.fixture
def file(plan: Plan, tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    planning.save_plan(plan, path)
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_plan_comes_back_as_it_was(plan: Plan, file: Path) -> None:
    assert planning.load_plan(file) == plan
    assert planning.load_plan(file).digest() == plan.digest()


def test_it_explains_itself_and_is_short(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# Migration plan")
    assert "- {from: email, to: Email, confidence: 0.99, reason: the same standard field}" in text
    assert "null" not in text


def test_comments_and_the_order_of_keys_survive_an_answer(plan: Plan, file: Path) -> None:
    edit(file, "- {from: email, to: Email", "# asked Ann about this\n      - {from: email, to: Email")
    edit(file, "    target: Opportunity\n", "    target: Opportunity  # not Quote\n")
    answered = planning.answer(planning.load_plan(file), "contacts.create.fields", "create")
    planning.save_plan(planning.answer(answered, "deals.blank.CloseDate", "days_after createdate 90"), file)
    text = file.read_text(encoding="utf-8")
    assert "# asked Ann about this\n      - {from: email, to: Email" in text
    assert "target: Opportunity  # not Quote" in text
    assert planning.load_plan(file).objects["contacts"].mapping("Customer_tier__c") is not None


def test_saving_what_is_there_changes_no_byte(plan: Plan, file: Path) -> None:
    before = file.read_bytes()
    planning.save_plan(planning.load_plan(file), file)
    assert file.read_bytes() == before


def test_comments_stay_with_their_entry_when_others_come_and_go(plan: Plan, file: Path) -> None:
    edit(
        file,
        "- {from: phone, to: Phone, confidence: 0.99, reason: the same standard field}\n      - {from: mobilephone",
        "# the phone\n      - {from: phone, to: Phone, confidence: 0.99, reason: the same standard field}\n      - {from: mobilephone",
    )
    changed = planning.load_plan(file)
    contacts = changed.objects["contacts"]
    contacts.fields = [one for one in contacts.fields if one.target not in ("FirstName", "Title")]
    planning.save_plan(changed, file)
    text = file.read_text(encoding="utf-8")
    assert "# the phone\n      - {from: phone, to: Phone" in text
    assert planning.load_plan(file) == changed


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("otherwise: truncate", "otherwise: shorten", r"line \d+: objects.deals.fields.\d.otherwise: .*truncate"),
        ("compare: email}], when_found", "compare: email}], when_fuond", r"line \d+: objects.contacts.match.when_fuond: there is no such setting"),
        ("version: 1", "version: 2", r"line \d+: version"),
        ("    target: Opportunity\n", "", r"objects.deals.target: this must be there"),
        ("objects:", "objects: [", r"line \d+: this is not YAML"),
        ("  connection: salesforce\n", "  connection: salesforce\n  connection: salesforce\n", r"line \d+: this is not YAML.*duplicate"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_its_line(file: Path, old: str, new: str, expected: str) -> None:
    edit(file, old, new)
    with pytest.raises(PlanInvalid, match=f"(?s){expected}"):
        planning.load_plan(file)


def test_the_line_is_the_right_one(file: Path) -> None:
    edit(file, "otherwise: truncate", "otherwise: shorten")
    lines = file.read_text(encoding="utf-8").splitlines()
    number = next(number for number, line in enumerate(lines, 1) if "otherwise: shorten" in line)
    with pytest.raises(PlanInvalid, match=f"line {number}:"):
        planning.load_plan(file)


def test_a_file_that_is_not_a_plan_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("just words", encoding="utf-8")
    with pytest.raises(PlanInvalid, match="does not hold a plan"):
        planning.load_plan(path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        planning.load_plan(tmp_path / "none.yaml")


def test_text_that_yaml_takes_for_something_else_comes_back_as_text(hub: FakeCrm, org: FakeCrm, tmp_path: Path) -> None:
    plan = propose(hub, org, ["contacts"])
    mapping = plan.objects["contacts"].mapping("OwnerId")
    assert mapping is not None
    mapping.value_map = {"1": "2", "no": "yes", "005": "1e3", "a: b": "# c", "": "null", "2026-01-01": None}
    mapping.transform = Transform(name="join", settings={"separator": "\n"})
    planning.save_plan(plan, tmp_path / "plan.yaml")
    assert planning.load_plan(tmp_path / "plan.yaml") == plan


def test_days_and_times_may_be_written_without_quotes(hub: FakeCrm, org: FakeCrm, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    planning.save_plan(propose(hub, org, ["contacts"], "createdate >= 2026-01-01"), path)
    edit(path, "'2025-12-31T23:00:00.000Z'", "2026-01-01")
    assert planning.load_plan(path).objects["contacts"].filter[0].value == "2026-01-01"
    edit(path, "value: 2026-01-01", "value: 2026-01-01 10:00:00")
    assert planning.load_plan(path).objects["contacts"].filter[0].value == "2026-01-01T10:00:00.000Z"


def test_a_value_map_that_an_answer_makes_long_is_still_yaml(plan: Plan, file: Path) -> None:
    """A map on one line grew past the line's width; the file was wrapped inside of "Needs Analysis" and could not be read again."""
    saved = planning.load_plan(file)
    word, entry = next(iter(saved.objects.items()))
    stages = {f"{number} Needs Careful Analysis By Somebody Else": "appointmentscheduled" for number in range(9)}
    for pairs in (dict(list(stages.items())[:2]), stages):
        fields = [entry.fields[0].model_copy(update={"value_map": pairs}), *entry.fields[1:]]
        objects = {**saved.objects, word: entry.model_copy(update={"fields": fields})}
        planning.save_plan(saved.model_copy(update={"objects": objects}), file)
        assert planning.load_plan(file).objects[word].fields[0].value_map == pairs
