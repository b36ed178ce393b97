"""OAuth 2.0: token endpoint, user info, session expiry (vendor doc "OAuth Authorization Flows").

Client credentials (Basic or form), authorization code (with PKCE), refresh token and JWT bearer are answered; the password flow is refused, as
orgs made in recent years do. A session lives two hours from its last use.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Any

import orjson

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.consent import Consent
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import Org

SESSION_SECONDS = 2 * 3600.0
CODE_SECONDS = 15 * 60.0
OPEN_PATHS = ("/services/oauth2/token", "/services/oauth2/authorize", "/services/data")
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class Auth:
    app: App
    org: Org
    _expires: dict[str, float] = field(default_factory=dict)
    _app: dict[str, Any] = field(default_factory=dict)
    _rotating: bool = False

    def __post_init__(self) -> None:
        self._app = self.app.store.thing("oauth", "client") or {}
        self._consent = Consent(self.app, lambda: str(self.client()["id"]), CODE_SECONDS)

    def add_routes(self) -> None:
        self.app.router.add("GET", "/services/oauth2/authorize", self._consent.page)
        self.app.controls["rotation"] = self._set_rotation
        self.app.router.add("POST", "/services/oauth2/token", self.token)
        self.app.router.add("GET POST", "/services/oauth2/userinfo", self.user_info)
        self.app.router.add("POST", "/services/oauth2/revoke", self.revoke)

    def fill(self) -> None:
        """Make the external client app and its secret; a reset keeps them."""
        if not self._app:
            self._app = {"id": "3MVG9lab" + secrets.token_urlsafe(24), "secret": secrets.token_hex(32).upper()}
        self.app.store.put("oauth", "client", self._app)

    def client(self) -> dict[str, Any]:
        return self._app

    def environment(self) -> dict[str, str]:
        """What a process needs to sign in."""
        client = self.client()
        return {"SF_CLIENT_ID": client["id"], "SF_CLIENT_SECRET": client["secret"], "SF_LOGIN_URL": self.app.base_url}

    # --- sessions ---

    def guard(self, request: Request) -> None:
        """Raises Answer 401 where the session is missing or over."""
        if request.path.rstrip("/") in OPEN_PATHS:
            return
        token = _bearer(request)
        now = self.app.store.clock.now()
        if token not in self._expires and (known := self.app.store.thing("session", token)):
            self._expires[token] = known["expires"]
        if self._expires.get(token, 0.0) <= now:
            raise Refusal("INVALID_SESSION_ID", "Session expired or invalid").answer()
        self._expires[token] = now + SESSION_SECONDS

    def expire(self, request: Request) -> None:
        """The fault `expire_token`."""
        token = _bearer(request)
        with self.app.store.transaction():
            self.app.store.remove("session", token)
        self._expires.pop(token, None)

    def revoke(self, request: Request) -> Response:
        token = request.form().get("token", "")
        self._expires.pop(token, None)
        self.app.store.remove("session", token)
        return Response(200, b"")

    # --- end points ---

    def token(self, request: Request) -> Response:
        form = request.form()
        match form.get("grant_type"):
            case "client_credentials":
                self._check_client(*_client(request, form))
            case "authorization_code":
                self._check_client(*_client(request, form))
                asked = self._consent.redeem(form)
                if asked is None:
                    raise _oauth("invalid_grant", "expired authorization code")
                scope = asked.get("scope") or "api refresh_token"
                return reply(200, self._issue(with_refresh="refresh_token" in scope.split(), scope=scope))
            case "refresh_token":
                self._check_client(*_client(request, form))
                refresh = form.get("refresh_token", "")
                if self.app.store.thing("refresh", refresh) is None:
                    raise _oauth("invalid_grant", "expired access/refresh token")
                if self._rotating:
                    self.app.store.remove("refresh", refresh)
                    return reply(200, self._issue(with_refresh=True))
            case grant if grant == _JWT:
                self._check_assertion(form.get("assertion", ""))
            case "password":
                raise _oauth("invalid_grant", "authentication failure")
            case _:
                raise _oauth("unsupported_grant_type", "grant type not supported")
        return reply(200, self._issue(with_refresh=form["grant_type"] == _JWT))

    def _check_client(self, given_id: str, given_secret: str) -> None:
        client = self.client()
        if not hmac.compare_digest(given_id, client["id"]):
            raise _oauth("invalid_client_id", "client identifier invalid")
        if given_secret and not hmac.compare_digest(given_secret, client["secret"]):
            raise _oauth("invalid_client", "invalid client credentials")
        if not given_secret:
            raise _oauth("invalid_client", "client secret is required")

    def _check_assertion(self, assertion: str) -> None:
        """Issuer and expiry are looked at, the signature is not: the lab has no certificate."""
        try:
            payload = assertion.split(".")[1]
            claims = orjson.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            issuer, expires = str(claims["iss"]), float(claims["exp"])
        except (IndexError, KeyError, ValueError, TypeError):
            raise _oauth("invalid_grant", "invalid assertion") from None
        if issuer != self.client()["id"]:
            raise _oauth("invalid_client_id", "client identifier invalid")
        if expires < self.app.store.clock.now():
            raise _oauth("invalid_grant", "expired authorization code")

    def _set_rotation(self, request: Request) -> Response:
        """POST /__lab__/rotation {"on": true}: each renewal gives a new refresh token and ends the old one ("Refresh Token Rotation")."""
        self._rotating = bool(request.json()["on"])
        return reply(200, {"on": self._rotating})

    def _issue(self, *, with_refresh: bool, scope: str = "api refresh_token") -> dict[str, Any]:
        store, org_id = self.app.store, self.org.id
        token = f"{org_id[:15]}!AQ{secrets.token_urlsafe(66)}"
        expires = store.clock.now() + SESSION_SECONDS
        store.put("session", token, {"expires": expires})
        self._expires[token] = expires
        issued = str(store.clock.now_ms())
        identity = f"{self.app.base_url}/id/{org_id}/{self.org.user_id}"
        secret = str(self.client()["secret"]).encode()
        answer = {
            "access_token": token,
            "signature": base64.b64encode(hmac.digest(secret, (identity + issued).encode(), hashlib.sha256)).decode(),
            "scope": scope,
            "instance_url": self.app.base_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued,
        }
        if with_refresh:
            answer["refresh_token"] = "5Aep861" + secrets.token_urlsafe(48)
            store.put("refresh", answer["refresh_token"], {})
        return answer

    def user_info(self, request: Request) -> Response:
        org_id, user_id = self.org.id, self.org.user_id
        return reply(200, {
            "sub": f"{self.app.base_url}/id/{org_id}/{user_id}", "user_id": user_id, "organization_id": org_id,
            "preferred_username": "integration@northwind-practice.example", "nickname": "integration",
            "name": "Integration User", "email": "integration@northwind-practice.example", "email_verified": True,
            "given_name": "Integration", "family_name": "User", "zoneinfo": "America/Los_Angeles", "active": True,
            "user_type": "STANDARD", "language": "en_US", "locale": "en_US", "utcOffset": -28800000,
            "is_app_installed": True,
        })  # fmt: skip


def _oauth(error: str, description: str) -> Answer:
    return Answer(reply(400, {"error": error, "error_description": description}))


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        try:
            name, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise _oauth("invalid_client", "invalid client credentials") from None
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme in ("Bearer", "OAuth") else ""
