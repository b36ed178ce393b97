"""The one spelling of a request that we accept. What is spelled otherwise is refused, never normalised: the bytes judged are the bytes sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_to_bytes

from sdrbot_skills.broker.refusal import Refusal

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
OVERRIDE_HEADERS = frozenset({"x-http-method-override", "x-http-method", "x-method-override", "x-original-method"})
OVERRIDE_QUERY = frozenset({"_httpmethod", "_method", "x-http-method-override", "method_override", "_http_method"})
CREDENTIAL_QUERY = frozenset({"hapikey", "access_token", "oauth_token", "api_token", "api_key", "sid"})
_PATH = re.compile(r"/(?:[A-Za-z0-9._~@+:,=!$&'()*/-]|%[0-9A-Fa-f]{2})*")
_QUERY = re.compile(r"(?:[A-Za-z0-9._~@+:,=!$&'()*/?|\[\]{}<>-]|%[0-9A-Fa-f]{2})*")


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request's line and the headers that decide, after the checks below. `target` is the exact request target."""

    method: str
    target: str
    path: str
    query: tuple[tuple[str, str], ...]
    host: str
    connection: str
    content_type: str


def read_envelope(method: str, target: str, raw_headers: Sequence[tuple[bytes, bytes]]) -> Envelope:
    """Check request line and headers; raises `Refusal`."""
    headers = _single_headers(raw_headers)
    if method not in METHODS:
        raise Refusal("unknown_operation", f"The method {method[:20]!r} is not let through.")
    path, mark, query = target.partition("?")
    _check_path(path)
    if mark and not _QUERY.fullmatch(query):
        raise Refusal("bad_request", "The query string holds characters that must be percent-encoded.")
    pairs = tuple(parse_qsl(query, keep_blank_values=True, errors="strict")) if query else ()
    for name, _ in pairs:
        if name.lower() in OVERRIDE_QUERY:
            raise Refusal("method_override", f"The query parameter {name!r} would change what the request does.")
        if name.lower() in CREDENTIAL_QUERY:
            raise Refusal(
                "bad_request", f"The query parameter {name!r} carries a credential; the broker adds credentials."
            )
    return Envelope(
        method=method,
        target=target,
        path=path,
        query=pairs,
        host=headers["host"],
        connection=headers.get("x-crm-connection", ""),
        content_type=headers.get("content-type", ""),
    )


def _single_headers(raw_headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for raw_name, raw_value in raw_headers:
        name = raw_name.decode("latin-1").lower()
        if name in OVERRIDE_HEADERS:
            raise Refusal("method_override", f"The header {name!r} would change what the request does.")
        if name in ("upgrade", "expect"):
            raise Refusal("bad_request", f"The header {name!r} is not let through.")
        if name in ("host", "x-crm-connection", "content-type", "content-length", "transfer-encoding") and name in seen:
            raise Refusal("bad_request", f"The header {name!r} appears twice.")
        seen[name] = raw_value.decode("latin-1").strip()
    if not seen.get("host"):
        raise Refusal("bad_request", "The Host header is missing.")
    if "content-length" in seen and "transfer-encoding" in seen:
        raise Refusal("bad_request", "Content-Length and Transfer-Encoding contradict each other.")
    if seen.get("content-encoding", "identity").lower() != "identity":
        raise Refusal("body_unreadable", "A compressed request body cannot be judged; send it uncompressed.")
    return seen


def _check_path(path: str) -> None:
    if not path.startswith("/"):
        raise Refusal("bad_request", "Only a path is accepted as request target, not a full URL.")
    if not _PATH.fullmatch(path) or "//" in path:
        raise Refusal("bad_request", "The path holds characters, or empty segments, that are not accepted.")
    for segment in path.split("/"):
        plain = unquote_to_bytes(segment)
        if plain in (b".", b"..") or any(byte < 0x20 or byte == 0x7F for byte in plain):
            raise Refusal("bad_request", "The path holds a relative segment or a control character.")
        parts = re.split(rb"[/\\]", plain)
        if len(parts) > 1 and any(part in (b".", b"..") for part in parts):
            raise Refusal("bad_request", "The path holds an encoded relative segment.")
