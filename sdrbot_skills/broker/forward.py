"""Sending what was admitted, and telling ledger and audit about it before and after."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
import orjson
from aiohttp import web

from sdrbot_skills.broker.account import Account
from sdrbot_skills.broker.answers import Result, read_results
from sdrbot_skills.broker.audit import Audit, safe_path
from sdrbot_skills.broker.budget import BudgetKeeper
from sdrbot_skills.broker.canonical import Envelope
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.limits import Throttled, throttled
from sdrbot_skills.broker.pacing import PauseTooLong
from sdrbot_skills.broker.policy import Match
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.rows import Operation
from sdrbot_skills.broker.tokens import TokenRefused

WHOLE_ANSWER = 1024 * 1024
_CHUNK = 256 * 1024
_READ_TRIES = 6


class Forwarder:
    """Shared by all connections of one broker. Ledger and audit are written by one thread, so that a disk flush holds nobody else up."""

    def __init__(
        self, ledger: Ledger | None, keeper: BudgetKeeper | None, audit: Audit | None, longest_wait: float
    ) -> None:
        self.ledger = ledger
        self.keeper = keeper
        self.audit = audit
        self.counts: Counter[str] = Counter()
        self.stopping = False
        self._longest_wait = longest_wait
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    def status(self) -> dict[str, Any]:
        """Counts since the start."""
        counts = {name: self.counts[name] for name in ("reads", "writes", "refused", "throttled", "failed")}
        return {"counts": counts, "used": self.keeper.used() if self.keeper else {}}

    async def record(self, work: Any, *arguments: Any) -> Any:
        """Run a piece of ledger or audit work on the writer thread."""
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *arguments)

    def close(self) -> None:
        """Wait for the writer thread and close both files."""
        self._writer.shutdown(wait=True)
        if self.ledger is not None:
            self.ledger.close()
        if self.audit is not None:
            self.audit.close()

    # --- reads -----------------------------------------------------------------------------------------------------------------

    async def read(
        self, request: web.BaseRequest, account: Account, envelope: Envelope, match: Match, raw: bytes
    ) -> web.StreamResponse:
        """Forward a read. It may be sent again: after a reset once, after a short rate limit when that has passed."""
        self.counts["reads"] += 1
        resets = 0
        started = time.monotonic()
        for attempt in range(_READ_TRIES):
            try:
                left = self._longest_wait - (time.monotonic() - started)
                await account.pacer.acquire(match.rule.bucket, max(0.0, left))
                async with account.upstream.send(
                    envelope.method, envelope.target, outward_headers(request, account), raw or None
                ) as answer:
                    limit = await self._learn(account, match, answer)
                    if limit and not limit.daily and attempt + 1 < _READ_TRIES:
                        continue
                    self._audit_read(account, envelope, match, answer.status)
                    return await self._relay(request, account, answer, limit)
            except PauseTooLong as pause:
                return self._paused(account, pause)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError) as error:
                resets += 1
                if resets > 1:
                    return self._failed(account, error, sent=False)
            except (aiohttp.ClientError, TimeoutError) as error:
                return self._failed(account, error, sent=False)
            except TokenRefused as error:
                return _reauthenticate(error)
        return self._paused(account, PauseTooLong(self._longest_wait, daily=False))

    # --- writes ----------------------------------------------------------------------------------------------------------------

    async def write(
        self,
        request: web.BaseRequest,
        account: Account,
        envelope: Envelope,
        match: Match,
        body: bytes,
        operation: Operation,
    ) -> web.StreamResponse:
        """Forward a write exactly once. Its rows are in the ledger before it leaves; its answer is there before the caller sees it."""
        try:
            await account.pacer.acquire(match.rule.bucket, self._longest_wait)
        except PauseTooLong as pause:
            return self._paused(account, pause)
        if self.stopping:
            raise Refusal("stopping", "The broker is ending; nothing was sent.", match.rule.operation)
        send = await self.record(
            self._write_intent, account, envelope, match, operation, hashlib.sha256(body).hexdigest()
        )
        self.counts["writes"] += 1
        headers = outward_headers(request, account)
        try:
            async with account.upstream.send(envelope.method, envelope.target, headers, body or None) as answer:
                limit = await self._learn(account, match, answer)
                content = await answer.read()
        except (aiohttp.ClientConnectorError, TokenRefused) as error:
            await self.record(self._write_outcome, operation, send, "not_sent", None, [])
            return (
                _reauthenticate(error) if isinstance(error, TokenRefused) else self._failed(account, error, sent=False)
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            await self.record(self._write_outcome, operation, send, "unknown", None, [])
            return self._failed(account, error, sent=True)
        key_field = account.reader.migration_key(operation.object)
        results = read_results(match, operation, answer.status, _json_or_none(content), key_field)
        outcome = "unknown" if answer.status >= 500 else ("rate_limited" if limit else "answered")
        await self.record(self._write_outcome, operation, send, outcome, answer.status, results)
        return _answer(answer.status, inward_headers(account, answer, limit), _without_secrets(account, content))

    def _write_intent(
        self, account: Account, envelope: Envelope, match: Match, operation: Operation, digest: str
    ) -> int:
        send, name = 0, account.upstream.spec.name
        if self.ledger is not None:
            send = self.ledger.intend(self.keeper, name, operation, digest, time.time())
        if self.audit is not None:
            self.audit.write(
                "intent",
                send=send,
                connection=name,
                operation=operation.operation,
                object=operation.object,
                rows=len(operation.rows),
                method=envelope.method,
                path=safe_path(envelope.path, match, envelope.query),
                body=digest,
            )
        return send

    def _write_outcome(
        self, operation: Operation, send: int, outcome: str, status: int | None, results: Sequence[Result]
    ) -> None:
        if self.ledger is not None:
            self.ledger.settle(send, outcome, status, results, time.time())
        if self.keeper is not None and outcome in ("rate_limited", "not_sent"):
            self.keeper.give_back_sends(operation.object, operation.operation, len(operation.rows))
        if self.audit is not None:
            created = sum(1 for result in results if result.created)
            self.audit.write(
                "outcome", send=send, outcome=outcome, status=status, results=len(results), created=created
            )

    # --- answers ---------------------------------------------------------------------------------------------------------------

    async def _learn(self, account: Account, match: Match, answer: aiohttp.ClientResponse) -> Throttled | None:
        account.pacer.learn(match.rule.bucket, {name.lower(): value for name, value in answer.headers.items()})
        if answer.status not in (403, 429, 503):
            return None
        limit = throttled(answer.status, answer.headers, await answer.read())
        if limit is not None:
            self.counts["throttled"] += 1
            account.pacer.pause(match.rule.bucket, limit.seconds, daily=limit.daily)
        return limit

    async def _relay(
        self, request: web.BaseRequest, account: Account, answer: aiohttp.ClientResponse, limit: Throttled | None
    ) -> web.StreamResponse:
        headers = inward_headers(account, answer, limit)
        if answer.content_length is not None and answer.content_length <= WHOLE_ANSWER:
            return _answer(answer.status, headers, _without_secrets(account, await answer.read()))
        response = web.StreamResponse(status=answer.status, headers=headers)
        await response.prepare(request)
        async for chunk in _scrubbed(account, answer):
            await response.write(chunk)
        await response.write_eof()
        return response

    def _paused(self, account: Account, pause: PauseTooLong) -> web.Response:
        self.counts["throttled"] += 1
        code = "daily_limit" if pause.daily else "rate_limit"
        message = f"{account.upstream.spec.name}: the account's allowance is used; nothing was sent. Try again in {pause.seconds:.0f} s."
        return answer_json(429, {"code": code, "message": message}, _retry_headers(pause.seconds, daily=pause.daily))

    def _failed(self, account: Account, error: Exception, *, sent: bool) -> web.Response:
        """502/504 with `X-Broker-Upstream`: `not-sent` (nothing reached the vendor, or it was a read) or `unknown`."""
        self.counts["failed"] += 1
        state = "unknown" if sent else "not-sent"
        message = f"{account.upstream.spec.name}: the connection broke ({type(error).__name__})."
        return answer_json(
            504 if isinstance(error, TimeoutError) else 502,
            {"code": "upstream_failed", "message": message},
            {"X-Broker-Upstream": state},
        )

    def _audit_read(self, account: Account, envelope: Envelope, match: Match, status: int) -> None:
        if self.audit is not None:
            path = safe_path(envelope.path, match, envelope.query)
            self.audit.write(
                "read", connection=account.upstream.spec.name, method=envelope.method, path=path, status=status
            )


def outward_headers(request: web.BaseRequest, account: Account) -> dict[str, str]:
    """The request headers that the policy lets through; everything else, credentials first, stays here."""
    allowed = account.upstream.policy.data.request_headers
    return {name: value for name, value in request.headers.items() if name.lower() in allowed}


def inward_headers(account: Account, answer: aiohttp.ClientResponse, limit: Throttled | None = None) -> dict[str, str]:
    """The answer's headers that the policy lets through."""
    allowed = account.upstream.policy.data.response_headers
    headers = {name: value for name, value in answer.headers.items() if name.lower() in allowed}
    return {**headers, **(_retry_headers(limit.seconds, daily=limit.daily) if limit else {})}


