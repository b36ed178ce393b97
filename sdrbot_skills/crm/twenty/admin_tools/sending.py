"""Sending one request of an admin tool to Twenty; and what the tools of several topics need."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Request
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.failures import Rejected
from sdrbot_skills.errors import ConfigurationError

METADATA = "/rest/metadata"


def send(client: TwentyClient, request: Request) -> Any:
    """One request, once; Twenty's words hold names here, not customers' values, so the person gets them."""
    effect = Effect.REPEATABLE if request.method == "PATCH" else Effect.ONCE
    try:
        return client.send(request.method, request.path, body=request.body, effect=effect)
    except Rejected as error:
        raise ConfigurationError(f"Twenty did not accept the change: {error.problem.message}") from error


def path(kind: str, thing_id: str = "") -> str:
    """`/rest/metadata/fields/<id>`"""
    return f"{METADATA}/{kind}/{thing_id}" if thing_id else f"{METADATA}/{kind}"


def unwrapped(answer: Any) -> dict[str, Any]:
    """The one thing of an answer: bare, or in the older envelope `{"data": {"createOneField": {...}}}`."""
    if isinstance(answer, dict) and isinstance(answer.get("data"), dict):
        (answer,) = answer["data"].values()
    return dict(answer)


def count(client: TwentyClient, plural: str, condition: str = "") -> int | None:
    """How many records there are (that fulfil a condition of Twenty's filter language); None where this key may not look."""
    query = {"limit": "1", "filter": condition} if condition else {"limit": "1"}
    try:
        return int(client.get(f"/rest/{plural}", query)["totalCount"])
    except ConfigurationError:
        return None  # the count only informs; whoever may change the schema need not be allowed to read records


def counted(number: int | None, plural: str) -> str:
    """`85 people`, or that nobody could look."""
    return f"an unknown number of {plural}" if number is None else f"{number:,} {plural}"
