"""The arithmetic on figures, and what is said about them."""

import pytest

from sdrbot_skills.bench.aims import judge
from sdrbot_skills.bench.figures import Figures, least_calls
from sdrbot_skills.bench.product import rate_used
from sdrbot_skills.bench.report import document


def _figures(**changes: object) -> Figures:
    given: dict[str, object] = {
        "way": "hubspot to salesforce",
        "records": 20_000,
        "span": 1.0,
        "cpu": {"script": 1.0, "broker": 0.2, "emulators": 1.0},
        "start": {"script": 0.5, "broker": 0.5},
        "peak": {"script": 80 * 1024**2, "broker": 60 * 1024**2},
        "calls": {"hubspot": 200, "salesforce": 104},
        "least_calls": 300,
    }
    return Figures(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "target", "images", "calls"),
    [
        ("hubspot", "salesforce", False, 1001 + 501),
        ("salesforce", "hubspot", False, 51 + 1001),
        ("hubspot", "salesforce", True, 1001 + 501 + 51),
    ],
)
def test_least_calls_are_full_pages_and_full_batches(source: str, target: str, images: bool, calls: int) -> None:
    assert least_calls(source, target, 100_001, images=images) == calls


def test_figures_are_per_record() -> None:
    figures = _figures()
    assert figures.rate == 20_000
    assert figures.micros("script") == pytest.approx(50)
    assert figures.calls_per_thousand == pytest.approx(15.2)


def _said(name: str, *found: Figures) -> str:
    return next(line for line in judge(found) if line.startswith(f"**{name}**"))


def test_an_aim_that_is_met_says_so() -> None:
    assert _said("Processor time of the broker", _figures()).endswith("Met.")


def test_an_aim_that_is_missed_says_by_how_much_where_and_why() -> None:
    slow = _figures(way="salesforce to hubspot", cpu={"script": 1.0, "broker": 0.6, "emulators": 1.0})
    line = _said("Processor time of the broker", _figures(), slow)
    assert "10.0 to 30.0" in line
    assert "1 of 2 measurements fall short, the furthest by 15 µs/record (salesforce to hubspot, 20,000 records" in line
    assert line.endswith("HTTP in and out.")


def test_rates_at_vendors_limits_do_not_count_as_slow() -> None:
    limited = _figures(span=100.0, conditions="vendors' limits", rate_used=0.95)
    assert _said("Creates and upserts", _figures(), limited).endswith("Met.")
    assert "95.0" in _said("Share of the allowed rate", _figures(), limited)


def test_the_share_of_the_rate_is_of_the_time_in_which_hubspot_was_called() -> None:
    reads = [{"event": "read", "connection": "hubspot", "at": 10.0 + number / 15.2} for number in range(153)]
    others = [{"event": "intent", "connection": "salesforce", "at": at} for at in (5.0, 60.0)]
    assert rate_used([*others, *reads], "hubspot", 0.8) == pytest.approx(1.0)


def test_updates_have_an_aim_of_their_own() -> None:
    updates = _figures(way="hubspot to salesforce, updates", span=20_000 / 7_000)
    assert _said("Updates with before-images", updates).endswith("Met.")
    assert not [line for line in judge([updates]) if line.startswith("**Creates")]


def test_the_page_has_both_tables_and_names_the_command() -> None:
    quick = Figures("one call per record", 2_000, span=4.0, cpu={"script": 2.0, "emulators": 1.0})
    page = document([_figures(), quick], "crm-migrate bench", 0.4)
    assert "`crm-migrate bench` on 2 cores. The load average was 0.4:" in page
    assert (
        "| hubspot to salesforce | 20,000 | no limits | 20,000 | 50 | 10 | 50 | 1.0 s | 140 MiB | 15.2 (15.0) | - | 0 |"
        in page
    )
    assert "| one call per record | 2,000 | 500 |" in page
