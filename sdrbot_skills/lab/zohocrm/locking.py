"""Locked records: /{module}/{id}/Locking_Information__s (OpenAPI v8 "locking-informations"). What is locked refuses updates and deletion (RECORD_LOCKED).

A module's records can be locked once an administrator has made a configuration for it, which no call of the API does: `POST /__lab__/locking
{"modules": ["Contacts"]}`. A lock holds for everybody, its maker included, until it is taken away.
"""

from typing import Any

from sdrbot_skills.lab.core.http import Answer, Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.zohocrm.errors import body, refusal
from sdrbot_skills.lab.zohocrm.org import Module, Org
from sdrbot_skills.lab.zohocrm.reading import number
from sdrbot_skills.lab.zohocrm.values import Values

KIND = "record_lock"
CONFIGURED = ("record_locking", "configuration")


def is_locked(org: Org, record_id: int) -> bool:
    """Whether the record refuses to be changed."""
    return org.store.thing(KIND, str(record_id)) is not None


class Locking:
    def __init__(self, org: Org, values: Values) -> None:
        self.org, self.store, self.values = org, org.store, values

    def add_routes(self, route: Any) -> None:
        path = "/{module}/{id}/Locking_Information__s"
        route("GET", path, self.seen)
        route("POST", path, self.lock)
        route("PUT", f"{path}/{{lock}}", self.reword)
        route("DELETE", f"{path}/{{lock}}", self.unlock)

    def configure(self, request: Request) -> Response:
        """The lab's own: the modules whose records can be locked."""
        modules = [str(one) for one in request.json()["modules"]]
        self.store.put(*CONFIGURED, {"id": str(self.org.new_id()), "modules": modules})
        return reply(200, {"modules": modules})

    def seen(self, request: Request) -> Response:
        module, record = self._record(request)
        lock = self.store.thing(KIND, str(record.id))
        if lock is None:
            return Response(204)
        shown = {
            **lock,
            "Locked_For__s": {
                "module": {"api_name": module.api_name, "id": str(module.id)},
                "name": str(record.doc.get(module.duplicate_check or "") or record.id),
                "id": str(record.id),
            },
            "Lock_Source__s": "Manual",
            "$editable": True,
        }
        info = {"per_page": 200, "count": 1, "page": 1, "more_records": False}
        return reply(200, {"data": [shown], "info": info})

    def lock(self, request: Request) -> Response:
        _, record = self._record(request)
        if is_locked(self.org, record.id):
            raise refusal("NOT_ALLOWED", {"resource_path_index": 2}, "the record is locked already")
        reason, me = self._reason(request), self.org.me()
        lock: dict[str, Any] = {
            "id": str(self.org.new_id()),
            "Locked_Reason__s": reason,
            "Locked_Time__s": self.values.moment(self.store.clock.now_ms()),
            "Locked_By__s": {**self._named(me["id"]), "module": "users"},
        }
        self.store.put(KIND, str(record.id), lock)
        return self._told(201, str(lock["id"]), "record locked")

    def reword(self, request: Request) -> Response:
        record, lock = self._lock(request)
        self.store.put(KIND, str(record.id), {**lock, "Locked_Reason__s": self._reason(request)})
        return self._told(200, str(lock["id"]), "record updated")

    def unlock(self, request: Request) -> Response:
        record, lock = self._lock(request)
        self.store.remove(KIND, str(record.id))
        return self._told(200, str(lock["id"]), "record unlocked")

    def _record(self, request: Request) -> tuple[Module, Record]:
        module = self.org.module(request.params["module"])
        if module is None:
            raise refusal("INVALID_MODULE", {"resource_path_index": 0})
        configured = self.store.thing(*CONFIGURED) or {"modules": []}
        if module.api_name not in configured["modules"]:
            message = "Required Record Locking Configuration is not present"
            raise refusal("NOT_ALLOWED", {"resource_path_index": 0}, message)
        record = self.store.get(module.api_name, number(request.params["id"]))
        if record is None or record.archived:
            raise refusal("INVALID_DATA", {"resource_path_index": 1}, "the related id given seems to be invalid")
        return module, record

    def _lock(self, request: Request) -> tuple[Record, dict[str, Any]]:
        _, record = self._record(request)
        lock = self.store.thing(KIND, str(record.id))
        if lock is None or lock["id"] != request.params["lock"]:
            raise refusal("INVALID_DATA", {"resource_path_index": 3}, "the id given seems to be invalid")
        return record, lock

    def _reason(self, request: Request) -> str:
        rows = request.json().get("data")
        reason = rows[0].get("Locked_Reason__s") if isinstance(rows, list) and rows else None
        if not reason:
            missing = {"api_name": "Locked_Reason__s", "json_path": "$.data[0].Locked_Reason__s"}
            raise refusal_of_row("MANDATORY_NOT_FOUND", missing)
        return str(reason)

    def _named(self, user: str) -> dict[str, Any]:
        person = self.values.person(user)
        return {"name": person["name"], "id": person["id"]}

    def _told(self, status: int, lock_id: str, message: str) -> Response:
        done = {"code": "SUCCESS", "details": {"id": lock_id}, "message": message, "status": "success"}
        return reply(status, {"data": [done]})


def refusal_of_row(code: str, details: dict[str, Any]) -> Answer:
    """To be raised: the one row of the request is refused."""
    return Answer(reply(400, {"data": [body(code, details)]}))
