"""Waiting for a vendor: short pauses are waited out, long ones stop the run in good order."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from sdrbot_skills.errors import Paused, RateLimited, ReauthenticateNeeded, Retriable

Answer = TypeVar("Answer")

ATTEMPTS = 6
LONGEST_WAIT = 300.0
LONGEST_BACKOFF = 60.0
SOME_TIME = 900.0


class Patience:
    """How calls are repeated. `stop` ends every wait at once when another thread has failed."""

    def __init__(self, wait: Callable[[float], object] | None = None) -> None:
        self.stop = threading.Event()
        self._wait = wait or self.stop.wait

    def call(self, send: Callable[[], Answer]) -> Answer:
        """What `send()` answers, sent again after a pause while it raises `Retriable`.

        Raises `Paused` for a spent daily allowance, a pause of more than five minutes, a vendor that keeps failing, or an account that
        must be connected again; the run goes on from its journal later. Every other error goes up as it is.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return send()
            except ReauthenticateNeeded as error:
                raise Paused(f"{error} The run goes on once that is done.") from error
            except RateLimited as error:
                self._pause_for(error, attempt)
            except Retriable as error:
                if attempt >= ATTEMPTS:
                    raise Paused(f"Tried {attempt} times: {error}", until=time.time() + SOME_TIME) from error
                self._wait(min(LONGEST_BACKOFF, 2.0 ** (attempt - 1)) * random.uniform(0.75, 1.25))

    def pause(self, round_number: int) -> None:
        """Wait a little before another round of what was put off; longer each time."""
        self._wait(min(LONGEST_BACKOFF, 2.0**round_number))

    def rest(self, seconds: float) -> None:
        """Wait between two looks at something that takes its time."""
        self._wait(seconds)

    def _pause_for(self, error: RateLimited, attempt: int) -> None:
        if error.daily or error.retry_after > LONGEST_WAIT or attempt >= 10 * ATTEMPTS:
            raise Paused(str(error), until=time.time() + max(error.retry_after, 1.0)) from error
        self._wait(max(error.retry_after, 0.05))
