"""Pacing in the vendor's own currency: one bucket per allowance of an account, corrected by what the answers' headers say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sdrbot_skills.broker.policy import Rate
from sdrbot_skills.broker.reset import counted, opens_in
from sdrbot_skills.broker.shared_pace import SharedPace

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]
_BURST = 0.05
_ROUNDING = 1e-6
_DAY = 86400.0
_PROBE_SECONDS = 3600.0


class PauseTooLong(Exception):
    """The wait would be longer than a request may be held; it goes back to the caller with `seconds`."""

    def __init__(self, seconds: float, *, daily: bool) -> None:
        super().__init__(f"{seconds:.0f} s")
        self.seconds = seconds
        self.daily = daily


class Bucket:
    """A token bucket that never lets through more than `share` of `amount` in any window of `seconds`.

    The burst is a small part of the window's allowance and the refill the rest, so that burst plus refill stays inside it.
    """

    def __init__(self, rate: Rate, share: float, *, known: bool, clock: Clock) -> None:
        self._clock = clock
        self._share = share
        self._known = known
        self._paused_until = 0.0
        self._tokens = 0.0
        self._filled_at = clock()
        self._set(rate.amount, rate.seconds)
        self._tokens = self._burst

    def wait(self) -> float:
        """Seconds until one more call may leave."""
        now = self._clock()
        if now < self._paused_until:
            return self._paused_until - now
        if not self._known:
            return 0.0
        self._fill(now)
        missing = 1 - self._tokens
        return missing / self._refill if missing > _ROUNDING else 0.0

    def take(self) -> None:
        """Count a call that leaves now."""
        self._tokens -= 1

    def learn(self, amount: float, remaining: float | None, seconds: float) -> None:
        """Take over what the vendor says; `remaining` also counts what other programs used."""
        if (amount, seconds) != (self._amount, self._seconds) or not self._known:
            self._set(amount, seconds)
            self._tokens = min(self._tokens, self._burst) if self._known else self._burst
        self._known = True
        if remaining is not None:
            self._tokens = min(self._tokens, max(0.0, remaining))

    def pause(self, seconds: float) -> None:
        """The vendor said no: nothing leaves for so long."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)
        self._tokens = 0.0

    @property
    def paused_for(self) -> float:
        """Seconds of a pause that are left."""
        return max(0.0, self._paused_until - self._clock())

    def state(self) -> dict[str, float | bool]:
        """What other brokers of the account need to know."""
        return {
            "amount": self._amount,
            "seconds": self._seconds,
            "known": self._known,
            "tokens": self._tokens,
            "filled_at": self._filled_at,
            "paused_until": self._paused_until,
        }

    def take_over(self, state: Mapping[str, Any]) -> None:
        """What another broker has left; older than a window it says nothing any more, except when a pause ends."""
        now = self._clock()
        self._paused_until = max(self._paused_until, float(state["paused_until"]))
        if state["known"] and 0 <= now - state["filled_at"] <= state["seconds"]:
            self._known = True
            self._set(state["amount"], state["seconds"])
            self._tokens, self._filled_at = min(state["tokens"], self._burst), state["filled_at"]

    def _set(self, amount: float, seconds: float) -> None:
        self._amount, self._seconds = amount, seconds
        allowed = max(1.0, amount * self._share)
        self._burst = max(1.0, amount * _BURST) if allowed >= 2 else 1.0
        self._refill = max(allowed - self._burst, allowed / 2) / seconds

    def _fill(self, now: float) -> None:
        self._tokens = min(self._burst, self._tokens + max(0.0, now - self._filled_at) * self._refill)
        self._filled_at = now


