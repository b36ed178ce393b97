"""Sending one request of an admin tool to Attio; and what the tools of several topics need."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sdrbot_skills.crm.admintools import Request
from sdrbot_skills.crm.attio.client import PAGE, AttioClient
from sdrbot_skills.crm.attio.failures import Rejected
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.errors import ConfigurationError

LISTS = "lists/"
"""Begins the `object_slug` of a list: `lists/sales_pipeline`. What has attributes is an object or a list."""


def send(client: AttioClient, request: Request) -> Any:
    """One request, once; Attio's words hold names here, not customers' values, so the person gets them."""
    effect = Effect.REPEATABLE if request.method == "PATCH" else Effect.ONCE
    try:
        return client.send(request.method, request.path, body=request.body, effect=effect)
    except Rejected as error:
        raise ConfigurationError(f"Attio did not accept the change: {error.problem.message}") from error


def owner_path(object_slug: str, *tail: str) -> str:
    """`/v2/objects/people/...`, or `/v2/lists/sales_pipeline/...` for `lists/sales_pipeline`."""
    target, slug = ("lists", object_slug.removeprefix(LISTS)) if _is_list(object_slug) else ("objects", object_slug)
    return "/v2/" + "/".join(quote(part, safe="") for part in (target, slug, *tail))


def posted(path: str, data: Any) -> Request:
    """A request that makes something."""
    return Request("POST", path, {"data": data})


def patched(path: str, data: Any) -> Request:
    """A request that changes something."""
    return Request("PATCH", path, {"data": data})


def records_with(client: AttioClient, object_slug: str, condition: Any = None) -> str:
    """How many records fulfil a condition, as Attio tells with one page: `85 people`, `at least 500 people`, `an unknown number of people`.

    Attio has no call that counts, and entries of lists are not looked at.
    """
    if _is_list(object_slug):
        return "an unknown number of entries"
    body = {"filter": condition or {}, "limit": PAGE, "offset": 0}
    try:
        number = len(client.query(object_slug, body))
    except ConfigurationError:
        return f"an unknown number of {object_slug}"  # the count only informs; not every type can be asked for
    return f"at least {number:,} {object_slug}" if number == PAGE else f"{number:,} {object_slug}"


def _is_list(object_slug: str) -> bool:
    return object_slug.startswith(LISTS)
