"""Who may call and how often: tokens, scopes, rate limits, and the end points that tell about them."""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_DNS, uuid5
from zlib import crc32

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.consent import Consent
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.limits import Window
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.types import ALL_SCOPES, ObjectType

TOKEN_SECONDS, CODE_SECONDS = 1800, 60.0
TEN_SECONDS, PER_DAY, SEARCHES = 190, 625_000, 5
UNLIMITED = 1_000_000
LONGEST_URL = 16_384
CLIENT_ID, CLIENT_SECRET = "lab-client-id", "lab-client-secret"


class Account:
    """The guard of the emulator, and what it knows about the account."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.store = app.store
        self.name = app.options.name
        options = app.options
        if not options.account_id:
            options.account_id = str(20_000_000 + crc32(self.name.encode()) % 70_000_000)
        self.portal_id = int(options.account_id)
        self.token = f"pat-na1-{uuid5(NAMESPACE_DNS, f'{self.name}.hubspot.lab.invalid')}"
        metered = options.metered
        self.rolling = Window(self.store.clock, TEN_SECONDS if metered else 0, 10)
        self.daily = Window(self.store.clock, PER_DAY if metered else 0, 86_400)
        self.searches = Window(self.store.clock, SEARCHES if metered else 0, 1)
        self.consent = Consent(app, lambda: CLIENT_ID, CODE_SECONDS)
        self._tokens: dict[str, dict[str, Any]] = {}
        self._version = -1

    def fill(self) -> None:
        self.store.put("token", self.token, {"scopes": ALL_SCOPES, "expires": None, "kind": "private"})

    # --- the guard ---

    def guard(self, request: Request) -> None:
        """414, 401 and 429; end points that give out tokens need none."""
        if len(request.path) + sum(len(k) + len(v) + 2 for k, vs in request.query.items() for v in vs) > LONGEST_URL:
            raise Answer(Response(414, b"<html><h1>414 Request-URI Too Large</h1></html>", {}, "text/html"))
        if request.path.startswith("/oauth/") and "access-token-info" not in request.path:
            return
        known = self.known(bearer(request))
        if known is None:
            raise errors.not_authenticated()
        if known["expires"] is not None and known["expires"] <= self.store.clock.now_ms():
            raise errors.expired(max(1, (self.store.clock.now_ms() - known["expires"]) // 1000))
        request.context["token"] = known
        is_search = request.path.rstrip("/").endswith("/search")
        request.context["search"] = is_search
        if is_search and not self.searches.take():
            raise Answer(errors.over_limit("SECONDLY"))
        if not self.daily.take():
            raise Answer(errors.over_limit("DAILY"))
        if not self.rolling.take():
            raise Answer(errors.over_limit("TEN_SECONDLY_ROLLING"))

    def known(self, token: str) -> dict[str, Any] | None:
        if self._version != self.store.version:
            self._tokens, self._version = self.store.things("token"), self.store.version
        return self._tokens.get(token)

    def finish(self, request: Request, response: Response) -> None:
        """Rate-limit headers, on everything but searches; the daily ones not for OAuth tokens."""
        known = request.context.get("token")
        if known is None or request.context["search"]:
            return
        most = self.rolling.limit or UNLIMITED
        headers = {
            "X-HubSpot-RateLimit-Max": str(most),
            "X-HubSpot-RateLimit-Remaining": str(self.rolling.remaining() if self.rolling.limit else most),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        }
        if known["kind"] != "oauth":
            daily = self.daily.limit or UNLIMITED
            headers["X-HubSpot-RateLimit-Daily"] = str(daily)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(daily - self.daily.used)
        response.headers = {**headers, **response.headers}

    def expire(self, request: Request) -> None:
        token = bearer(request)
        known = self.store.thing("token", token)
        if known:
            with self.store.transaction():
                self.store.put("token", token, {**known, "expires": self.store.clock.now_ms() - 1000})

    # --- scopes ---

    def need(self, request: Request, scopes: Sequence[str]) -> None:
        """One of the scopes must be granted, else 403."""
        granted = request.context["token"]["scopes"]
        if not any(scope in granted for scope in scopes):
            raise errors.missing_scopes(scopes)

    def need_records(self, request: Request, kind: ObjectType, action: str) -> None:
        self.need(request, kind.scopes(action))

    # --- tokens ---

    def issue(self, scopes: Sequence[str] | None, kind: str, seconds: float | None, **more: Any) -> str:
        """A new access token; `seconds` None never expires."""
        number = len(self.store.things("token"))
        token = f"{'pat-na1' if kind == 'private' else 'CO'}-{uuid5(NAMESPACE_DNS, f'{self.name}-{kind}-{number}')}"
        expires = None if seconds is None else self.store.clock.now_ms() + int(seconds * 1000)
        granted = ALL_SCOPES if scopes is None else list(scopes)
        self.store.put("token", token, {"scopes": granted, "expires": expires, "kind": kind, **more})
        return token

    def grant(self, request: Request) -> Response:
        """POST /oauth/.../token: refresh_token, client_credentials or authorization_code."""
        form = request.form()
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise _oauth_error("BAD_CLIENT_ID", "invalid_client", "missing or unknown client id")
        refresh = form.get("refresh_token", "")
        if form.get("grant_type") == "refresh_token":
            grant = self.store.thing("refresh", refresh)
            if grant is None:
                raise _oauth_error("BAD_REFRESH_TOKEN", "invalid_grant", "refresh token is invalid, expired or revoked")
        elif form.get("grant_type") == "authorization_code":
            asked = self.consent.redeem(form)
            if asked is None:
                raise _oauth_error("BAD_AUTH_CODE", "invalid_grant", "missing or unknown auth code")
            grant = {"scopes": asked.get("scope", "").split() or ALL_SCOPES, "seconds": TOKEN_SECONDS}
            refresh = self.new_refresh(grant)
        elif form.get("grant_type") == "client_credentials":
            grant = {"scopes": form["scope"].split() if form.get("scope") else ALL_SCOPES, "seconds": TOKEN_SECONDS}
            refresh = self.new_refresh(grant)
        else:
            raise _oauth_error("BAD_GRANT_TYPE", "unsupported_grant_type", "unknown grant_type")
        seconds = grant["seconds"]
        token = self.issue(grant["scopes"], "oauth", seconds, refresh=refresh)
        shown = {"token_type": "bearer", "access_token": token, "refresh_token": refresh, "expires_in": int(seconds)}
        return reply(200, shown)

    def new_refresh(self, grant: dict[str, Any]) -> str:
        number = len(self.store.things("refresh"))
        refresh = str(uuid5(NAMESPACE_DNS, f"{self.name}-refresh-{number}"))
        self.store.put("refresh", refresh, grant)
        return refresh

    def describe(self) -> dict[str, Any]:
        """GET /account-info/v3/details"""
        return {
            "portalId": self.portal_id,
            "accountType": "STANDARD" if self.app.options.production else "DEVELOPER_TEST",
            "timeZone": "Europe/Berlin",
            "companyCurrency": "EUR",
            "additionalCurrencies": ["GBP", "USD"],
            "utcOffset": "+01:00",
            "utcOffsetMilliseconds": 3_600_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _oauth_error(status: str, error: str, message: str) -> Answer:
    more = {"error": error, "error_description": message}
    return Answer(reply(400, {**errors.body(message), "status": status, **more}))
