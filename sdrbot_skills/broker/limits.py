"""Telling a rate limit from other refusals, by status, headers and the vendor's error code; never by words in a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import orjson

_HUBSPOT_SECONDS = {"TEN_SECONDLY_ROLLING": 10.0, "SECONDLY": 1.0}
_PIPEDRIVE_TOKENS = "x-daily-ratelimit-token-remaining"
_DEFAULT_SECONDS = 10.0
_DAILY_SECONDS = 3600.0
_LONG = 120.0


@dataclass(frozen=True)
class Throttled:
    """The vendor asked for a pause. `daily`: the day's allowance is spent, which no short wait cures. `told`: the vendor said how long."""

    seconds: float
    daily: bool
    told: bool = True


def throttled(
    status: int, headers: Mapping[str, str], body: bytes, usual: float = _DEFAULT_SECONDS
) -> Throttled | None:
    """None where the answer is no rate limit. A 403 is one only with Salesforce's REQUEST_LIMIT_EXCEEDED, a 503 only with Retry-After.

    `usual`: the pause in seconds where the vendor names none.
    """
    wait = _asked(headers)
    if status == 429:
        policy = _hubspot_policy(body)
        spent = headers.get(_PIPEDRIVE_TOKENS) == "0"
        daily = policy == "DAILY" or spent or (wait is not None and wait > _LONG)
        default = _DAILY_SECONDS if daily else _HUBSPOT_SECONDS.get(policy, usual)
        return Throttled(wait if wait is not None else default, daily, wait is not None)
    if status == 403 and (message := _salesforce_limit(body)) is not None:
        daily = not message.startswith("Concurrent")
        return Throttled(wait or (_DAILY_SECONDS if daily else _DEFAULT_SECONDS), daily, bool(wait))
    if status == 503 and wait is not None:
        return Throttled(wait, wait > _LONG)
    return None


def _asked(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` as seconds, or as a date (RFC 9110, 10.2.3), which is compared with the answer's own `Date`."""
    asked = headers.get("Retry-After", "")
    if asked.isdigit():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
        now = parsedate_to_datetime(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _hubspot_policy(body: bytes) -> str:
    """`policyName` of HubSpot's error body: TEN_SECONDLY_ROLLING, SECONDLY, DAILY."""
    document = _parsed(body)
    return str(document.get("policyName", "")) if isinstance(document, dict) else ""


def _salesforce_limit(body: bytes) -> str | None:
    """The message beside REQUEST_LIMIT_EXCEEDED: which of the two limits it is, is only told there ("ConcurrentRequests ...", "TotalRequests ...")."""
    document = _parsed(body)
    for entry in document if isinstance(document, list) else ():
        if isinstance(entry, dict) and entry.get("errorCode") == "REQUEST_LIMIT_EXCEEDED":
            return str(entry.get("message", ""))
    return None


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
