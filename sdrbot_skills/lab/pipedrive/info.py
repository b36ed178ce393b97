"""What the account tells about itself (v1): users, permissions, currencies, labels of leads, kinds of activities; and notes."""

from typing import Any
from uuid import NAMESPACE_OID, uuid5

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, record_id, success, table, v1_page, v1_time

_NOTE_LINKS = ("deal_id", "person_id", "org_id", "lead_id", "project_id", "task_id")
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

    _add_notes(pipedrive)


def _activity_type(number: int, name: str) -> dict[str, Any]:
    stamp = "2026-01-01 08:00:00"
    shown = {"id": number, "name": name.capitalize(), "icon_key": name, "color": "FFFFFF", "order_nr": number}
    flags = {"key_string": name, "active_flag": True, "is_custom_flag": False}
    return {**shown, **flags, "add_time": stamp, "update_time": stamp}


def _add_notes(pipedrive: Pipedrive) -> None:
    store = pipedrive.store

    def shown(record: Record) -> dict[str, Any]:
        return {"id": record.id, "active_flag": True, **record.doc, "update_time": v1_time(record.modified)}

    def known(request: Request) -> Record:
        record = store.get("notes", record_id(request.params["id"]))
        if record is None or record.archived:
            raise errors.not_found("Note not found")
        return record

    @pipedrive.v1("GET", "/notes")
    def listing(request: Request) -> Response:
        rows = list(store.scan("notes"))
        for name in _NOTE_LINKS:
            if wanted := request.first(name):
                rows = [record for record in rows if str(record.doc.get(name)) == wanted]
        return v1_page(request, [shown(record) for record in rows])

    @pipedrive.v1("POST", "/notes")
    def create(request: Request) -> Response:
        body = body_of(request)
        if not body.get("content") or not any(body.get(name) for name in _NOTE_LINKS):
            raise errors.refuse(400, "content and at least one of deal_id, person_id, org_id, lead_id are required")
        now = store.clock.now_ms()
        doc = {"user_id": pipedrive.user_id, "add_time": v1_time(now), **body}
        record = Record(store.next_ids(1)[0], doc, now, now)
        store.insert("notes", [record])
        return success(shown(record))

    @pipedrive.v1("GET", "/notes/{id}")
    def show(request: Request) -> Response:
        return success(shown(known(request)))

    @pipedrive.v1("PUT", "/notes/{id}")
    def change(request: Request) -> Response:
        record = known(request)
        changed = record._replace(doc={**record.doc, **body_of(request)}, modified=store.clock.now_ms())
        store.update("notes", [changed])
        return success(shown(changed))

    @pipedrive.v1("DELETE", "/notes/{id}")
    def delete(request: Request) -> Response:
        store.archive("notes", [known(request).id])
        return success(True)
