"""The credential of one connection, as request headers: bearer tokens as they are, OAuth tokens got and renewed here, one renewal at a time."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from sdrbot_skills.broker import token_cache
from sdrbot_skills.credentials.model import BearerToken, ClientCredentials, ConnectionSpec, RefreshToken
from sdrbot_skills.credentials.rotation import store_refresh_token

_TOKEN_PATH = {
    "hubspot": "/oauth/v1/token",
    "pipedrive": "/oauth/token",
    "salesforce": "/services/oauth2/token",
    "zohocrm": "/oauth/v2/token",
}
_TOKEN_HOST = {"pipedrive": ("pipedrive.com", "https://oauth.pipedrive.com")}
"""CRMs that give out tokens at another host than the account's: the accounts' domain, and where tokens are got."""
_BASIC = frozenset({"pipedrive"})
_RATIONED = frozenset({"zohocrm"})
_RENEW_AT = 0.8


class TokenRefused(Exception):
    """The vendor does not accept the credential: a person has to connect the account again."""


class TokenRationed(TokenRefused):
    """The vendor gives no more tokens for a while; the credential itself is good."""


class TokenSource:
    """Gives the current token of a connection. `instance_url` is where the token answer says that the account lives (Salesforce, Zoho)."""

    def __init__(
        self, spec: ConnectionSpec, session: aiohttp.ClientSession, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._spec = spec
        self._session = session
        self._clock = clock
        self._lock = asyncio.Lock()
        self._refresh_token = (
            spec.credential.refresh_token.get_secret_value() if isinstance(spec.credential, RefreshToken) else ""
        )
        self._token = self._given_token()
        self._renew_at: float | None = None
        self.instance_url: str | None = (
            spec.credential.instance_url if isinstance(spec.credential, RefreshToken) else None
        )

    async def token(self) -> str:
        """The token to send now; renewed first when it is about to run out. Raises `TokenRefused`, `aiohttp.ClientError`."""
        if not self._token or (self._renew_at is not None and self._clock() >= self._renew_at):
            await self.renew(self._token)
        return self._token

    async def renew(self, stale: str) -> bool:
        """Get a new token unless somebody just did; False where this kind of credential cannot be renewed."""
        if isinstance(self._spec.credential, BearerToken):
            return False
        async with self._lock:
            if self._token == stale and not await self._take_kept(stale):
                await self._exchange()
        return True

    def secrets(self) -> list[str]:
        """Everything that must never appear in an answer."""
        credential = self._spec.credential
        known = [self._token, self._refresh_token]
        if not isinstance(credential, BearerToken):
            known.append(credential.client_secret.get_secret_value())
        return [secret for secret in known if len(secret) >= 8]

    def _given_token(self) -> str:
        credential = self._spec.credential
        if isinstance(credential, BearerToken):
            return credential.token.get_secret_value()
        if isinstance(credential, RefreshToken) and credential.access_token:
            return credential.access_token.get_secret_value()
        return ""

    async def _take_kept(self, stale: str) -> bool:
        """Use the token that another broker got, where the vendor rations them."""
        if self._spec.crm not in _RATIONED:
            return False
        kept = await asyncio.to_thread(token_cache.load, self._cache_secret())
        if kept is None or kept.token == stale:
            return False
        self._token, self.instance_url = kept.token, kept.origin
        self._renew_at = self._clock() + _RENEW_AT * (kept.expires - time.time())
        return True

    async def _keep(self, lifetime: float) -> None:
        if self._spec.crm in _RATIONED:
            kept = token_cache.KeptToken(self._token, self.instance_url, time.time() + lifetime)
            await asyncio.to_thread(token_cache.keep, self._cache_secret(), kept)

    def _cache_secret(self) -> str:
        """What opens the kept token: this very credential at this very server."""
        credential = self._spec.credential
        assert isinstance(credential, RefreshToken | ClientCredentials)
        return "\0".join((self._spec.origin, credential.client_secret.get_secret_value(), self._refresh_token))

    async def _exchange(self) -> None:
        url = _token_origin(self._spec) + _TOKEN_PATH[self._spec.crm]
        form, headers = self._form()
        async with self._session.post(url, data=form, headers=headers, allow_redirects=False) as answer:
            if answer.status != 200:
                code = await _oauth_error(answer)
                if self._spec.crm in _RATIONED and code == "Access Denied":
                    raise TokenRationed(f"{self._spec.name}: no more tokens are given for ten minutes; try again then.")
                raise TokenRefused(f"{self._spec.name}: the token request was answered {answer.status} {code}.")
            reply: dict[str, Any] = await answer.json(content_type=None)
        if "access_token" not in reply:  # Zoho says no with a 200
            raise TokenRefused(f"{self._spec.name}: the token request was answered {_code_in(reply)}.")
        rotated = reply.get("refresh_token")
        if isinstance(self._spec.credential, RefreshToken) and rotated and rotated != self._refresh_token:
            if self._spec.credential.store is not None:
                await asyncio.to_thread(
                    store_refresh_token,
                    self._spec.credential.store.service,
                    self._spec.credential.store.username,
                    reply,
                )
            self._refresh_token = str(rotated)
        self._token = str(reply["access_token"])
        self.instance_url = reply.get("instance_url", reply.get("api_domain", self.instance_url))
        lifetime = reply.get("expires_in")
        self._renew_at = self._clock() + _RENEW_AT * float(lifetime) if lifetime else None
        await self._keep(float(lifetime or 0))

    def _form(self) -> tuple[dict[str, str], dict[str, str]]:
        credential = self._spec.credential
        assert isinstance(credential, ClientCredentials | RefreshToken)
        pair = f"{credential.client_id}:{credential.client_secret.get_secret_value()}".encode()
        basic = {"Authorization": "Basic " + base64.b64encode(pair).decode()}
        if isinstance(credential, ClientCredentials):
            return {"grant_type": "client_credentials"}, basic
        if self._spec.crm in _BASIC:
            return {"grant_type": "refresh_token", "refresh_token": self._refresh_token}, basic
        return {
            "grant_type": "refresh_token",
            "client_id": credential.client_id,
            "client_secret": credential.client_secret.get_secret_value(),
            "refresh_token": self._refresh_token,
        }, {}


def _token_origin(spec: ConnectionSpec) -> str:
    domain, origin = _TOKEN_HOST.get(spec.crm, ("", ""))
    host = urlsplit(spec.origin).hostname or ""
    return origin if domain and host.endswith(domain) else spec.origin.rstrip("/")


async def _oauth_error(answer: aiohttp.ClientResponse) -> str:
    """The short `error` code of an OAuth error body (RFC 6749, 5.2); nothing else of the body is repeated."""
    try:
        reply = await answer.json(content_type=None)
    except (ValueError, UnicodeDecodeError):
        return ""
    return _code_in(reply)


def _code_in(reply: Any) -> str:
    code = reply.get("error") if isinstance(reply, dict) else None
    return str(code)[:40] if code else ""
