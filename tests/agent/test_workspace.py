"""An agent's files: two open folders and nothing else."""

from pathlib import Path

import pytest

from sdrbot_skills.agent.workspace import edit_file, inside, read_file, write_file
from sdrbot_skills.errors import Refused


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_reads_writes_and_edits_inside() -> None:
    write_file("files/a/note.txt", "one two")
    edit_file("files/a/note.txt", "two", "three")
    assert read_file("files/a/note.txt") == "one three"


@pytest.mark.parametrize(
    "path", [".crm-migrate/runs/x", "../secret", "/etc/passwd", ".env", "files/../.env", "files/.hidden", "plan.yaml"]
)
def test_everything_else_is_refused(path: str) -> None:
    with pytest.raises(Refused):
        inside(path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "secret").write_text("s")
    (tmp_path / "files" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Refused):
        read_file("files/link")


def test_an_edit_has_to_be_unambiguous() -> None:
    write_file("files/a.txt", "x x")
    with pytest.raises(Refused, match="2 times"):
        edit_file("files/a.txt", "x", "y")
