"""The credential of one connection, as request headers: bearer tokens as they are, OAuth tokens got and renewed here, one renewal at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import aiohttp

from sdrbot_skills.broker import token_cache
from sdrbot_skills.credentials.model import BearerToken, ClientCredentials, ConnectionSpec, RefreshToken
from sdrbot_skills.credentials.rotation import NotKept, Rotation
from sdrbot_skills.credentials.token_endpoint import error_code, token_request, token_url

_RATIONED = frozenset({"zohocrm"})
_RENEW_AT = 0.8


class TokenRefused(Exception):
    """The vendor does not accept the credential: a person has to connect the account again. `code` is the vendor's short word for why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


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
        self._rotation = Rotation(spec.origin, spec.credential) if isinstance(spec.credential, RefreshToken) else None
        self._token = self._given_token()
        self._renew_at: float | None = None
        self.instance_url: str | None = (
            spec.credential.instance_url if isinstance(spec.credential, RefreshToken) else None
        )
        self.scopes: list[str] | None = None
        """What the last token answer says was granted; `None` where it says nothing."""

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
        self._token, self.instance_url, self.scopes = kept.token, kept.origin, kept.scopes
        self._renew_at = self._clock() + _RENEW_AT * (kept.expires - time.time())
        return True

    async def _keep(self, lifetime: float) -> None:
        if self._spec.crm in _RATIONED:
            kept = token_cache.KeptToken(self._token, self.instance_url, time.time() + lifetime, self.scopes)
            await asyncio.to_thread(token_cache.keep, self._cache_secret(), kept)

    def _cache_secret(self) -> str:
        """What opens the kept token: this very credential at this very server."""
        credential = self._spec.credential
        assert isinstance(credential, RefreshToken | ClientCredentials)
        return "\0".join((self._spec.origin, credential.client_secret.get_secret_value(), self._refresh_token))

    async def _exchange(self) -> None:
        """Ask for a token. With a refresh token nobody else does so meanwhile: what it answers may replace the refresh token."""
        if self._rotation is None:
            await self._use(await self._ask())
            return
        try:
            with ExitStack() as held:
                await asyncio.to_thread(held.enter_context, self._rotation.one_at_a_time())
                await self._use(await self._ask_and_keep(self._rotation))
        except NotKept as error:
            raise TokenRefused(f"{self._spec.name}: {error}.") from error

    async def _ask_and_keep(self, rotation: Rotation) -> dict[str, Any]:
        self._refresh_token = await asyncio.to_thread(rotation.newest)
        reply = await self._ask()
        rotated = reply.get("refresh_token")
        if rotated and rotated != self._refresh_token:
            await asyncio.to_thread(rotation.keep, reply)
            self._refresh_token = str(rotated)
        return reply

    async def _ask(self) -> dict[str, Any]:
        credential = self._spec.credential
        assert isinstance(credential, ClientCredentials | RefreshToken)
        grant: dict[str, str] = {"grant_type": credential.kind}
        if isinstance(credential, RefreshToken):
            grant["refresh_token"] = self._refresh_token
        secret = credential.client_secret.get_secret_value()
        form, headers = token_request(self._spec.crm, credential.client_id, secret, grant)
        url = token_url(self._spec.crm, self._spec.origin)
        async with self._session.post(url, data=form, headers=headers, allow_redirects=False) as answer:
            reply = await _json(answer)
            if answer.status == 200 and "access_token" in reply:  # Zoho says no with a 200
                return reply
            code = error_code(reply)
            if self._spec.crm in _RATIONED and code == "Access Denied":
                raise TokenRationed(f"{self._spec.name}: no more tokens are given for ten minutes; try again then.")
            raise TokenRefused(f"{self._spec.name}: the token request was answered {answer.status} {code}.", code)

    async def _use(self, reply: dict[str, Any]) -> None:
        self._token = str(reply["access_token"])
        self.instance_url = reply.get("instance_url", reply.get("api_domain", self.instance_url))
        self.scopes = str(reply["scope"]).replace(",", " ").split() if reply.get("scope") else self.scopes
        lifetime = reply.get("expires_in")
        self._renew_at = self._clock() + _RENEW_AT * float(lifetime) if lifetime else None
        await self._keep(float(lifetime or 0))


async def _json(answer: aiohttp.ClientResponse) -> dict[str, Any]:
    try:
        reply = await answer.json(content_type=None)
    except (ValueError, UnicodeDecodeError):
        return {}
    return reply if isinstance(reply, dict) else {}
