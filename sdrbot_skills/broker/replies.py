"""Answers that go in: headers by allow-list, credentials taken out, and the broker's own JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from sdrbot_skills.broker.account import Account
from sdrbot_skills.broker.limits import Throttled
from sdrbot_skills.broker.tokens import TokenRefused

REMOVED = b"[credential removed]"
_CHUNK = 256 * 1024


def answer_json(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, close: bool = False
) -> web.Response:
    """A JSON answer of the broker's own. `close`: the rest of the request was not read, so the connection cannot be used again."""
    all_headers = {"Content-Type": "application/json", **(headers or {})}
    response = web.Response(status=status, body=orjson.dumps(body), headers=all_headers)
    if close:
        response.force_close()
    return response


def vendor_answer(
    account: Account, answer: aiohttp.ClientResponse, content: bytes, limit: Throttled | None = None
) -> web.Response:
    """The vendor's answer as it may go in."""
    for secret in account.upstream.tokens.secrets():
        content = content.replace(secret.encode(), REMOVED)
    return web.Response(status=answer.status, headers=inward_headers(account, answer, limit), body=content)


def inward_headers(account: Account, answer: aiohttp.ClientResponse, limit: Throttled | None = None) -> dict[str, str]:
    """The answer's headers that the policy lets through, and the pause in one spelling for all vendors."""
    allowed = account.upstream.policy.data.response_headers
    headers = {name: value for name, value in answer.headers.items() if name.lower() in allowed}
    return {**headers, **(pause_headers(limit.seconds, daily=limit.daily) if limit else {})}


def pause_headers(seconds: float, *, daily: bool) -> dict[str, str]:
    """`X-Broker-Retry-After` in whole seconds, and `X-Broker-Daily` where the day's allowance is spent."""
    return {"X-Broker-Retry-After": str(max(1, round(seconds))), **({"X-Broker-Daily": "1"} if daily else {})}


def nothing_was_sent(answer: web.StreamResponse) -> bool:
    """Whether this is our own answer that the vendor has carried nothing out: it was not reached, or asks to wait."""
    return answer.headers.get("X-Broker-Upstream") == "not-sent" or "X-Broker-Retry-After" in answer.headers


def reauthenticate(error: TokenRefused) -> web.Response:
    """The credential no longer works; nothing was sent."""
    body = {"code": "bad_token", "message": f"{error} Connect the account again."}
    return answer_json(401, body, {"X-Broker-Upstream": "not-sent"})


def broken(account: Account, error: Exception, *, sent: bool) -> web.Response:
    """502 or 504 with `X-Broker-Upstream`: `not-sent` (nothing was carried out) or `unknown`."""
    message = f"{account.upstream.spec.name}: the connection broke ({type(error).__name__})."
    status = 504 if isinstance(error, TimeoutError) else 502
    headers = {"X-Broker-Upstream": "unknown" if sent else "not-sent"}
    return answer_json(status, {"code": "upstream_failed", "message": message}, headers)


async def scrubbed(account: Account, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """A long answer without credentials; a tail as long as the longest is kept back, since one may lie across two pieces."""
    secrets = [secret.encode() for secret in account.upstream.tokens.secrets()]
    keep = max((len(secret) for secret in secrets), default=1) - 1
    held = b""
    async for chunk in answer.content.iter_chunked(_CHUNK):
        held += chunk
        for secret in secrets:
            held = held.replace(secret, REMOVED)
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    if held:
        yield held