class Pacer:
    """All allowances of one account. `known` is False for a lab until its headers show limits: then nothing is held back.

    Brokers of the same account on this machine keep one common state in `shared`, so that together they stay within it. `clock`: epoch seconds.
    `zone`: the account's time zone. While the vendor's day is spent, one call an hour is let through all the same: whoever happens to ask finds out
    that the day has opened sooner, and then it is open for everybody.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate],
        share: float,
        *,
        known: bool,
        clock: Clock = time.time,
        sleep: Sleep = asyncio.sleep,
        shared: SharedPace | None = None,
        zone: str | None = None,
    ) -> None:
        self._shared = shared or SharedPace(None)
        self._zone = zone
        self._rates = rates
        self._share = share
        self._clock = clock
        self._sleep = sleep
        self._buckets = {
            name: Bucket(rate, share, known=known, clock=clock) for name, rate in rates.items() if rate.seconds < _DAY
        }
        self._day = next((rate for rate in rates.values() if rate.seconds >= _DAY), None)
        self._day_amount = self._day.amount if self._day else 0.0
        self._spent: dict[str, int] = {}  # our own calls of the last day, by hour
        self._probed_at = 0.0
        self._daily_until = 0.0  # the vendor said so: it holds for every broker
        self._share_spent_until = 0.0  # our part of the day is spent: a look around, which has all of it, goes on

    async def acquire(self, bucket: str, longest: float, *, look: bool = False) -> None:
        """Wait until a call may leave; raises `PauseTooLong` when that is further away than `longest` seconds.

        `look`: one of the handful of calls that tell how an account looks, which need not wait for our share of the next day."""
        deadline = self._clock() + longest
        while (wait := self._wait_or_take(bucket, look=look)) > 0:
            if self._clock() + wait > deadline:
                raise PauseTooLong(wait, daily=False)
            await self._sleep(wait)

    def _wait_or_take(self, bucket: str, *, look: bool) -> float:
        """Seconds to wait, or 0 and the call is counted; raises `PauseTooLong` for a spent day."""
        with self._together():
            if (daily := self._day_waits(look=look)) > 0 and not self._may_probe():
                raise PauseTooLong(daily, daily=True)
            wait = max((self._buckets[name].wait() for name in self._names(bucket)), default=0.0)
            if wait <= 0:
                for name in self._names(bucket):
                    self._buckets[name].take()
                if self._day is not None:
                    self._spent = counted(self._spent, self._clock())
            return wait

    def learn(self, bucket: str, headers: Mapping[str, str]) -> None:
        """Read the allowance headers of an answer."""
        found = {name: figures for name, rate in self._rates.items() if (figures := _figures(rate, headers))}
        if not found:
            return
        with self._together():
            for name, (amount, remaining, seconds) in found.items():
                if self._rates[name].seconds >= _DAY:
                    self._learn_daily(amount, remaining)
                elif name in self._names(bucket):
                    self._buckets[name].learn(amount, remaining, seconds)

    def pause(self, bucket: str, seconds: float, *, daily: bool, told: bool = True) -> float:
        """An answer said that an allowance is spent; for how many seconds nothing leaves. `told`: the vendor said how long."""
        with self._together():
            if daily:
                seconds = seconds if told else self._opens_in(seconds)
                self._daily_until = max(self._daily_until, self._clock() + seconds)
                self._probed_at = self._clock()
            elif names := self._names(bucket):
                self._buckets[names[0]].pause(seconds)
        return seconds

    def went_well(self) -> None:
        """A call was answered: a day that was spent is open again."""
        if self._daily_until > self._clock():
            with self._together():
                self._daily_until = 0.0

    def _may_probe(self) -> bool:
        if self._share_spent_until > self._clock() or self._clock() - self._probed_at < _PROBE_SECONDS:
            return False
        self._probed_at = self._clock()
        return True

    def _opens_in(self, otherwise: float) -> float:
        if self._day is None:
            return otherwise
        return opens_in(self._clock(), self._day.resets, self._zone, self._day_amount, self._spent)

    def _day_waits(self, *, look: bool = False) -> float:
        return max(self._daily_until, 0.0 if look else self._share_spent_until) - self._clock()

    @contextmanager
    def _together(self) -> Iterator[None]:
        """With the state of all brokers of the account, which is theirs too afterwards."""
        with self._shared.held() as state:
            for name, bucket in self._buckets.items():
                if name in state:
                    bucket.take_over(state[name])
            self._daily_until = float(state.get("daily_until", self._daily_until))
            self._probed_at = float(state.get("probed_at", self._probed_at))
            self._spent = dict(state.get("spent", self._spent))
            try:
                yield
            finally:
                state |= {name: bucket.state() for name, bucket in self._buckets.items()}
                state |= {"daily_until": self._daily_until, "probed_at": self._probed_at, "spent": self._spent}

    def waiting(self) -> float:
        """Seconds until anything may leave again, 0 when nothing is paused."""
        pauses = [bucket.paused_for for bucket in self._buckets.values()]
        return max(0.0, self._day_waits(), *pauses)

    def _learn_daily(self, amount: float, remaining: float | None) -> None:
        """The rest of the day's allowance belongs to the account's other programs."""
        self._day_amount = amount
        if remaining is not None and amount - remaining >= amount * self._share:
            self._share_spent_until = self._clock() + self._opens_in(_PROBE_SECONDS)

    def _names(self, bucket: str) -> list[str]:
        """A call of a bucket of its own also counts as a call."""
        return [name for name in dict.fromkeys((bucket, "calls")) if name in self._buckets]


def _figures(rate: Rate, headers: Mapping[str, str]) -> tuple[float, float | None, float] | None:
    if rate.usage_header and (usage := headers.get(rate.usage_header)):
        used, _, most = usage.partition("=")[2].split(";")[0].partition("/")
        if used.isdigit() and most.strip().isdigit():
            return float(most), float(most) - float(used), rate.seconds
    if rate.amount_header and (amount := headers.get(rate.amount_header, "")).isdigit():
        remaining = headers.get(rate.remaining_header or "", "")
        window = headers.get(rate.window_header or "", "")
        seconds = float(window) / 1000 if window.isdigit() and float(window) > 0 else rate.seconds
        return float(amount), float(remaining) if remaining.isdigit() else None, seconds
    return None