def answer_json(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, close: bool = False
) -> web.Response:
    """A JSON answer of the broker's own. `close`: the rest of the request was not read, so the connection cannot be used again."""
    response = web.Response(
        status=status, body=orjson.dumps(body), headers={"Content-Type": "application/json", **(headers or {})}
    )
    if close:
        response.force_close()
    return response


def _answer(status: int, headers: Mapping[str, str], content: bytes) -> web.Response:
    return web.Response(status=status, headers=headers, body=content)


def _reauthenticate(error: TokenRefused) -> web.Response:
    return answer_json(
        401, {"code": "bad_token", "message": f"{error} Connect the account again."}, {"X-Broker-Upstream": "not-sent"}
    )


def _retry_headers(seconds: float, *, daily: bool) -> dict[str, str]:
    return {"X-Broker-Retry-After": str(max(1, round(seconds))), **({"X-Broker-Daily": "1"} if daily else {})}


def _json_or_none(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def _without_secrets(account: Account, content: bytes) -> bytes:
    for secret in account.upstream.tokens.secrets():
        content = content.replace(secret.encode(), b"[credential removed]")
    return content


async def _scrubbed(account: Account, answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The stream without credentials; a tail as long as the longest secret is kept back, since one may lie across two chunks."""
    secrets = [secret.encode() for secret in account.upstream.tokens.secrets()]
    keep = max((len(secret) for secret in secrets), default=1) - 1
    held = b""
    async for chunk in answer.content.iter_chunked(_CHUNK):
        held += chunk
        for secret in secrets:
            held = held.replace(secret, b"[credential removed]")
        if len(held) > keep:
            yield held[: len(held) - keep]
            held = held[len(held) - keep :]
    if held:
        yield held
