"""What a client can learn about the account and its token: OAuth, identity, usage, capacity."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.account import CLIENT_ID, UNLIMITED, bearer
from sdrbot_skills.lab.hubspot.types import ALL_SCOPES
from sdrbot_skills.lab.hubspot.vendor import HubSpot

RECORDS_MOST, PROPERTIES_MOST = 15_000_000, 1000
USER, APP = 9_000_051, 4_455_667


def add_routes(hubspot: HubSpot) -> None:
    routes = Info(hubspot)
    add = hubspot.app.router.add
    dated = "/account-info/{api:v3|2026-03|2026-09}"
    add("GET", f"{dated}/details", routes.details)
    add("GET", f"{dated}/api-usage/daily/private-apps", routes.usage)
    add("GET", f"{dated}/api-usage/daily", routes.usage)
    add("GET", "/oauth/authorize", hubspot.account.consent.page)
    add("POST", "/oauth/{api:v1|v3|2026-03|2026-09}/token", hubspot.account.grant)
    add("GET", "/oauth/v1/access-tokens/{token}", routes.access_token)
    add("GET", "/oauth/v1/refresh-tokens/{token}", routes.refresh_token)
    add("DELETE", "/oauth/v1/refresh-tokens/{token}", routes.forget_refresh_token)
    add("POST", "/oauth/{api:v3|2026-03|2026-09}/token/introspect", routes.introspect)
    add("POST", "/oauth/{api:v3|2026-03|2026-09}/token/revoke", routes.revoke)
    add("POST", "/oauth/v2/private-apps/get/access-token-info", routes.private_app)
    hubspot.route("GET", "limits", "/custom-properties")(routes.property_limits)
    hubspot.route("GET", "limits", "/records")(routes.record_limits)
    hubspot.route("GET", "limits", "/pipelines")(routes.pipeline_limits)
    hubspot.route("GET", "limits", "/custom-object-types")(routes.type_limits)
    hubspot.route("GET", "limits", "/associations/labels")(routes.nothing_near)
    hubspot.route("GET", "limits", "/associations/records/from")(routes.nothing_near)
    hubspot.route("GET", "limits", "/associations/records/{from}/to")(routes.nothing_near)
    hubspot.route("GET", "limits", "/associations/records/{from}/{to}")(routes.nothing_near)
    hubspot.app.controls["tokens"] = routes.make_token


class Info:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store
        self.account = hubspot.account

    def details(self, request: Request) -> Response:
        """Answers without any particular scope."""
        return reply(200, self.account.describe())

    def usage(self, request: Request) -> Response:
        daily = self.account.daily
        row = {
            "name": "private-apps-api-calls-daily",
            "currentUsage": daily.used,
            "usageLimit": daily.limit or UNLIMITED,
            "collectedAt": self.hubspot.stamp(),
            "resetsAt": self.hubspot.stamp(),
            "fetchStatus": "SUCCESS",
        }
        return reply(200, {"results": [row]})

    # --- tokens ---

    def access_token(self, request: Request) -> Response:
        token = request.params["token"]
        known = self.account.known(token)
        if known is None or self._left(known) <= 0:
            raise errors.refuse(404, "Not found.")
        shown = {
            "token": token,
            "hub_id": self.account.portal_id,
            "hub_domain": "northwind-practice.example",
            "scopes": known["scopes"],
            "app_id": APP,
            "user_id": USER,
            "user": "maya.okafor@northwind-practice.example",
            "expires_in": self._left(known),
            "token_type": "access",
        }
        return reply(200, shown)

    def refresh_token(self, request: Request) -> Response:
        grant = self.store.thing("refresh", request.params["token"])
        if grant is None:
            raise errors.refuse(404, "Not found.")
        shown = {"token": request.params["token"], "client_id": CLIENT_ID, "scopes": grant["scopes"]}
        return reply(200, {**shown, "hub_id": self.account.portal_id, "user_id": USER, "token_type": "refresh"})

    def forget_refresh_token(self, request: Request) -> Response:
        self.store.remove("refresh", request.params["token"])
        return Response(204)

    def introspect(self, request: Request) -> Response:
        form = request.form()
        known = self.account.known(form.get("token", ""))
        if known is None or self._left(known) <= 0:
            return reply(200, {"active": False})
        shown = {
            "active": True,
            "token_use": "access_token",
            "hub_id": self.account.portal_id,
            "user_id": USER,
            "client_id": CLIENT_ID,
            "scopes": known["scopes"],
            "expires_in": self._left(known),
            "signed_access_token": {
                "hubId": self.account.portal_id,
                "userId": USER,
                "isUserLevel": bool(known.get("user_level")),
                "isServiceAccount": False,
            },
        }
        return reply(200, shown)

    def revoke(self, request: Request) -> Response:
        token = request.form().get("token", "")
        self.store.remove("refresh", token)
        self.store.remove("token", token)
        return Response(204)

    def private_app(self, request: Request) -> Response:
        """The token in the body; the Bearer header is sent as well."""
        token = str(request.json().get("tokenKey", ""))
        known = self.account.known(token)
        if known is None or known["kind"] != "private" or token != bearer(request):
            raise errors.refuse(404, "Not found.")
        shown = {"userId": USER, "hubId": self.account.portal_id, "appId": APP, "scopes": known["scopes"]}
        return reply(200, shown)

    def make_token(self, request: Request) -> Response:
        """POST /__lab__/tokens {"scopes": [...], "kind": "private" | "oauth", "expires_in": s, "user_level": bool}."""
        asked = request.json()
        kind, scopes = asked.get("kind", "private"), asked.get("scopes", ALL_SCOPES)
        seconds = asked.get("expires_in", 1800) if kind == "oauth" else asked.get("expires_in")
        made: dict[str, Any] = {
            "access_token": self.account.issue(scopes, kind, seconds, user_level=asked.get("user_level", False))
        }
        if kind == "oauth":
            refresh = self.account.new_refresh({"scopes": scopes, "seconds": seconds})
            made |= {"refresh_token": refresh, "client_id": CLIENT_ID, "client_secret": "lab-client-secret"}
        return reply(201, made)

    def _left(self, known: dict[str, Any]) -> int:
        if known["expires"] is None:
            return 1800
        return int((known["expires"] - self.store.clock.now_ms()) // 1000)

    # --- capacity ---

    def property_limits(self, request: Request) -> Response:
        self._any_object_scope(request)
        rows: list[dict[str, Any]] = []
        for kind in self.hubspot.schema.kinds():
            own = [d for d in self.hubspot.schema.layout(kind).properties.values() if not d["hubspotDefined"]]
            rows.append({"objectTypeId": kind.type_id, "limit": PROPERTIES_MOST, "usage": len(own)})
        usage = sum(row["usage"] for row in rows)
        return reply(200, {"overallLimit": 10 * PROPERTIES_MOST, "overallUsage": usage, "byObjectType": rows})

    def record_limits(self, request: Request) -> Response:
        self._any_object_scope(request)
        standard: list[dict[str, Any]] = []
        custom: list[dict[str, Any]] = []
        for kind in self.hubspot.schema.kinds():
            usage = self.store.total(kind.name)
            row = {
                "objectTypeId": kind.type_id,
                "singularLabel": kind.singular.capitalize(),
                "pluralLabel": kind.name.capitalize(),
                "limit": RECORDS_MOST,
                "usage": usage,
                "percentage": round(100 * usage / RECORDS_MOST, 2),
            }
            (custom if kind.custom else standard).append(row)
        overall = {"limit": RECORDS_MOST, "usage": sum(int(row["usage"]) for row in custom), "byObjectType": custom}
        return reply(200, {"hubspotDefinedObjectTypes": standard, "customObjectTypes": overall})

    def pipeline_limits(self, request: Request) -> Response:
        self._any_object_scope(request)
        rows = [
            {"objectTypeId": kind.type_id, "limit": 15, "usage": len(self.store.things(f"pipeline/{kind.name}"))}
            for kind in self.hubspot.schema.kinds()
            if kind.stage
        ]
        return reply(200, {"byObjectType": rows})

    def type_limits(self, request: Request) -> Response:
        self._any_object_scope(request)
        return reply(200, {"limit": 10, "usage": len(self.store.things("custom_object")), "byObjectType": []})

    def nothing_near(self, request: Request) -> Response:
        """Records near an association limit: none."""
        self._any_object_scope(request)
        return reply(200, {"results": []})

    def _any_object_scope(self, request: Request) -> None:
        granted = request.context["token"]["scopes"]
        if not any(scope.startswith("crm.objects.") or scope == "tickets" for scope in granted):
            raise errors.missing_scopes([s for s in ALL_SCOPES if s.startswith("crm.objects.") and s.endswith("read")])
