"""Every attempt to get out of the sandbox fails here, and the attempts are worth something: without the sandbox they succeed."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from sdrbot_skills.sandbox import bpf, doctor, escapes
from sdrbot_skills.sandbox.escapes import ATTEMPTS, Report
from tests.sandbox.ordinary_user import run_as_ordinary_user

ALLOW_ALL = struct.pack("<HBBI", bpf.RETURN, 0, 0, bpf.ALLOW)

# Harmless when they succeed, so they can be tried without any sandbox.
HARMLESS = [
    "read a secret file",
    "read another process's environment",
    "see other processes",
    "leave a set-user-id file (chmod)",
    "open an IPv6 socket",
    "open a netlink socket",
    "connect to a service on loopback",
    "connect to an abstract socket",
    "connect to another run's broker",
    "kernel: an anonymous memory file",
    "signal a host process",
    "fork",
    "start a program (subprocess)",
    "start a program (posix_spawn)",
]


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    return {report.name: report for report in doctor.try_to_escape()}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_stays_inside(name: str, reports: dict[str, Report]) -> None:
    assert reports[name].held, reports[name].detail


def test_the_attempts_succeed_without_a_sandbox() -> None:
    with doctor._bait() as (bait, folder):
        script = Path(escapes.__file__).read_text().replace("/work/", f"{folder}/work/")
        done = subprocess.run(
            [sys.executable, "-c", script, json.dumps(bait), json.dumps(HARMLESS)],
            capture_output=True,
            text=True,
            check=False,
        )
    out = {report.name for report in doctor._reports(done.stdout.splitlines()) if not report.held}
    assert sorted(out) == sorted(HARMLESS), done.stderr


def test_without_filter_a_attempts_get_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpf, "filter_a", lambda machine: ALLOW_ALL)
    escaped = {report.name for report in doctor.try_to_escape() if not report.held}
    assert {
        "fork",
        "open an IPv6 socket",
        "kernel: an anonymous memory file",
        "leave a set-user-id file (chmod)",
    } <= escaped


def test_without_filter_b_programs_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bpf, "filter_b", lambda machine: ALLOW_ALL)
    escaped = {report.name for report in doctor.try_to_escape() if not report.held}
    assert escaped == {"kernel: outlive the launcher", "become another program (execve)"}


def test_an_unreported_attempt_counts_as_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ATTEMPTS, "something the script does not know", lambda bait: None)
    assert [report.name for report in doctor.try_to_escape() if not report.held] == [
        "something the script does not know"
    ]


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_everything_here_again_as_an_ordinary_user() -> None:
    done = run_as_ordinary_user(
        "-m", "pytest", "tests/sandbox", "-q", "--no-header", "-p", "no:cacheprovider", "-m", "not root"
    )
    assert done.returncode == 0, done.stdout + done.stderr
