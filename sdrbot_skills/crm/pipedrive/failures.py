"""Pipedrive's refusals, turned into our errors. Their texts are no contract: status and `code` decide, a text only tells which field is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sdrbot_skills.crm.failures import Effect, Missing, credential_refused, from_broker, json_of, no_answer
from sdrbot_skills.errors import (
    BatchRejected,
    ConfigurationError,
    MigrationError,
    RateLimited,
)
from sdrbot_skills.transport.connection import Connection

BURST_PAUSE = 2.0
BLOCKED_PAUSE = 60.0
TOKENS_LEFT = "x-daily-ratelimit-token-remaining"

_KEY = re.compile(r"(?:Validation failed: )?(?:custom_fields[.:] ?(?:Unknown key ')?)?([A-Za-z0-9_.]+)['\s]*(?::|$)")


class Rejected(BatchRejected):
    """Pipedrive refused one write for what it holds. `field`: the vendor's name of the culprit, where the text tells; `words`: its text."""

    def __init__(self, what: str, status: int, body: Mapping[str, Any]) -> None:
        code = str(body.get("code") or status)
        super().__init__(f"{what}: Pipedrive refused it ({code}). Nothing of it was written.", vendor_code=code)
        self.status = status
        self.words = str(body.get("error") or "")
        found = _KEY.match(self.words)
        self.field = found[1] if found else None


class NoPermission(ConfigurationError):
    """The user behind the credential may not do this, or the account's plan has no more room for it."""

    def __init__(self, what: str, code: str, words: str) -> None:
        super().__init__(f"{what}: Pipedrive does not allow this ({code}). Use the key of an administrator.")
        self.code = code
        self.words = words


def failure(
    what: str, status: int, headers: Mapping[str, str], data: bytes, effect: Effect, connection: Connection
) -> MigrationError:
    """The error for an answer of status 300 or more; `what` names the request without values."""
    refusal = from_broker(status, headers, data)
    if refusal is not None:
        return refusal
    body = json_of(data)
    told = body if isinstance(body, dict) else {}
    if status == 401:
        return credential_refused("Pipedrive", connection.name, "HTTP 401")
    if status == 429:
        daily = headers.get(TOKENS_LEFT) == "0"
        words = "the day's tokens are spent" if daily else "Pipedrive asks for a pause"
        return RateLimited(f"{what}: {words}.", _until_midnight() if daily else BURST_PAUSE, daily=daily)
    if status == 403 and not isinstance(body, dict):
        # Not Pipedrive but the network in front of it, which answers so when pauses were not kept.
        return RateLimited(f"{what}: Pipedrive's network has blocked this machine for a while.", BLOCKED_PAUSE)
    if status >= 500:
        return no_answer(what, effect, f"HTTP {status}")
    if status in (402, 403):
        return NoPermission(what, str(told.get("code") or status), str(told.get("error") or ""))
    if status in (404, 410):
        return Missing(f"{what}: Pipedrive knows nothing there.")
    if effect is Effect.READ:
        return ConfigurationError(f"{what}: Pipedrive did not understand this ({told.get('code') or status}).")
    return Rejected(what, status, told)


def _until_midnight() -> float:
    """The allowance starts anew at midnight of Pipedrive's servers, whose zone is not told: UTC is taken, and asked again then."""
    now = datetime.now(UTC)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(1.0, (midnight - now).total_seconds())
