"""What the account tells about itself (v1): users, permissions, currencies, labels of leads, kinds of activities."""

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, success, table

_ADMIN = [{"app": "sales", "admin": True, "permission_set_id": "62cc4d7f-4038-4352-abf3-a8c1c822b631"}]

_CAMPAIGNS = [{"app": "campaigns", "admin": True, "permission_set_id": "b3a1f0d2-51c7-4c0b-9a43-1f2a60c1d7e4"}]


def fill(pipedrive: Pipedrive) -> None:
    standard, store = table("standard"), pipedrive.store
    apps = [*_ADMIN, *(_CAMPAIGNS if "campaigns" in pipedrive.variants else [])]
    base = 9_000_000 + int(pipedrive.app.options.account_id) % 1000 * 10
    for position, (name, email, active) in enumerate(standard["users"]):
        user = {
            "id": base + position,
            "name": name,
            "default_currency": "EUR",
            "locale": "en_US",
            "lang": 1,
            "email": email,
            "phone": None,
            "activated": True,
            "last_login": "2026-11-20 08:00:00",
            "created": "2020-01-01 08:00:00",
            "modified": "2026-11-20 08:00:00",
            "has_created_company": position == 0,
            "access": [{**app, "admin": position == 0} for app in apps],
            "active_flag": active,
            "timezone_name": "Europe/Tallinn",
            "timezone_offset": "+02:00",
            "role_id": 1,
            "icon_url": None,
            "is_you": position == 0,
            "is_deleted": False,
        }
        store.put("user", str(user["id"]), user)
    for number, (code, (name, symbol, decimals)) in enumerate(standard["currencies"].items(), 1):
        entry = {"id": number, "code": code, "name": name, "decimal_points": decimals, "symbol": symbol}
        store.put("currency", code, {**entry, "active_flag": True, "is_custom_flag": False})


def add_routes(pipedrive: Pipedrive) -> None:
    store, account = pipedrive.store, pipedrive.account

    @pipedrive.v1("GET", "/users/me")
    def me(request: Request) -> Response:
        return success(account.me())

    @pipedrive.v1("GET", "/users")
    def users(request: Request) -> Response:
        return success(sorted(store.things("user").values(), key=lambda user: int(user["id"])))

    @pipedrive.v1("GET", "/users/{id}/permissions")
    def permissions(request: Request) -> Response:
        return success(account.rights())

    @pipedrive.v1("GET", "/currencies")
    def currencies(request: Request) -> Response:
        return success(list(store.things("currency").values()))

    @pipedrive.v1("GET", "/leadLabels")
    def lead_labels(request: Request) -> Response:
        stamp = "2026-01-01T08:00:00.000Z"
        return success(
            [
                {"id": str(uuid5(NAMESPACE_OID, name)), "name": name, "color": colour, "add_time": stamp}
                | {"update_time": stamp}
                for name, colour in table("standard")["lead_labels"]
            ]
        )

    @pipedrive.v1("GET", "/activityTypes")
    def activity_types(request: Request) -> Response:
        names = table("standard")["activity_types"]
        return success([_activity_type(number, name) for number, name in enumerate(names, 1)])


def _activity_type(number: int, name: str) -> dict[str, Any]:
    stamp = "2026-01-01 08:00:00"
    shown = {"id": number, "name": name.capitalize(), "icon_key": name, "color": "FFFFFF", "order_nr": number}
    flags = {"key_string": name, "active_flag": True, "is_custom_flag": False}
    return {**shown, **flags, "add_time": stamp, "update_time": stamp}
