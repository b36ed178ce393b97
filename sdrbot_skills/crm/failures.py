"""Failures that are the same for every CRM: the broker's no, the broker's pause, and answers that never came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

import orjson

from sdrbot_skills.errors import (
    ConfigurationError,
    MigrationError,
    OutcomeUnknown,
    RateLimited,
    ReauthenticateNeeded,
    Refused,
    Retriable,
)

REFUSED_HEADER = "X-Broker-Refused"
RETRY_HEADER = "X-Broker-Retry-After"
DAILY_HEADER = "X-Broker-Daily"
UPSTREAM_HEADER = "X-Broker-Upstream"


class Effect(Enum):
    """What sending a request a second time would do, which decides what a missing answer means.

    READ changes nothing. REPEATABLE changes something, the same however often it is sent (links, deletions).
    ONCE may do it twice, or hide whether the first did it (creating, updating, upserting records).
    """

    READ = "read"
    REPEATABLE = "repeatable"
    ONCE = "once"


class Missing(ConfigurationError):
    """There is nothing of that name or id."""


def from_broker(status: int, headers: Mapping[str, str], body: bytes) -> MigrationError | None:
    """The error in the broker's own answer; `None` when the answer is the vendor's."""
    if RETRY_HEADER in headers:
        seconds = float(headers[RETRY_HEADER])
        if DAILY_HEADER in headers:
            message = (
                "The account's allowance of calls for the day is spent, or the share of it that the plan lets us use."
            )
            return RateLimited(message, seconds, daily=True)
        return RateLimited(f"The account's allowance asks for a pause of {seconds:g} s.", seconds)
    if status in (502, 504) and headers.get(UPSTREAM_HEADER) == "not-sent":
        return Retriable("The CRM could not be reached; nothing was sent. It is tried again.")
    if REFUSED_HEADER not in headers:
        return None
    refusal = orjson.loads(body)
    return Refused(refusal["message"], code=refusal["code"])


def no_answer(what: str, effect: Effect, reason: str) -> MigrationError:
    """For a request that was sent and not answered (time-out, reset, 5xx); `what` names it without values."""
    if effect is Effect.ONCE:
        return OutcomeUnknown(
            f"{what}: sent, but no answer came ({reason}). The target is asked before it is sent again."
        )
    return Retriable(f"{what}: no answer ({reason}). It is sent again.")


def unreachable(what: str, reason: str) -> MigrationError:
    """For a request that never left this process."""
    return ConfigurationError(f"{what}: not sent ({reason}). Start the command again; `crm-migrate doctor` says more.")


def credential_refused(crm: str, connection: str, said: str) -> ReauthenticateNeeded:
    """For an answer that the credential is no longer good; `said` is the vendor's code."""
    again = "Connect the account again with `crm-migrate setup`."
    return ReauthenticateNeeded(
        f"{crm} no longer accepts the credential of {connection!r} ({said}). {again}", connection
    )


def answered(what: str, data: bytes, effect: Effect) -> Any:
    """The JSON of an answer that says all went well; `None` where it is empty.

    Vendors let through what people paste: half of an emoji, numbers beyond any float. Such a value is read as it is, so that it is refused
    with its own record instead of taking the whole page with it. A body that is no JSON at all (a proxy's page) is no answer.
    """
    if not data:
        return None
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(data)
    except ValueError:
        raise no_answer(what, effect, "not JSON") from None


def json_of(data: bytes) -> Any:
    """The JSON of an answer's body; `None` where it is something else, as pages of proxies are."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def object_of(data: bytes) -> dict[str, Any]:
    """The JSON object of an answer's body; empty where it is something else."""
    body = json_of(data)
    return body if isinstance(body, dict) else {}
