"""A worker without a process of its own, which costs a second: its work is done in this one as soon as it has leave."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sdrbot_skills.runs import worker
from sdrbot_skills.runs.directory import RunDirectory


class AtOnce:
    """What whoever starts a run has of its worker."""

    def __init__(self, run: RunDirectory) -> None:
        self._run = run
        self.pid = os.getpid()

    def go(self) -> None:
        worker.work(self._run)


@contextmanager
def at_once(run: RunDirectory) -> Iterator[AtOnce]:
    """In place of `runs.leave.beginning`."""
    yield AtOnce(run)
