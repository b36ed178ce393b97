"""The way in: HTTP/1.1 on a unix socket. Judge, pace, write down, send, write down, answer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from aiohttp import web

from sdrbot_skills.broker.account import Account
from sdrbot_skills.broker.audit import safe_path
from sdrbot_skills.broker.bodies import names_in, parse_body
from sdrbot_skills.broker.canonical import Envelope, read_envelope
from sdrbot_skills.broker.checks import run_checks
from sdrbot_skills.broker.filejobs import FileJobs
from sdrbot_skills.broker.forward import Call, Forwarder
from sdrbot_skills.broker.gate import Gate
from sdrbot_skills.broker.policy import Match
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.replies import answer_json
from sdrbot_skills.broker.rows import Operation
from sdrbot_skills.broker.upload import Uploads
from sdrbot_skills.broker.wholebody import whole_body

_SILENT = logging.getLogger("sdrbot_skills.broker.silent")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class InwardServer:
    """Handles every request that comes in by the socket of the sandbox."""

    def __init__(self, purpose: str, accounts: dict[str, Account], gate: Gate, forwarder: Forwarder) -> None:
        self._purpose = purpose
        self._accounts = accounts
        self._gate = gate
        self._forwarder = forwarder
        self._uploads = Uploads(forwarder, gate)
        self._file_jobs = FileJobs(forwarder, gate)
        self._runner = web.ServerRunner(
            web.Server(self._handle, logger=_SILENT, access_log=None, auto_decompress=False, max_line_size=65536),
            handle_signals=False,
        )

    async def start(self, path: Path) -> None:
        """Listen on `path`, which nobody else may open."""
        await self._runner.setup()
        await web.UnixSite(self._runner, str(path)).start()
        path.chmod(0o600)

    async def stop(self) -> None:
        """Take no more requests and let those under way end."""
        self._forwarder.stopping = True
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        account: Account | None = None
        match: Match | None = None
        envelope: Envelope | None = None
        try:
            envelope = read_envelope(request.method, request.raw_path, request.raw_headers)
            if envelope.host == "broker":
                return self._about(envelope)
            account = self._account(envelope)
            host = account.upstream.hosts[envelope.host]
            match = account.upstream.policy.match(envelope.method, envelope.path, envelope.query, host)
            return await self._judge(request, account, envelope, match)
        except Refusal as refusal:
            self._record_refusal(refusal, account, envelope, match)
            return answer_json(refusal.status, refusal.body(), {"X-Broker-Refused": "1"}, close=True)

    async def _judge(
        self, request: web.BaseRequest, account: Account, envelope: Envelope, match: Match
    ) -> web.StreamResponse:
        upstream, rule = account.upstream, match.rule
        call = Call(request, account, envelope, match)
        self._gate.admit_class(upstream.spec, match)
        if rule.operation.startswith("ingest_"):
            return await self._uploads.handle(call)
        if rule.operation.startswith("file_"):
            return await self._file_jobs.handle(call)
        raw = await whole_body(request)
        body = _readable_body(envelope, match, raw)
        run_checks(rule.checks, upstream.policy, envelope.query, body)
        if rule.kind in ("read", "job"):
            return await self._forwarder.read(call, raw)
        if rule.kind == "schema":
            names = names_in(body, rule.name)
            if rule.name and not names:
                raise Refusal("body_unreadable", "The schema change does not name what it changes.", rule.operation)
            self._gate.admit_schema(upstream.spec, envelope, names, body, upstream.policy)
            operation = Operation("schema", "", rule.operation, ())
        else:
            operation = account.reader.operation(match, envelope.query, body)
            self._gate.admit_operation(operation)
        return (await self._forwarder.write(call, raw, operation)).response

    def _account(self, envelope: Envelope) -> Account:
        account = self._accounts.get(envelope.connection)
        if account is None:
            raise Refusal("unknown_connection", "The header X-CRM-Connection names no connection of this broker.")
        if envelope.host not in account.upstream.hosts:
            raise Refusal(
                "wrong_host", f"{envelope.connection} is {account.upstream.host}; no other host can be reached."
            )
        return account

    def _about(self, envelope: Envelope) -> web.StreamResponse:
        if envelope.method == "GET" and envelope.path == "/connections":
            return answer_json(200, {"purpose": self._purpose, "connections": self.connections()})
        if envelope.method == "GET" and envelope.path == "/status":
            return answer_json(200, self.status())
        raise Refusal("unknown_operation", "The broker answers GET /connections and GET /status here.")

    def connections(self) -> list[dict[str, Any]]:
        """The facts of all connections."""
        return [account.facts() for account in self._accounts.values()]

    def status(self) -> dict[str, Any]:
        """Counts since the start, budgets used, and how long each account is paused for."""
        waiting = {name: round(account.pacer.waiting(), 1) for name, account in self._accounts.items()}
        return {"purpose": self._purpose, **self._forwarder.status(), "waiting_seconds": waiting}

    def _record_refusal(
        self, refusal: Refusal, account: Account | None, envelope: Envelope | None, match: Match | None
    ) -> None:
        self._forwarder.counts["refused"] += 1
        if self._forwarder.audit is not None:
            self._forwarder.audit.write(
                "refused",
                code=refusal.code,
                operation=refusal.operation,
                connection=account.upstream.spec.name if account else "",
                method=envelope.method if envelope else "",
                path=safe_path(envelope.path, match, envelope.query) if envelope else "",
            )


def _readable_body(envelope: Envelope, match: Match, raw: bytes) -> Any:
    """The parsed body where the rule wants one; a body where none belongs is refused."""
    expected = match.rule.body or ("none" if match.rule.kind == "read" else "json")
    if not raw:
        if expected == "json" and match.rule.body == "json":
            raise Refusal("body_unreadable", "A JSON body is missing.")
        return None
    kind, _, parameters = envelope.content_type.lower().partition(";")
    if expected != "json":
        if match.rule.kind == "read":
            raise Refusal("body_unreadable", "This read has no body.")
        raise Refusal("body_unreadable", "This call has no body.")
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if kind.strip() != "application/json" or charset not in ("", "utf-8"):
        raise Refusal("body_unreadable", "The body has to be application/json in UTF-8.")
    return parse_body(raw)
