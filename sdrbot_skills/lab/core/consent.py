"""The page on which a person signs in and agrees (RFC 6749, 4.1, with PKCE, RFC 7636), played without a person: it says yes at once.

A control may make it say no, or come late. A code is good once and for a short while, only for the redirect address and the verifier it was made for.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply

_REGISTERED = re.compile(r"http://localhost:\d+/callback/[a-z]+")


class Consent:
    """The authorization endpoint of one emulator. `client_id` tells which app is known, `seconds` how long a code lives."""

    def __init__(
        self, app: App, client_id: Callable[[], str], seconds: float, more: Callable[[], dict[str, str]] = dict
    ) -> None:
        self.app = app
        self._client_id = client_id
        self._seconds = seconds
        self._more = more
        self._answer = "yes"
        app.controls["consent"] = self._set

    def page(self, request: Request) -> Response:
        """GET of the authorization endpoint: 302 to the redirect address with a code, or with `access_denied`."""
        given = {name: values[0] for name, values in request.query.items()}
        redirect = given.get("redirect_uri", "")
        if given.get("client_id") != self._client_id():
            raise _shown("invalid_client_id", "client identifier invalid")
        if not _REGISTERED.fullmatch(redirect):
            raise _shown("redirect_uri_mismatch", "redirect_uri must match configuration")
        state = {"state": given["state"]} if "state" in given else {}
        if self._answer == "no":
            denied = {"error": "access_denied", "error_description": "end-user denied authorization"}
            return _to(redirect, {**denied, **state})
        code = secrets.token_urlsafe(32)
        kept = {
            "redirect": redirect,
            "challenge": given.get("code_challenge", ""),
            "asked": given,
            "expires": self.app.store.clock.now() + self._seconds,
        }
        self.app.store.put("code", code, kept)
        return _to(redirect, {"code": code, **state, **self._more()})

    def redeem(self, form: dict[str, str]) -> dict[str, str] | None:
        """What the page was asked for, once; None where the code is not good (used, old, another redirect address, another verifier)."""
        code = form.get("code", "")
        kept: dict[str, Any] | None = self.app.store.thing("code", code)
        if kept is None:
            return None
        self.app.store.remove("code", code)
        if kept["expires"] <= self.app.store.clock.now() or form.get("redirect_uri") != kept["redirect"]:
            return None
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if kept["challenge"] and not hmac.compare_digest(challenge, kept["challenge"]):
            return None
        asked: dict[str, str] = kept["asked"]
        return asked

    def _set(self, request: Request) -> Response:
        """POST /__lab__/consent {"answer": "yes" | "no"}"""
        answer = request.json()["answer"]
        if answer not in ("yes", "no"):
            raise ValueError(f"answer is {answer!r}, expected yes or no")
        self._answer = answer
        return reply(200, {"answer": answer})


def _to(redirect: str, given: dict[str, str]) -> Response:
    return Response(302, b"", {"Location": f"{redirect}?{urlencode(given)}"})


def _shown(error: str, description: str) -> Answer:
    """Nothing is sent to an address that was not registered: the person sees the mistake."""
    return Answer(Response(400, f"error={error}&error_description={description}".encode(), {}, "text/plain"))
