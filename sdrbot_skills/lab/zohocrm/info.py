"""Organisation and users (OpenAPI v8 "org", "users"); what the caller's edition still allows."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.org import Org


class Info:
    def __init__(self, org: Org) -> None:
        self.org = org

    def add_routes(self, route: Any) -> None:
        route("GET", "/org", self.organisation)
        route("GET", "/users", self.users)
        route("GET", "/users/{user}", self.user)
        route("GET", "/contacts/roles", self.contact_roles)

    def organisation(self, request: Request) -> Response:
        told = {
            "id": str(self.org.me()["id"]),
            "zgid": self.org.zgid,
            "company_name": self.org.options.account_name,
            "type": "production",
            "currency": "Euro",
            "iso_code": "EUR",
            "currency_symbol": "€",
            "currency_locale": "en_US",
            "time_zone": self.org.zone,
            "country_code": "US",
            "mc_status": False,
            "privacy_settings": False,
            "hipaa_compliance_enabled": False,
            "domain_name": "northwindpractice",
            "primary_email": self.org.me()["email"],
            "created_time": "2024-01-15T09:00:00-08:00",
            "license_details": {
                "paid_expiry": None,
                "users_license_purchased": 10,
                "trial_type": None,
                "trial_expiry": None,
                "paid": True,
                "paid_type": "enterprise",
                "portal_users_license_purchased": 0,
            },
        }
        return reply(200, {"org": [told]})

    def users(self, request: Request) -> Response:
        kind = request.first("type", "AllUsers")
        size, page = min(int(request.first("per_page", "200")), 200), int(request.first("page", "1"))
        chosen = [user for user in self.org.users() if _fits(kind, user)]
        shown = chosen[(page - 1) * size : page * size]
        if not shown:
            return Response(204)
        info = {"per_page": size, "count": len(shown), "page": page, "more_records": page * size < len(chosen)}
        return reply(200, {"users": [self._told(user) for user in shown], "info": info})

    def user(self, request: Request) -> Response:
        found = self.org.user(request.params["user"])
        return reply(200, {"users": [self._told(found)]}) if found else Response(204)

    def contact_roles(self, request: Request) -> Response:
        return reply(200, {"contact_roles": self.org.contact_roles()})

    def _told(self, user: dict[str, Any]) -> dict[str, Any]:
        profile = self.org.profiles()[0 if user["admin"] else 1]
        return {
            "id": user["id"],
            "email": user["email"],
            "first_name": user["first"],
            "last_name": user["last"],
            "full_name": f"{user['first']} {user['last']}",
            "status": user["status"],
            "confirm": True,
            "profile": {"name": profile["name"], "id": profile["id"]},
            "role": {"name": "CEO" if user["admin"] else "Manager", "id": profile["id"]},
            "time_zone": self.org.zone,
            "type__s": "Regular User",
        }


def _fits(kind: str, user: dict[str, Any]) -> bool:
    active = user["status"] == "active"
    chosen: dict[str, bool] = {
        "CurrentUser": user["admin"],
        "AdminUsers": user["admin"],
        "ActiveConfirmedAdmins": user["admin"] and active,
        "ActiveUsers": active,
        "ActiveConfirmedUsers": active,
        "DeactiveUsers": not active,
        "DeletedUsers": False,
    }
    return chosen.get(kind, True)
