"""Sending what was admitted, and telling ledger and audit about it before and after."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import aiohttp
import orjson
from aiohttp import web

from sdrbot_skills.broker.account import Account
from sdrbot_skills.broker.answers import Result, epoch, read_results
from sdrbot_skills.broker.audit import Audit, safe_path
from sdrbot_skills.broker.bin import Binned
from sdrbot_skills.broker.budget import BudgetKeeper
from sdrbot_skills.broker.canonical import Envelope
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.limits import Throttled, throttled
from sdrbot_skills.broker.looks import Looks
from sdrbot_skills.broker.pacing import PauseTooLong
from sdrbot_skills.broker.policy import Match
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.replies import (
    answer_json,
    broken,
    inward_headers,
    pause_headers,
    reauthenticate,
    scrubbed,
    vendor_answer,
)
from sdrbot_skills.broker.rows import Operation
from sdrbot_skills.broker.tokens import TokenRefused

WHOLE_ANSWER = 1024 * 1024
_READ_TRIES = 6

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One admitted request."""

    request: web.BaseRequest
    account: Account
    envelope: Envelope
    match: Match

    def headers(self) -> dict[str, str]:
        """The request headers that the policy lets through; everything else, credentials first, stays here."""
        allowed = self.account.upstream.policy.data.request_headers
        return {name: value for name, value in self.request.headers.items() if name.lower() in allowed}

    def line(self) -> tuple[str, str]:
        """Method and exact target."""
        return self.envelope.method, self.envelope.target

    def shown_path(self) -> str:
        """The path as the audit may keep it."""
        return safe_path(self.envelope.path, self.match, self.envelope.query)


@dataclass(frozen=True)
class Sent:
    """What came of a write: the answer for the caller, and the vendor's status and body (0 and empty where there was none)."""

    response: web.StreamResponse
    status: int = 0
    content: bytes = b""


class Listener(Protocol):
    """Hears a good answer before the caller does: every piece, and the end. `whole`: it can tell only from all of it, so nothing goes on before."""

    whole: bool

    async def chunk(self, piece: bytes) -> None:
        """A piece that is about to go on."""
        ...

    async def end(self) -> None:
        """That was all of it."""
        ...


