"""An agent's files: two open folders and nothing else."""

from pathlib import Path

import pytest

from sdrbot_skills.agent.workspace import edit_file, inside, list_files, page, read_text, write_file
from sdrbot_skills.errors import Refused


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_reads_writes_and_edits_inside() -> None:
    write_file("files/a/note.txt", "one two")
    edit_file("files/a/note.txt", "two", "three")
    assert read_text("files/a/note.txt", masked=True) == "one three"
    assert list_files() == ["files/a/note.txt"]


@pytest.mark.parametrize(
    "path",
    [".crm-migrate/runs/x", "../secret", "/etc/passwd", ".env", "files/../.env", "files/.hidden", "plan.yaml", "."],
)
def test_everything_else_is_refused(path: str) -> None:
    with pytest.raises(Refused):
        inside(path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "secret").write_text("s")
    (tmp_path / "files" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused):
        read_text("files/link", masked=False)


def test_a_folder_that_is_a_link_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / ".crm-migrate").mkdir()
    (tmp_path / ".crm-migrate" / "key").write_text("s")
    (tmp_path / "files").symlink_to(tmp_path / ".crm-migrate")
    with pytest.raises(Refused):
        read_text("files/key", masked=False)


def test_hidden_files_are_not_listed(tmp_path: Path) -> None:
    write_file("files/seen", "")
    (tmp_path / "files" / ".unseen").write_text("")
    assert list_files() == ["files/seen"]


@pytest.mark.parametrize(
    "path", ["files/migrations/1/report.json", "files/migrations/1/dry-run.json", "files/output/1/rows.csv"]
)
def test_results_for_people_are_not_read_for_a_model(path: str) -> None:
    write_file(path, "Zoltan")
    with pytest.raises(Refused, match="for the person"):
        read_text(path, masked=True)
    assert read_text(path, masked=False) == "Zoltan"


def test_a_long_text_comes_in_pages() -> None:
    text = "".join(str(number % 10) for number in range(25_000))
    first = page(text, 0)
    assert first.startswith(text[:10_000]) and "read on from offset 10000" in first
    assert page(text, 20_000) == text[20_000:]


def test_an_edit_has_to_be_unambiguous() -> None:
    write_file("files/a.txt", "x x")
    with pytest.raises(Refused, match="2 times"):
        edit_file("files/a.txt", "x", "y")
