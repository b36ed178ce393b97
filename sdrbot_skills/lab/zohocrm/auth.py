"""OAuth of Zoho Accounts: the sign-in page, tokens from its code or from a refresh token, the limit on them, and the guard of every API call.

The token endpoint refuses with status 200 and `{"error": ...}`; a token lives an hour; ten may be asked for in ten minutes with one refresh
token (counted with the vendor's limits only). `api_domain` is always this emulator.
"""

import secrets
from typing import Any

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.consent import Consent
from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.limits import Window
from sdrbot_skills.lab.zohocrm.errors import refusal

TOKEN_SECONDS = 3600.0
CODE_SECONDS = 60.0
TOKENS, TOKEN_WINDOW = 10, 600.0
SCOPES = (
    "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.users.ALL ZohoCRM.org.ALL ZohoCRM.coql.READ ZohoCRM.bulk.ALL "
    "ZohoCRM.files.CREATE ZohoFiles.files.ALL"
)


class Auth:
    def __init__(self, app: App) -> None:
        self.app = app
        self._client: dict[str, Any] = app.store.thing("oauth", "client") or {}
        self._expires: dict[str, float] = {}
        self._consent = Consent(app, lambda: str(self._client["id"]), CODE_SECONDS, self._data_centre)
        self._window = Window(app.store.clock, TOKENS if app.options.metered else 0, TOKEN_WINDOW)

    def add_routes(self) -> None:
        self.app.router.add("GET", "/oauth/v2/auth", self._consent.page)
        self.app.router.add("POST", "/oauth/v2/token", self.token)
        self.app.router.add("POST", "/oauth/v2/token/revoke", self.revoke)

    def fill(self) -> None:
        """The self client and its refresh token; a reset keeps them."""
        if not self._client:
            self._client = {
                "id": f"1000.{secrets.token_hex(15).upper()}",
                "secret": secrets.token_hex(21),
                "refresh_token": f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}",
            }
        self.app.store.put("oauth", "client", self._client)

    def environment(self) -> dict[str, str]:
        return {
            "ZOHO_CLIENT_ID": self._client["id"],
            "ZOHO_CLIENT_SECRET": self._client["secret"],
            "ZOHO_REFRESH_TOKEN": self._client["refresh_token"],
            "ZOHO_BASE_URL": self.app.base_url,
        }

    def token(self, request: Request) -> Response:
        """Parameters come in the form or in the query."""
        given = {**{name: values[0] for name, values in request.query.items()}, **request.form()}
        if given.get("client_id") != self._client["id"]:
            return reply(200, {"error": "invalid_client"})
        if given.get("client_secret") != self._client["secret"]:
            return reply(200, {"error": "invalid_client_secret"})
        if given.get("grant_type") == "authorization_code":
            return self._first_token(given)
        if given.get("grant_type") != "refresh_token":
            return reply(200, {"error": "unsupported_grant_type"})
        refresh = given.get("refresh_token", "")
        if refresh != self._client["refresh_token"] and self.app.store.thing("refresh", refresh) is None:
            return reply(200, {"error": "invalid_code"})
        if not self._window.take():
            return reply(
                400,
                {
                    "error_description": "You have made too many requests continuously. Please try again after some time.",
                    "error": "Access Denied",
                    "status": "failure",
                },
            )
        return reply(200, self._issue(SCOPES))

    def _first_token(self, given: dict[str, str]) -> Response:
        """For a code: a refresh token comes with it where the page was asked for `access_type=offline`."""
        asked = self._consent.redeem(given)
        if asked is None:
            return reply(200, {"error": "invalid_code"})
        answer = self._issue(asked.get("scope", "").replace(",", " "))
        if asked.get("access_type") == "offline":
            answer["refresh_token"] = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
            self.app.store.put("refresh", answer["refresh_token"], {})
        return reply(200, answer)

    def _data_centre(self) -> dict[str, str]:
        return {"location": "us", "accounts-server": self.app.base_url}

    def _issue(self, scope: str) -> dict[str, Any]:
        token = f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"
        expires = self.app.store.clock.now() + TOKEN_SECONDS
        self.app.store.put("token", token, {"expires": expires})
        self._expires[token] = expires
        answer = {"access_token": token, "scope": scope, "api_domain": self.app.base_url, "token_type": "Bearer"}
        return {**answer, "expires_in": int(TOKEN_SECONDS)}

    def revoke(self, request: Request) -> Response:
        return reply(200, {"status": "success"})

    def guard(self, request: Request) -> None:
        """401 INVALID_TOKEN without a token that is known and young enough."""
        if request.path.startswith("/oauth/"):
            return
        token = _presented(request)
        if token not in self._expires and (known := self.app.store.thing("token", token)):
            self._expires[token] = known["expires"]
        if self._expires.get(token, 0.0) <= self.app.store.clock.now():
            raise refusal("INVALID_TOKEN")

    def expire(self, request: Request) -> None:
        """The fault `expire_token`."""
        token = _presented(request)
        with self.app.store.transaction():
            self.app.store.remove("token", token)
        self._expires.pop(token, None)


def _presented(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Zoho-oauthtoken" else ""
