"""Moments as people tell them."""

from __future__ import annotations

import time


def when(moment: float, now: float | None = None) -> str:
    """A moment as people say it: the day, the time, and how long it is until then."""
    minutes = max(0, round((moment - (time.time() if now is None else now)) / 60))
    hours, rest = divmod(minutes, 60)
    span = f"{hours} h {rest} min" if hours else f"{rest} min"
    return f"on {time.strftime('%A %d %B, %H:%M', time.localtime(moment))} (in {span})"
