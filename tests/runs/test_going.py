"""Whether a run's process is alive."""

import os
import sys
import time
from pathlib import Path

import pytest

from sdrbot_skills.runs import going
from sdrbot_skills.runs.directory import RunDirectory

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory(tmp_path / "20260101-000000-abcd")


def test_a_process_without_a_command_line_is_alive_until_it_has_ended(
    run: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the start of a process and its command line lies a moment in which it was taken for gone, and the run for failed."""
    monkeypatch.setattr(Path, "read_bytes", lambda _: b"")
    assert going._is_worker(os.getpid(), run)


def test_a_process_that_ended_and_was_not_fetched_is_gone(run: RunDirectory) -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    try:
        deadline = time.monotonic() + 10
        while going._is_worker(pid, run) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert not going._is_worker(pid, run)
    finally:
        os.waitpid(pid, 0)


def test_another_process_of_the_same_number_is_not_the_worker(run: RunDirectory) -> None:
    assert not going._is_worker(os.getpid(), run)
