"""Rate windows as vendors count them: so many units per interval, used up and given back at the interval's end."""

from dataclasses import dataclass

from sdrbot_skills.lab.core.clock import Clock


@dataclass
class Window:
    """`limit` units per `seconds`; `limit` 0 means unlimited (still counted, so that headers can be shown)."""

    clock: Clock
    limit: int
    seconds: float
    used: int = 0
    started: float = 0.0

    def take(self, units: int = 1) -> bool:
        """Use units up; False (and nothing used) where they are not there any more."""
        self._roll()
        if self.limit and self.used + units > self.limit:
            return False
        self.used += units
        return True

    def remaining(self) -> int:
        self._roll()
        return max(0, self.limit - self.used)

    def _roll(self) -> None:
        now = self.clock.now()
        if now - self.started >= self.seconds:
            self.started, self.used = now, 0
