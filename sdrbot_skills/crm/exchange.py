"""One request over httpx on the broker's socket: an answer, or our error for why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import orjson

from sdrbot_skills.crm.failures import Effect, no_answer, unreachable

Query = Mapping[str, str] | Sequence[tuple[str, str]]
JSON = {"Content-Type": "application/json"}


def exchange(
    http: httpx.Client,
    what: str,
    method: str,
    path: str,
    *,
    query: Query | None = None,
    body: Any = None,
    effect: Effect = Effect.READ,
) -> httpx.Response:
    """Send once and return whatever was answered; `what` names the request without values.

    Raises `ConfigurationError` where the request never left, `OutcomeUnknown` or `Retriable` (by `effect`) where it left and no answer came.
    """
    params = httpx.QueryParams(query if isinstance(query, Mapping) else list(query)) if query else None
    content, headers = (None, None) if body is None else (orjson.dumps(body), JSON)
    try:
        return http.request(method, path, params=params, content=content, headers=headers)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise unreachable(what, type(error).__name__) from error
    except httpx.TransportError as error:
        raise no_answer(what, effect, type(error).__name__) from error
