"""What strikes the CRM in memory, and when: lost answers, pauses, refused batches, and the death of the program at any call."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field

from sdrbot_skills.errors import RateLimited


class Killed(BaseException):
    """The program dies here; nothing it does afterwards counts."""


@dataclass
class Faults:
    """Which misfortunes strike, by probability per call or row, from one seed. `kill_at`: the call at which the program dies."""

    seed: int = 0
    lose_answer: float = 0.0
    lose_start: float = 0.0
    retriable: float = 0.0
    batch_rejected: float = 0.0
    row_put_off: float = 0.0
    unanswered: float = 0.0
    shuffle: bool = True
    commit_late: float = 0.0
    job_fails: float = 0.0
    kill_at: int | None = None
    daily_limit_at: int | None = None
    calls: int = 0
    dead: bool = False
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def strikes(self, probability: float) -> bool:
        return self.random.random() < probability


class Fate:
    """The one program under test: when it is dead, every CRM it talks to and its journal refuse it."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.lock = threading.RLock()

    def step(self, *, arriving: bool = False) -> None:
        """`arriving`: a request, which a spent allowance turns away; its answer is not turned away any more."""
        with self.lock:
            if self.faults.dead:
                raise Killed
            self.faults.calls += 1
            if self.faults.kill_at is not None and self.faults.calls >= self.faults.kill_at:
                self.faults.dead = True
                raise Killed
            if arriving and self.faults.daily_limit_at is not None and self.faults.calls >= self.faults.daily_limit_at:
                self.faults.daily_limit_at = None
                raise RateLimited("The day's allowance is spent.", 3600, daily=True)
