"""A tiny measurement for real, and the command around it."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from sdrbot_skills.bench import measuring
from sdrbot_skills.bench.comparisons import OTHERS, compare
from sdrbot_skills.bench.figures import Figures
from sdrbot_skills.bench.labs import labs
from sdrbot_skills.bench.measuring import Wish
from sdrbot_skills.bench.peers import environments
from sdrbot_skills.bench.product import migrate
from sdrbot_skills.bench.stage import Stage
from sdrbot_skills.cli import app
from sdrbot_skills.errors import ConfigurationError, MigrationError

RECORDS = 40
A_FEW = [one for one in OTHERS if one.program in ("back_in_memory", "one_by_one")]


@pytest.mark.long
def test_a_tiny_measurement_there_and_beside(tmp_path: Path) -> None:
    with labs(RECORDS) as accounts:
        stage = Stage(tmp_path, accounts.all())
        # As updates go: without the schema run before, which e2e tests walk too and which takes half of the time.
        product = migrate(stage, accounts.hubspot, accounts.salesforce, RECORDS, update=True)
        others = list(compare(accounts, stage, RECORDS, wait=0.1, others=A_FEW))
    assert not any(product.problems.values())
    assert product.span > 0
    assert product.cpu["script"] > 0 or product.start["script"] > 0
    assert product.peak["broker"] > 1024**2
    assert product.calls["hubspot"] >= 1
    assert product.calls["salesforce"] >= 1
    assert product.least_calls == 3
    assert [one.way for one in others] == [one.way for one in A_FEW]
    assert [one.problems for one in others] == [{"lost": 0}] * 2
    assert others[0].calls["hubspot-back"] == 1
    assert others[1].calls["salesforce"] >= RECORDS


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_whole_measurement_with_keys_updates_and_other_tools(tmp_path: Path) -> None:
    try:
        pythons = environments.pythons(print)
    except ConfigurationError as error:
        pytest.skip(f"without a package index there are no other tools to compare: {error}")
    there, back, updates, *others = measuring.measure(Wish((RECORDS,), False, pythons=pythons), tmp_path, print)
    assert [one.way for one in others] == [one.way for one in OTHERS]
    assert [one.problems for one in others] == [{"lost": 0}] * len(others)
    assert (there.way, back.way) == ("hubspot to salesforce", "salesforce to hubspot")
    assert updates.way.endswith("updates") and updates.calls["salesforce"] > there.least_calls


def test_figures_of_a_wrong_result_are_none() -> None:
    wrong = Figures("hubspot to salesforce", 40, problems={"lost": 1, "duplicated": 0})
    with pytest.raises(MigrationError, match="lost"):
        measuring.checked(wrong)


def test_the_command_writes_the_page_and_speaks_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes: list[Wish] = []

    def measured(wish: Wish, folder: Path, say: object) -> list[Figures]:
        wishes.append(wish)
        return [Figures("hubspot to salesforce", 40, span=1.0, least_calls=2, calls={"hubspot": 2})]

    monkeypatch.setattr(measuring, "measure", measured)
    page = tmp_path / "performance.md"
    ended = CliRunner().invoke(app, ["bench", "--records", "40", "--no-limits", "--json", "--write", str(page)])
    assert ended.exit_code == 0, ended.output
    assert wishes == [Wish((40,), vendor_limits=False)]
    assert orjson.loads(ended.stdout)["measurements"][0]["records_per_second"] == 40
    assert page.read_text().startswith("# Performance")
