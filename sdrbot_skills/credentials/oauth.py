"""Signing in: the authorization-code grant with state and PKCE (RFC 6749, 7636), from the address a person opens to the refresh token."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from pydantic import SecretStr

from sdrbot_skills.credentials.guide import Authorization
from sdrbot_skills.credentials.model import RefreshToken
from sdrbot_skills.credentials.token_endpoint import error_code, token_request, token_url
from sdrbot_skills.credentials.zoho import ACCOUNTS_SERVERS
from sdrbot_skills.errors import ConfigurationError, Retriable

_LOOPBACK = ("127.0.0.1", "localhost", "::1")

_REASONS = {
    "access_denied": "Somebody said no on the sign-in page.",
    "redirect_uri_mismatch": "The app does not know this callback address; enter it exactly as shown.",
    "invalid_redirect_uri": "The app does not know this callback address; enter it exactly as shown.",
    "invalid_client": "The client id or the client secret is not right, or belongs to another data centre.",
    "invalid_client_id": "The client id is not right. A new app needs up to ten minutes until it can be used.",
    "invalid_client_secret": "The client secret is not right.",
    "invalid_grant": "The code was used already, or is too old. Sign in once more.",
    "invalid_code": "The code was used already, or is too old. Sign in once more.",
    "invalid_scope": "The app was not given one of the scopes.",
}


@dataclass(frozen=True)
class SignIn:
    """One sign-in under way. `state` ties the answer to it, `verifier` the code."""

    crm: str
    origin: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(64), repr=False)

    def page(self, oauth: Authorization, scopes: Sequence[str]) -> str:
        """The address that the person opens."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect,
            "scope": oauth.separator.join(scopes),
            "state": self.state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            **oauth.parameters,
        }
        here = oauth.page.startswith("/") or urlsplit(self.origin).hostname in _LOOPBACK
        return (self.origin + oauth.path if here else oauth.page) + "?" + urlencode(asked)

    def finish(self, answer: Mapping[str, str]) -> tuple[str, RefreshToken]:
        """Origin and credential, from what the browser brought. Raises `ConfigurationError` saying what is wrong, `Retriable`."""
        if "code" not in answer:
            raise _refused(self.crm, answer.get("error", ""))
        origin = self._settled(answer)
        reply = self._exchange(origin, answer["code"])
        if not reply.get("refresh_token"):
            raise ConfigurationError(
                f"{self.crm} gave no refresh token, so the connection would end within hours. Give the app its scope for that, and sign in again."
            )
        credential = RefreshToken(
            client_id=self.client_id,
            client_secret=SecretStr(self.client_secret),
            refresh_token=SecretStr(reply["refresh_token"]),
            instance_url=reply.get("instance_url"),
        )
        return origin, credential

    def _settled(self, answer: Mapping[str, str]) -> str:
        """Zoho names the accounts server of the person's data centre in its answer; only a server of Zoho's is believed."""
        named = answer.get("accounts-server", "").rstrip("/")
        return named if self.crm == "zohocrm" and named in ACCOUNTS_SERVERS.values() else self.origin

    def _exchange(self, origin: str, code: str) -> dict[str, Any]:
        grant = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect,
            "code_verifier": self.verifier,
        }
        form, headers = token_request(self.crm, self.client_id, self.client_secret, grant)
        url = token_url(self.crm, origin)
        try:
            answer = httpx.post(url, data=form, headers=headers, timeout=30, trust_env=False, follow_redirects=False)
            reply = answer.json()
        except httpx.TransportError as error:
            raise Retriable(f"{urlsplit(url).hostname} does not answer ({type(error).__name__}).") from error
        except ValueError:
            reply = {}
        if not isinstance(reply, dict) or "access_token" not in reply:
            raise _refused(self.crm, error_code(reply))
        return reply


def _refused(crm: str, code: str) -> ConfigurationError:
    """The vendor's short word and ours for it; its longer text may hold what was sent."""
    word = code if code.replace("_", "").isalnum() and len(code) <= 40 else "an error"
    reason = _REASONS.get(word.lower(), "Try once more; if it stays so, look at the app's settings.")
    return ConfigurationError(f"{crm} answered {word}: {reason} Nothing was connected.")
