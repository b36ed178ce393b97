"""Request, response and router of the emulators: small, synchronous, without a web framework's ways."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from multidict import CIMultiDict, CIMultiDictProxy

JSON = "application/json;charset=utf-8"


@dataclass(slots=True)
class Request:
    """`path` is still percent-encoded; `params` are the decoded {placeholders} of the route's template."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: CIMultiDictProxy[str] | CIMultiDict[str]
    body: bytes
    template: str = ""
    params: dict[str, str] = field(default_factory=dict)
    shuffle: bool = False
    context: dict[str, Any] = field(default_factory=dict)

    def first(self, name: str, default: str = "") -> str:
        values = self.query.get(name)
        return values[0] if values else default

    def json(self) -> Any:
        """Raises orjson.JSONDecodeError; the vendor's `malformed` hook turns that into its own error."""
        return orjson.loads(self.body)

    def form(self) -> dict[str, str]:
        """application/x-www-form-urlencoded body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(slots=True)
class Response:
    """A body that is an iterator is streamed (chunked) to the client."""

    status: int = 200
    body: bytes | Iterator[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON


class Answer(Exception):
    """Raised by a handler to answer with this response and to take back everything the request wrote."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def reply(status: int, value: Any) -> Response:
    return Response(status, orjson.dumps(value))


Handler = Callable[[Request], Response]


class Router:
    """Routes by method and template, e.g. `/crm/v3/objects/{type}/{id}`; the first that was added and matches wins.

    A placeholder matches one percent-encoded path segment; `{name:regex}` matches what the regex says, `/` included.
    A trailing slash makes no difference.
    """

    def __init__(self) -> None:
        self._routes: dict[str, list[tuple[re.Pattern[str], str, Handler]]] = {}

    def add(self, methods: str, template: str, handler: Handler) -> None:
        """`methods` is one or several, e.g. "GET POST"."""
        for method in methods.split():
            self._routes.setdefault(method, []).append((_pattern(template), template, handler))

    def match(self, request: Request) -> Handler | None:
        for pattern, template, handler in self._routes.get(request.method, ()):
            if found := pattern.fullmatch(request.path):
                request.template = template
                request.params = {name: unquote(value) for name, value in found.groupdict().items()}
                return handler
        return None

    def methods(self, path: str) -> list[str]:
        """Methods that the path knows: tells 405 from 404."""
        return [m for m, routes in self._routes.items() if any(p.fullmatch(path) for p, _, _ in routes)]


def _pattern(template: str) -> re.Pattern[str]:
    def group(match: re.Match[str]) -> str:
        name, _, expression = match[1].partition(":")
        return f"(?P<{name}>{expression or '[^/]+'})"

    return re.compile(re.sub(r"\{([^{}]+)\}", group, template.rstrip("/")) + "/?")


def parse_query(text: str) -> dict[str, list[str]]:
    query: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return query
