"""A place to run scripts in, and a one-line way to run them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sdrbot_skills.sandbox import Limits, Outcome, SandboxProcess, SandboxRequest, launch, unavailable

DEADLINE = 60.0


@dataclass
class Room:
    """The folders of one sandbox."""

    path: Path
    started: list[SandboxProcess]

    @property
    def work(self) -> Path:
        return self.path / "work"

    def request(self, script: str, **wanted: object) -> SandboxRequest:
        given = {
            "socket_dir": self.path / "broker",
            "work_dir": self.work,
            "sealed_dir": self.path / "sealed",
            **wanted,
        }
        return SandboxRequest(script=textwrap.dedent(script).encode(), **given)  # type: ignore[arg-type]

    def start(self, script: str, **wanted: object) -> SandboxProcess:
        process = launch(self.request(script, **wanted))
        self.started.append(process)
        return process

    def run(self, script: str, limits: Limits | None = None, **wanted: object) -> tuple[Outcome, list[str]]:
        process = self.start(script, limits=limits or Limits(), **wanted)
        lines = [line.text for line in process.lines()]
        return process.wait(DEADLINE), lines


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    for name in ("broker", "work", "sealed"):
        (tmp_path / name).mkdir(mode=0o700)
    made = Room(tmp_path, [])
    yield made
    for process in made.started:
        process.stop(grace=0)


@pytest.fixture(autouse=True)
def _needs_a_sandbox() -> None:
    reason = unavailable()
    if reason is not None:
        pytest.skip(reason)


Runner = Callable[..., tuple[Outcome, list[str]]]
