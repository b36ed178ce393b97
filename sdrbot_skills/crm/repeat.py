"""Asking again: requests whose repetition is harmless, and looks at what a CRM shows with some delay."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sdrbot_skills.errors import RateLimited, Retriable

Answer = TypeVar("Answer")

ATTEMPTS = 5
LONGEST_PAUSE = 30.0
LONGEST_LOOK = 3.0
"""Seconds between two looks."""


def repeated(send: Callable[[], Answer], attempts: int = ATTEMPTS) -> Answer:
    """What `send()` answers, trying up to `attempts` times while it raises `Retriable`.

    The pause is the vendor's own where it names one, else 0.25, 0.5, 1, ... seconds with some spread. A daily limit and a pause of more
    than half a minute are not waited for here: they are the run's business, so the error goes up at once. The last error goes up as it is.
    """
    for attempt in range(1, attempts + 1):
        try:
            return send()
        except Retriable as error:
            pause = _pause(error, attempt)
            if attempt == attempts or pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("unreachable: the last attempt returns or raises")


def seen(look: Callable[[], Answer | None], seconds: float) -> Answer | None:
    """What `look()` sees, looking again with growing pauses until it sees something; None where that takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    pause = 0.2
    while (found := look()) is None and time.monotonic() <= deadline:
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_LOOK)
    return found


def _pause(error: Retriable, attempt: int) -> float | None:
    if isinstance(error, RateLimited):
        return None if error.daily or error.retry_after > LONGEST_PAUSE else max(error.retry_after, 0.05)
    return float(0.25 * 2 ** (attempt - 1) * random.uniform(0.75, 1.25))
