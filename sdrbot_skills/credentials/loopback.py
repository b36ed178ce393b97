"""The one address on this machine at which a browser brings back the answer of a sign-in (RFC 8252, "OAuth 2.0 for Native Apps").

It listens on loopback only, takes one answer with the right `state`, and is closed then.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from sdrbot_skills.errors import ConfigurationError

PORTS = (8080, *range(8081, 8090))
LONGEST_ADDRESS = 8192

_DONE = "<!doctype html><meta charset=utf-8><title>crm-migrate</title><p>{}</p><p>You can close this page and go back to the terminal.</p>"


class Callback:
    """`with Callback("salesforce") as callback:` then `callback.url` to register and `callback.wait(state, seconds)`."""

    def __init__(self, crm: str, ports: Sequence[int] = PORTS) -> None:
        self._path = f"/callback/{crm}"
        self._server = _listen(ports)
        self._server.callback = self
        self.url = f"http://localhost:{self._server.server_port}{self._path}"
        self._state = ""
        self._answer: dict[str, str] | None = None
        self.turned_away = 0

    def wait(self, state: str, seconds: float) -> dict[str, str]:
        """What the browser brought: `code`, or `error`. Raises `ConfigurationError` when the time is over. What has another state is turned away."""
        self._state = state
        until = time.monotonic() + seconds
        while self._answer is None and (left := until - time.monotonic()) > 0:
            self._server.timeout = left
            self._server.handle_request()
        if self._answer is not None:
            return self._answer
        away = " An answer that did not belong to this sign-in was turned away." if self.turned_away else ""
        raise ConfigurationError(
            f"Nobody signed in within {seconds / 60:.0f} minutes; nothing was connected.{away} Start again when you are ready."
        )

    def take(self, target: str) -> tuple[int, str]:
        """Judge one request of a browser: status and what it is shown."""
        parts = urlsplit(target)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path != self._path or not ({"code", "error"} & given.keys()):
            return 404, "There is nothing here."
        if self._answer is not None or not hmac.compare_digest(given.get("state", ""), self._state) or not self._state:
            self.turned_away += 1
            return 400, "This answer does not belong to the sign-in that is under way; it was turned away."
        self._answer = given
        return 200, "Thank you." if "code" in given else "Nothing was connected."

    def __enter__(self) -> Callback:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.server_close()


class _Server(HTTPServer):
    callback: Callback

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 5
    server: _Server

    def do_GET(self) -> None:
        status, words = (414, "Too long.") if len(self.path) > LONGEST_ADDRESS else self.server.callback.take(self.path)
        body = _DONE.format(words).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The address holds the code: it is not written anywhere."""


def _listen(ports: Sequence[int]) -> _Server:
    for port in ports:
        try:
            return _Server(("127.0.0.1", port), _Handler)
        except OSError:  # taken by another program; the next one then
            continue
    raise ConfigurationError(
        f"The ports {ports[0]} to {ports[-1]} on this machine are all taken; a sign-in needs one of them for a moment."
    )