class Forwarder:
    """Shared by all connections of one broker. Ledger and audit are written by one thread, so that a disk flush holds nobody else up."""

    def __init__(
        self,
        ledger: Ledger | None,
        keeper: BudgetKeeper | None,
        audit: Audit | None,
        longest_wait: float,
        *,
        keeps_looks: bool = False,
    ) -> None:
        self.ledger = ledger
        self.keeper = keeper
        self.audit = audit
        self.counts: Counter[str] = Counter()
        self._binned = Binned()
        self._looks = Looks(keeps=keeps_looks)
        self.stopping = False
        self._longest_wait = longest_wait
        self._recording = 0
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")

    def status(self) -> dict[str, Any]:
        """Counts since the start, and the budgets used."""
        counts = {name: self.counts[name] for name in ("reads", "writes", "refused", "throttled", "failed")}
        return {"counts": counts, "used": self.keeper.used() if self.keeper else {}}

    async def record(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run a piece of ledger or audit work on the writer thread."""
        self._recording += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writer, work, *arguments)
        finally:
            self._recording -= 1

    async def note(self, work: Callable[..., T], *arguments: Any) -> T:
        """Run a piece of work that waits for no disk: here and now where the writer thread is at rest, since handing over costs more than the work."""
        if self._recording == 0:
            return work(*arguments)
        return await self.record(work, *arguments)

    def close(self) -> None:
        """Wait for the writer thread and close both files."""
        self._writer.shutdown(wait=True)
        if self.ledger is not None:
            self.ledger.close()
        if self.audit is not None:
            self.audit.close()

    # --- reads -----------------------------------------------------------------------------------------------------------------

    async def read(self, call: Call, body: bytes, listener: Listener | None = None) -> web.StreamResponse:
        """Forward a read. It may be sent again: after a reset once, after a short rate limit when that has passed."""
        if (known := self._looks.find(call, body)) is not None:
            self._note_known(call)
            return known
        self.counts["reads"] += 1
        listener = listener or self._binned.listener(call)
        deadline = time.monotonic() + self._longest_wait
        resets = 0
        for attempt in range(_READ_TRIES):
            try:
                left = max(0.0, deadline - time.monotonic())
                await call.account.pacer.acquire(call.match.rule.bucket, left, look=call.match.rule.describes)
                answered = await self._read_once(call, body, listener, last=attempt + 1 == _READ_TRIES)
                if answered is not None:
                    return answered
            except PauseTooLong as pause:
                return self._paused(call.account, pause)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
                resets += 1
                if resets > 1 or isinstance(error, aiohttp.ClientConnectorError):
                    return self._broken(call.account, error, sent=False)
            except (aiohttp.ClientError, TimeoutError) as error:
                return self._broken(call.account, error, sent=False)
            except TokenRefused as error:
                return reauthenticate(error)
        raise AssertionError("the last try always answers")

    async def _read_once(
        self, call: Call, body: bytes, listener: Listener | None, *, last: bool
    ) -> web.StreamResponse | None:
        """The answer, None where a short pause was asked for and the read should be tried again."""
        envelope, account = call.envelope, call.account
        async with account.upstream.send(*call.line(), call.headers(), body or None, call.match.host) as answer:
            limit = await self._learn(call, answer)
            if limit is not None and not limit.daily and not last:
                return None
            if self.audit is not None:
                name = account.upstream.spec.name
                self.audit.write(
                    "read", connection=name, method=envelope.method, path=call.shown_path(), status=answer.status
                )
            heard = listener if answer.status == 200 else None
            whole = (heard is not None and heard.whole) or self._looks.wanted(call)
            if whole or (answer.content_length is not None and answer.content_length <= WHOLE_ANSWER):
                content = await answer.read()
                if heard is not None:
                    await heard.chunk(content)
                    await heard.end()
                response = vendor_answer(account, answer, content, limit)
                self._looks.keep(call, body, response)
                return response
            return await self._stream(call, answer, limit, heard)

    def _note_known(self, call: Call) -> None:
        if self.audit is not None:
            name = call.account.upstream.spec.name
            self.audit.write("known", connection=name, method=call.envelope.method, path=call.shown_path())

    async def _stream(
        self, call: Call, answer: aiohttp.ClientResponse, limit: Throttled | None, listener: Listener | None
    ) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status, headers=inward_headers(call.account, answer, limit))
        await response.prepare(call.request)
        try:
            async for chunk in scrubbed(call.account, answer):
                if listener is not None:
                    await listener.chunk(chunk)
                await response.write(chunk)
            if listener is not None:
                await listener.end()
        except (aiohttp.ClientError, TimeoutError, Refusal):
            # The head is out: only a broken connection can still tell the caller that the rest is missing. What cannot be taken down is not passed on.
            if call.request.transport is not None:
                call.request.transport.abort()
            return response
        await response.write_eof()
        return response

    # --- writes ----------------------------------------------------------------------------------------------------------------

    async def write(self, call: Call, body: bytes, operation: Operation, send: int | None = None) -> Sent:
        """Forward a write exactly once. Its rows are in the ledger before it leaves; its answer is there before the caller sees it.

        `send`: the ledger already has this send (a job's rows are reserved by its upload).
        """
        account = call.account
        try:
            await account.pacer.acquire(call.match.rule.bucket, self._longest_wait)
        except PauseTooLong as pause:
            return Sent(self._paused(account, pause))
        self._looks.forget()
        if self.stopping:
            raise Refusal("stopping", "The broker is ending; nothing was sent.", call.match.rule.operation)
        entry = await self.record(self._write_intent, call, operation, hashlib.sha256(body).hexdigest(), send)
        self.counts["writes"] += 1
        try:
            async with account.upstream.send(*call.line(), call.headers(), body or None, call.match.host) as answer:
                limit = await self._learn(call, answer)
                content = await answer.read()
        except TokenRefused as error:
            await self.note(self._write_outcome, operation, entry, "not_sent", None, [])
            return Sent(reauthenticate(error))
        except (aiohttp.ClientError, TimeoutError) as error:
            sent = not isinstance(error, aiohttp.ClientConnectorError)
            await self.note(self._write_outcome, operation, entry, "unknown" if sent else "not_sent", None, [])
            return Sent(self._broken(account, error, sent=sent))
        key_field = account.reader.migration_key(operation.object)
        date, binned = answer.headers.get("Date"), self._binned.ids(account.upstream.spec.name)
        body_out = _json_or_none(content)
        results = read_results(call.match, operation, answer.status, body_out, key_field, date, binned)
        # A job that has started is answered by its results, which come later.
        well = "answered" if send is None else "started"
        if answer.status >= 500:
            limit = None  # it asks for a pause, which is kept; but a gateway can say so of a write that was carried out behind it
        outcome = "unknown" if answer.status >= 500 else ("rate_limited" if limit else well)
        await self.note(self._write_outcome, operation, entry, outcome, answer.status, results, epoch(date))
        return Sent(vendor_answer(account, answer, content, limit), answer.status, content)

    def _write_intent(self, call: Call, operation: Operation, digest: str, send: int | None) -> int:
        name = call.account.upstream.spec.name
        entry = send or 0
        if self.ledger is not None and send is None:
            entry = self.ledger.intend(self.keeper, name, operation, digest, time.time())
        if self.audit is not None:
            self.audit.write(
                "intent",
                send=entry,
                connection=name,
                operation=call.match.rule.operation,
                object=operation.object,
                rows=len(operation.rows),
                method=call.envelope.method,
                path=call.shown_path(),
                body=digest,
            )
        return entry

    def _write_outcome(
        self,
        operation: Operation,
        send: int,
        outcome: str,
        status: int | None,
        results: Sequence[Result],
        answered_at: float | None = None,
    ) -> None:
        if self.ledger is not None:
            self.ledger.settle(send, outcome, status, results, time.time(), answered_at)
        if self.keeper is not None and outcome in ("rate_limited", "not_sent"):
            self.keeper.give_back_sends(operation.object, operation.operation, len(operation.rows))
        if self.audit is not None:
            made = sum(1 for result in results if result.created)
            self.audit.write("outcome", send=send, outcome=outcome, status=status, results=len(results), created=made)

    # --- both ------------------------------------------------------------------------------------------------------------------

    async def _learn(self, call: Call, answer: aiohttp.ClientResponse) -> Throttled | None:
        pacer, bucket = call.account.pacer, call.match.rule.bucket
        pacer.learn(bucket, {name.lower(): value for name, value in answer.headers.items()})
        if answer.status < 400:
            pacer.went_well()
        if answer.status not in (403, 429, 503):
            return None
        usual = call.account.upstream.policy.data.pause_seconds
        limit = throttled(answer.status, answer.headers, await answer.read(), usual)
        if limit is not None:
            self.counts["throttled"] += 1
            seconds = pacer.pause(bucket, limit.seconds, daily=limit.daily, told=limit.told)
            limit = replace(limit, seconds=seconds)
        return limit

    def _paused(self, account: Account, pause: PauseTooLong) -> web.Response:
        self.counts["throttled"] += 1
        code = "daily_limit" if pause.daily else "rate_limit"
        message = (
            f"{account.upstream.spec.name}: the allowance is used; nothing was sent. Again in {pause.seconds:.0f} s."
        )
        return answer_json(429, {"code": code, "message": message}, pause_headers(pause.seconds, daily=pause.daily))

    def _broken(self, account: Account, error: Exception, *, sent: bool) -> web.Response:
        self.counts["failed"] += 1
        return broken(account, error, sent=sent)


def _json_or_none(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
