"""Processor time is read from processes that really spent it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from sdrbot_skills.bench.watching import Usage, Watch, cpu_of

BUSY = "import time; end = time.process_time() + 0.3\nwhile time.process_time() < end: pass\nprint('spent', flush=True); time.sleep(60)"


def _spent(command: list[str]) -> tuple[list[Usage], float]:
    process = subprocess.Popen([*command, sys.executable, "-c", BUSY], stdout=subprocess.PIPE, start_new_session=True)
    watch = Watch(process.pid)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"spent\n"
        deadline = time.monotonic() + 20
        while not any(one.cpu and one.cpu[-1][1] >= 0.3 and one.peak for one in watch.seen()):
            assert time.monotonic() < deadline, "the watch never saw the processor time"
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        ended = time.time()
        found = watch.stop()
    return found, ended


def test_a_process_and_its_child_are_watched() -> None:
    found, ended = _spent(["timeout", "60"])
    busy = max(found, key=lambda one: one.cpu_between(0, ended))
    assert busy.cpu_between(0, ended) >= 0.3
    assert busy.peak > 1024**2


def test_time_before_the_window_is_not_in_it() -> None:
    usage = Usage("script", [(1.0, 0.5), (2.0, 0.8), (3.0, 1.4)])
    assert usage.cpu_between(2.0, 3.5) == pytest.approx(0.6)
    assert usage.cpu_between(0.0, 2.5) == pytest.approx(0.8)


def test_a_process_that_is_gone_is_an_os_error() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with pytest.raises(OSError):
        cpu_of(ended.pid)
