"""Bulk API 2.0 uploads."""

from __future__ import annotations

from aiohttp import web

from sdrbot_skills.broker.account import Account
from sdrbot_skills.broker.canonical import Envelope
from sdrbot_skills.broker.forward import Forwarder
from sdrbot_skills.broker.gate import Gate
from sdrbot_skills.broker.policy import Match
from sdrbot_skills.broker.refusal import Refusal


class Uploads:
    """Ingest jobs."""

    def __init__(self, forwarder: Forwarder) -> None:
        self._forwarder = forwarder

    async def handle(
        self, request: web.BaseRequest, account: Account, envelope: Envelope, match: Match, gate: Gate
    ) -> web.StreamResponse:
        """Refused for now."""
        raise Refusal("unknown_operation", "Bulk uploads are not let through yet.", match.rule.operation)
