"""The host reads what a script left behind, and is led nowhere."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

import pytest

from sdrbot_skills.errors import Refused
from sdrbot_skills.sandbox import copy_untrusted, read_untrusted, read_untrusted_tail
from tests.sandbox.conftest import Room


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text("secret")
    return path


@pytest.fixture
def work(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    (path / "reports").mkdir(parents=True)
    (path / "reports" / "report.json").write_text("{}")
    return path


def refused(work: Path, name: str, limit: int = 1000) -> str:
    with pytest.raises(Refused) as caught:
        read_untrusted(work, name, limit)
    assert caught.value.code == "untrusted_file"
    return str(caught.value)


def test_a_plain_file(work: Path) -> None:
    assert read_untrusted(work, "reports/report.json", 1000) == b"{}"


def test_a_missing_file_is_missing(work: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_untrusted(work, "reports/none.json", 1000)


def test_a_link_to_a_host_file(work: Path, secret: Path) -> None:
    (work / "report.json").symlink_to(secret)
    assert "link" in refused(work, "report.json")


def test_a_link_on_the_way(work: Path, secret: Path) -> None:
    (work / "folder").symlink_to(secret.parent)
    refused(work, "folder/secret")


def test_a_link_that_stays_inside(work: Path) -> None:
    (work / "report.json").symlink_to("reports/report.json")
    refused(work, "report.json")


@pytest.mark.parametrize("name", ["../secret", "reports/../../secret", "/etc/passwd", "", ".", "a\0b"])
def test_names_that_lead_out(work: Path, secret: Path, name: str) -> None:
    refused(work, name)


def test_a_hard_link(work: Path, secret: Path) -> None:
    os.link(secret, work / "linked")
    assert "second name" in refused(work, "linked")


def test_a_pipe_does_not_hold_us_up(work: Path) -> None:
    os.mkfifo(work / "pipe")
    assert "plain file" in refused(work, "pipe")


def test_a_socket_and_a_folder(work: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(work / "socket"))
        refused(work, "socket")
    refused(work, "reports")


def test_a_file_that_is_too_large(work: Path) -> None:
    (work / "large").write_bytes(b"x" * 1001)
    assert "1000 bytes" in refused(work, "large")
    with pytest.raises(Refused):
        copy_untrusted(work, "large", work.parent / "copy", 1000)
    assert not (work.parent / "copy").exists()


def test_a_copy_is_private(work: Path) -> None:
    copy = work.parent / "copy"
    assert copy_untrusted(work, "reports/report.json", copy, 1000) == 2
    assert copy.read_bytes() == b"{}"
    assert copy.stat().st_mode & 0o777 == 0o600


def test_the_tail_of_a_long_file_is_whole_lines(work: Path) -> None:
    (work / "events.jsonl").write_text("".join(f"{number:03}\n" for number in range(100)) + "half-wri")
    assert read_untrusted_tail(work, "events.jsonl", limit=21) == ["097", "098", "099"]
    assert len(read_untrusted_tail(work, "events.jsonl")) == 100
    assert read_untrusted_tail(work, "none.jsonl") == []


def test_the_tail_of_a_link_is_refused(work: Path, secret: Path) -> None:
    (work / "events.jsonl").symlink_to(secret)
    with pytest.raises(Refused):
        read_untrusted_tail(work, "events.jsonl")


def test_names_exchanged_while_we_read(work: Path, secret: Path) -> None:
    """A folder that is swapped for a link to the host again and again never yields the host's file."""
    (work / "there").mkdir()
    (work / "there" / "secret").write_text("harmless")
    (work / "link").symlink_to(secret.parent)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for one, other in (("there", "aside"), ("link", "there"), ("there", "link"), ("aside", "there")):
                (work / one).rename(work / other)

    thread = threading.Thread(target=swap)
    thread.start()
    seen = set()
    try:
        for _ in range(2000):
            try:
                seen.add(read_untrusted(work, "there/secret", 1000))
            except (Refused, FileNotFoundError):
                continue
    finally:
        stop.set()
        thread.join()
    assert seen <= {b"harmless"}


def test_what_a_script_plants(room: Room, secret: Path) -> None:
    room.run(f"import os; os.symlink({str(secret)!r}, '/work/report.json')")
    assert (room.work / "report.json").read_text() == "secret"  # what a careless reader would have shown
    refused(room.work, "report.json")
