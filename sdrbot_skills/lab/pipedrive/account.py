"""Who may call and how often: API tokens, OAuth tokens, the two-second windows, the day's tokens, and the users."""

import base64
from typing import Any
from uuid import NAMESPACE_DNS, uuid5
from zlib import crc32

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.consent import Consent
from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.limits import Window
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.costs import cost

BURST, SEARCHES, WINDOW = 20, 10, 2
DAILY_TOKENS = 30_000
IGNORED_LIMITS = 20
TOKEN_SECONDS, CODE_SECONDS = 3599, 300.0
CLIENT_ID, CLIENT_SECRET, REFRESH = "lab-client", "lab-client-secret-of-practice", "1:1:practice-refresh"
SCOPES = "base deals:full contacts:full activities:full leads:full products:full users:read search:read admin"


class Account:
    """The guard of the emulator, and what it knows about the company. Figures are those of one seat of the smallest plan."""

    def __init__(self, app: App) -> None:
        self.app, self.store = app, app.store
        options = app.options
        if not options.account_id:
            options.account_id = str(5_000_000 + crc32(options.name.encode()) % 4_000_000)
        self.token = uuid5(NAMESPACE_DNS, f"{options.name}.pipedrive.lab.invalid").hex + "00c0ffee"
        clock, metered = self.store.clock, options.metered
        self.burst = Window(clock, BURST if metered else 0, WINDOW)
        self.searches = Window(clock, SEARCHES if metered else 0, WINDOW)
        self.tokens = Window(clock, DAILY_TOKENS if metered else 0, 86_400)
        self._ignored = 0
        self.consent = Consent(app, lambda: CLIENT_ID, CODE_SECONDS)

    def fill(self) -> None:
        self.store.put("token", self.token, {"kind": "api", "expires": None, "scopes": SCOPES})

    # --- the guard ---

    def guard(self, request: Request) -> None:
        """401, 403 and 429, in this order."""
        if request.path.startswith("/oauth/"):
            return
        known = self.store.thing("token", _presented(request))
        if known is None or (known["expires"] is not None and known["expires"] <= self.store.clock.now_ms()):
            raise errors.unauthorized()
        request.context["token"] = known
        template = request.template or request.path
        spent = cost(request.method, template if template.startswith("/api") else f"/api{template}")
        request.context["spent"] = spent
        is_search = "earch" in template.rpartition("/")[2]
        if not self.burst.take() or (is_search and not self.searches.take()):
            self._ignored += 1
            raise Answer(errors.blocked() if self._ignored > IGNORED_LIMITS else errors.over_limit())
        self._ignored = 0
        if not self.tokens.take(spent):
            raise Answer(errors.over_limit())
        self.store.count("tokens", 0)

    def finish(self, request: Request, response: Response) -> None:
        """Rate headers, as far as they were seen in live answers."""
        if request.context.get("token") is None:
            return
        headers = {"x-daily-requests-left": "10000"} if request.method != "GET" else {}
        if self.burst.limit:
            headers |= {
                "x-ratelimit-limit": str(self.burst.limit),
                "x-ratelimit-remaining": str(self.burst.remaining()),
                "x-ratelimit-reset": str(WINDOW),
                "x-daily-ratelimit-token-limit": str(self.tokens.limit),
                "x-daily-ratelimit-token-remaining": str(self.tokens.remaining()),
            }
        response.headers = {**headers, **response.headers}

    def expire(self, request: Request) -> None:
        token = _presented(request)
        known = self.store.thing("token", token)
        if known:
            with self.store.transaction():
                self.store.put("token", token, {**known, "expires": self.store.clock.now_ms() - 1000})

    def grant(self, request: Request) -> Response:
        """POST /oauth/token (documentation "OAuth authorization"): a code or a refresh token for an access token of an hour."""
        scheme, _, pair = request.headers.get("Authorization", "").partition(" ")
        wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        form = request.form()
        if scheme.lower() != "basic" or pair != wanted:
            return reply(401, {"success": False, "error": "invalid_client", "message": "Client authentication failed"})
        if form.get("grant_type") == "authorization_code":
            if self.consent.redeem(form) is None:
                return reply(400, {"success": False, "error": "invalid_grant", "message": "Invalid authorization code"})
        elif form.get("grant_type") != "refresh_token" or form.get("refresh_token") != REFRESH:
            return reply(400, {"success": False, "error": "invalid_grant", "message": "Invalid refresh token"})
        token = f"v1u:{uuid5(NAMESPACE_DNS, str(len(self.store.things('token'))) + self.app.options.name)}"
        expires = self.store.clock.now_ms() + TOKEN_SECONDS * 1000
        self.store.put("token", token, {"kind": "oauth", "expires": expires, "scopes": SCOPES})
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "refresh_token": REFRESH}
        return reply(200, {**answer, "scope": SCOPES, "api_domain": self.app.base_url})

    # --- people ---

    def me(self) -> dict[str, Any]:
        """GET /v1/users/me: the first user, an administrator of sales."""
        user = next(iter(sorted(self.store.things("user").values(), key=lambda one: int(one["id"]))))
        company = {
            "company_id": int(self.app.options.account_id),
            "company_name": self.app.options.account_name,
            "company_domain": f"practice-{self.app.options.name}",
            "company_country": "EE",
            "company_industry": "Practice",
            "language": {"language_code": "en", "country_code": "US"},
        }
        return {**user, **company, "is_you": True}

    def rights(self) -> dict[str, bool]:
        """What the token's user may do; a test may take some away."""
        return {**dict.fromkeys(PERMISSIONS, True), **(self.store.thing("rights", "me") or {})}


PERMISSIONS = [
    "can_add_custom_fields",
    "can_add_products",
    "can_bulk_edit_items",
    "can_change_visibility_of_items",
    "can_delete_activities",
    "can_delete_custom_fields",
    "can_delete_deals",
    "can_edit_custom_fields",
    "can_edit_deals_closed_date",
    "can_merge_deals",
    "can_merge_organizations",
    "can_merge_people",
    "can_modify_labels",
    "can_see_hidden_items_names",
    "can_see_other_users",
    "can_use_api",
    "can_use_import",
]


def _presented(request: Request) -> str:
    """The API token's own header, or an OAuth bearer token; the old query parameter is not taken."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return request.headers.get("x-api-token", "") or (token.strip() if scheme.lower() == "bearer" else "")
