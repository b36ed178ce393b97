"""The folders of sockets: none stays behind a broker, and nothing else is ever cleared."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sdrbot_skills.broker.folders import clear_leftovers, private_folder
from sdrbot_skills.broker.launch import start
from sdrbot_skills.errors import ReauthenticateNeeded
from tests.broker.conftest import Brokers
from tests.broker.recorder import Recorder


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # a short path: a socket's may have 108 bytes
        monkeypatch.setattr(tempfile, "tempdir", folder)
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def _aged(folder: Path) -> Path:
    os.utime(folder, (1, 1))
    return folder


def test_only_what_a_killed_broker_left_is_cleared(temporary: Path) -> None:
    """Thousands of empty folders were found in /tmp."""
    empty, killed, fresh, used, alive, other = (
        temporary / name
        for name in ("crm-broker-a", "crm-broker-b", "crm-broker-c", "crm-control-d", "crm-broker-e", "another")
    )
    for folder in (empty, killed, fresh, used, alive, other):
        folder.mkdir(mode=0o700)
    (used / "file").write_text("kept")
    (temporary / "crm-broker-link").symlink_to(used)
    with (
        closing(socket.socket(socket.AF_UNIX)) as dead,
        closing(socket.socket(socket.AF_UNIX)) as listening,
    ):
        dead.bind(str(killed / "broker.sock"))
        dead.close()
        listening.bind(str(alive / "broker.sock"))
        listening.listen()
        for folder in (empty, killed, used, alive, other):
            _aged(folder)
        clear_leftovers()
    assert sorted(one.name for one in temporary.iterdir()) == [
        "another", "crm-broker-c", "crm-broker-e", "crm-broker-link", "crm-control-d",
    ]  # fmt: skip
    assert (used / "file").read_text() == "kept"


def test_a_folder_that_is_not_ours_stays(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = _aged(private_folder("crm-broker-"))
    monkeypatch.setattr(os, "geteuid", lambda: theirs.stat().st_uid + 1)
    clear_leftovers()
    assert theirs.exists()


def test_a_broker_takes_its_folder_with_it(brokers: Brokers, upstream: Recorder, temporary: Path) -> None:
    spec = brokers.spec().model_copy(update={"socket": None})
    with start(spec) as handle:
        assert handle.socket.parent.parent == temporary
    assert list(temporary.rglob("*")) == []
    upstream.json("GET", "/account-info/v3/details", 401, {"message": "no"})
    with pytest.raises(ReauthenticateNeeded):
        start(spec)
    assert list(temporary.iterdir()) == []
