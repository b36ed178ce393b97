"""The people of a deal: contact roles (OpenAPI v8 "deal-contact-roles"), and lists of records that point at a record."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.zohocrm.errors import refusal
from sdrbot_skills.lab.zohocrm.org import Org
from sdrbot_skills.lab.zohocrm.reading import PAGE, Reader, number

KIND = "deal_contacts"
MOST = 100


class Related:
    def __init__(self, org: Org, reader: Reader) -> None:
        self.org = org
        self.store = org.store
        self.reader = reader

    def add_routes(self, route: Any) -> None:
        route("GET", "/Deals/{deal}/Contact_Roles", self.listed)
        route("PUT", "/Deals/{deal}/Contact_Roles", self.relate)
        route("DELETE", "/Deals/{deal}/Contact_Roles", self.remove)
        route("PUT", "/Deals/{deal}/Contact_Roles/{contact}", self.relate_one)
        route("DELETE", "/Deals/{deal}/Contact_Roles/{contact}", self.remove_one)

    def listed(self, request: Request) -> Response:
        deal = self._deal(request)
        names = self.reader.asked_fields(request)
        contacts = self.org.modules()["Contacts"]
        linked = self.store.links(KIND, [deal]).get(deal, [])
        roles = {role["sequence_number"]: role for role in self.org.contact_roles()}
        records = self.store.get_many("Contacts", [contact for contact, _ in linked])
        rows = [
            {
                **self.reader.row(contacts, records[contact], names),
                "Contact_Role": {key: roles[label][key] for key in ("name", "id")},
            }
            for contact, label in linked
            if contact in records and not records[contact].archived
        ]
        size, page = min(int(request.first("per_page", str(PAGE))), PAGE), int(request.first("page", "1"))
        shown = rows[(page - 1) * size : page * size]
        if not shown:
            return Response(204)
        info = {
            "per_page": size,
            "count": len(shown),
            "page": page,
            "more_records": page * size < len(rows),
            "next_page_token": None,
            "previous_page_token": None,
            "page_token_expiry": None,
        }
        return reply(200, {"data": shown, "info": info})

    def relate(self, request: Request) -> Response:
        deal = self._deal(request)
        body = request.json()
        rows = body.get("data") if isinstance(body, dict) else None
        if not isinstance(rows, list) or not rows:
            raise refusal("MANDATORY_NOT_FOUND", {"api_name": "data", "json_path": "$.data"})
        if len(rows) > MOST:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST})
        return self._told([self._relate(deal, row, f"$.data[{place}]") for place, row in enumerate(rows)])

    def relate_one(self, request: Request) -> Response:
        deal = self._deal(request)
        (row,) = request.json()["data"]
        return self._told([self._relate(deal, {**row, "id": request.params["contact"]}, "$.data[0]")])

    def _relate(self, deal: int, row: dict[str, Any], where: str) -> dict[str, Any]:
        contact = number(str(row.get("id", "")))
        role = next(
            (one for one in self.org.contact_roles() if one["id"] == (row.get("Contact_Role") or {}).get("id")), None
        )
        if role is None:
            return _error("MANDATORY_NOT_FOUND", "Contact_Role", where, "required field not found")
        if not self.store.alive("Contacts", [contact]):
            return _error("INVALID_DATA", "id", where, "the related id given seems to be invalid")
        known = [label for to_id, label in self.store.links(KIND, [deal]).get(deal, []) if to_id == contact]
        self.store.unlink(KIND, [(deal, contact, None)])
        self.store.link(KIND, [(deal, contact, int(role["sequence_number"]))])
        self.store.count(f"writes/{KIND}/{'updated' if known else 'inserted'}")
        return _done(contact, "relation updated" if known else "relation added")

    def remove(self, request: Request) -> Response:
        deal = self._deal(request)
        return self._told([self._remove(deal, one) for one in request.first("ids").split(",")])

    def remove_one(self, request: Request) -> Response:
        return self._told([self._remove(self._deal(request), request.params["contact"])])

    def _remove(self, deal: int, text: str) -> dict[str, Any]:
        gone = self.store.unlink(KIND, [(deal, number(text), None)])
        self.store.count(f"writes/{KIND}/deleted", gone)
        if not gone:
            return _error("INVALID_DATA", "id", "$.data[0]", "the related id given seems to be invalid")
        return _done(number(text), "relation removed")

    def _deal(self, request: Request) -> int:
        deal = number(request.params["deal"])
        if not self.store.alive("Deals", [deal]):
            raise refusal("INVALID_DATA", {"resource_path_index": 1}, "the related id given seems to be invalid")
        return deal

    def _told(self, entries: list[dict[str, Any]]) -> Response:
        done = sum(entry["code"] == "SUCCESS" for entry in entries)
        return reply(200 if done == len(entries) else 207 if done else 400, {"data": entries})


def _done(contact: int, message: str) -> dict[str, Any]:
    return {"code": "SUCCESS", "details": {"id": str(contact)}, "message": message, "status": "success"}


def _error(code: str, name: str, where: str, message: str) -> dict[str, Any]:
    details = {"api_name": name, "json_path": f"{where}.{name}"}
    return {"code": code, "details": details, "message": message, "status": "error"}
