"""What the end points share: the account, routes of both API versions, paging of both styles, times as each version spells them."""

import base64
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
import yaml

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Handler, Request, Response, reply
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.account import Account

V2_MOST, V2_USUAL = 500, 100
V1_MOST, V1_USUAL = 500, 100


@cache
def table(name: str) -> dict[str, Any]:
    """`entities.yaml` or `standard.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load(files(__package__ or "").joinpath(f"{name}.yaml").read_text("utf-8"))
    return loaded


class Pipedrive:
    def __init__(self, app: App) -> None:
        self.app, self.store = app, app.store
        self.account = Account(app)
        self.variants = frozenset(app.options.variants)

    def v2(self, methods: str, path: str) -> Callable[[Handler], Handler]:
        return self.app.route(methods, f"/api/v2{path}")

    def v1(self, methods: str, path: str) -> Callable[[Handler], Handler]:
        """On a company's host `/api/v1/...`, on api.pipedrive.com `/v1/...`."""

        def add(handler: Handler) -> Handler:
            self.app.router.add(methods, f"/api/v1{path}", handler)
            self.app.router.add(methods, f"/v1{path}", handler)
            return handler

        return add

    def need(self, right: str) -> None:
        if not self.account.rights().get(right, True):
            raise errors.no_permission()

    @property
    def user_id(self) -> int:
        return int(self.account.me()["id"])


# --- answers and pages ---


def success(data: Any, status: int = 200, **more: Any) -> Response:
    return reply(status, {"success": True, "data": data, **more})


def limit_of(request: Request) -> int:
    """v2's `limit`; what is beyond the maximum is cut (unverified at the vendor)."""
    text = request.first("limit") or str(V2_USUAL)
    if not text.isdigit() or int(text) < 1:
        raise errors.invalid("limit", "The value is not a valid 'integer'")
    return min(int(text), V2_MOST)


def cursor_after(request: Request) -> Any:
    """Where a v2 page starts; None for the first. Opaque to clients: base64 of JSON."""
    text = request.first("cursor")
    if not text:
        return None
    try:
        return orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["after"]
    except (ValueError, KeyError, TypeError) as error:
        raise errors.invalid("cursor", "Invalid cursor") from error


def cursor_at(after: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps({"after": after})).decode().rstrip("=")


def v2_page(request: Request, rows: Sequence[Any]) -> Response:
    """A page of a short list (fields, pipelines, stages), by position."""
    limit, start = limit_of(request), cursor_after(request) or 0
    more = len(rows) > start + limit
    following = cursor_at(start + limit) if more else None
    return success(list(rows[start : start + limit]), additional_data={"next_cursor": following})


def v1_page(request: Request, rows: Iterable[Any], most: int = V1_MOST) -> Response:
    """A page by offset: what is deleted meanwhile shifts it, as at the vendor."""
    shown, paging = _v1_slice(request, rows, most)
    return success(shown, additional_data={"pagination": paging})


def v1_flat_page(request: Request, rows: Iterable[Any]) -> Response:
    """The same as lists of fields answer it: the paging stands by itself."""
    shown, paging = _v1_slice(request, rows, V1_MOST)
    return success(shown, additional_data={key: value for key, value in paging.items() if key != "next_start"})


def _v1_slice(request: Request, rows: Iterable[Any], most: int) -> tuple[list[Any], dict[str, Any]]:
    start = _whole(request.first("start") or "0", "start")
    limit = min(_whole(request.first("limit") or str(V1_USUAL), "limit"), most)
    everything = list(rows)
    more = len(everything) > start + limit
    paging: dict[str, Any] = {"start": start, "limit": limit, "more_items_in_collection": more}
    if more:
        paging["next_start"] = start + limit
    return everything[start : start + limit], paging


def _whole(text: str, name: str) -> int:
    if not text.isdigit():
        raise errors.refuse(400, f"Parameter '{name}' is not a number")
    return int(text)


def body_of(request: Request) -> dict[str, Any]:
    value = request.json()
    if not isinstance(value, dict):
        raise errors.invalid("body", "The value is not a valid 'object'")
    return value


def record_id(text: str) -> int:
    """The number in a path; 0, which no record has, where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


# --- times ---


def v2_time(milliseconds: int) -> str:
    """2024-03-01T10:00:00Z"""
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def v1_time(milliseconds: int) -> str:
    """2024-03-01 10:00:00, in UTC without saying so."""
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%d %H:%M:%S}"


def lead_time(milliseconds: int) -> str:
    """2024-03-01T10:00:00.123Z"""
    return f"{datetime.fromtimestamp(milliseconds // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
