"""How commands speak in a narrow window, and where standard output takes nothing any more."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from sdrbot_skills.cli import administrating, output
from sdrbot_skills.errors import ConfigurationError

COLUMNS = ["field", "label", "kind", "about", "filled"]
NAME = "hs_email_hard_bounce_reason_enum"
ROW = [NAME, "Email hard bounce reason", "choice", "read-only; 3 options", 1200]


@pytest.mark.parametrize("width", [60, 100])
def test_no_cell_is_cut(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(output, "console", Console(file=screen, width=width, highlight=False))
    output.table("Fields", COLUMNS, [ROW])
    shown = screen.getvalue()
    assert "…" not in shown and "1,200" in shown
    assert NAME in shown and "bounce" in shown and "options" in shown
    assert max(len(line) for line in shown.splitlines()) <= width


class _Full(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def test_what_went_wrong_is_still_told_where_standard_output_is_full(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = io.StringIO()
    monkeypatch.setattr(output, "errors", Console(file=told, highlight=False))
    monkeypatch.setattr(sys, "argv", ["crm-migrate", "runs", "--json"])
    monkeypatch.setattr(sys, "stdout", _Full())
    output.complain(ConfigurationError("the plan is not there"))
    assert "the plan is not there" in told.getvalue()


@pytest.mark.parametrize(
    ("cells", "to_the_right"), [(["300", ""], True), ([1200, "1,200 or more"], False), (["", ""], False)]
)
def test_counts_stand_to_the_right_gaps_or_not(
    cells: list[object], to_the_right: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(output, "console", Console(file=screen, width=100, highlight=False))
    output.table("", ["object", "number of records"], [["a", cells[0]], ["b", cells[1]]])
    (row,) = (line for line in screen.getvalue().splitlines() if line.startswith("│ a"))
    assert row.endswith(" │") and (row[-3] != " ") is to_the_right


def test_an_id_is_shown_as_the_next_tool_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(output, "console", Console(file=screen, width=100, highlight=False))
    administrating._show([{"id": 9886334, "name": "Tier"}], json=False)
    assert "9886334" in screen.getvalue()
