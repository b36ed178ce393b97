"""Lists, single records, counts, deleted records and search (vendor docs "Get Records", "Search Records", "Get Deleted Records")."""

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

import orjson

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.zohocrm import version2
from sdrbot_skills.lab.zohocrm.errors import refusal
from sdrbot_skills.lab.zohocrm.org import Module, Org
from sdrbot_skills.lab.zohocrm.specialfields import SEVERAL
from sdrbot_skills.lab.zohocrm.values import Values

PAGE = 200
BY_PAGE, BY_TOKEN = 2000, 100_000
MOST_FIELDS = 50
TOKEN_SECONDS = 86_400
RICH_TEXT_SHOWN = 500
SORTABLE = ("id", "Created_Time", "Modified_Time")


class Reader:
    def __init__(self, org: Org, values: Values) -> None:
        self.org = org
        self.store = org.store
        self.values = values

    # --- lists ---

    def listed(self, module: Module, request: Request) -> Response:
        names = version2.asked_fields(module, request) or self.asked_fields(request)
        if "ids" in request.query:
            return self._by_ids(module, request, names)
        size = min(int(request.first("per_page", str(PAGE))), PAGE)
        offset = self._offset(request, size)
        ids = self._ordered(module, request)
        records = self.store.get_many(module.api_name, ids[offset : offset + size])
        rows = [self.row(module, records[one], names) for one in ids[offset : offset + size]]
        return self._page(request, rows, size, offset, len(ids))

    def _by_ids(self, module: Module, request: Request, names: list[str]) -> Response:
        ids = request.first("ids").split(",")
        if len(ids) > 100:
            raise refusal("LIMIT_EXCEEDED", {"limit": 100, "param_name": "ids"})
        found = self.store.get_many(module.api_name, [number(one) for one in ids])
        rows = [self.row(module, record, names) for record in found.values() if not record.archived]
        return self._page(request, rows, PAGE, 0, len(rows))

    def asked_fields(self, request: Request) -> list[str]:
        """`fields` is mandatory, fifty at most."""
        names = [name for name in request.first("fields").split(",") if name]
        if not names:
            raise refusal("REQUIRED_PARAM_MISSING", {"param_name": "fields"})
        if len(names) > MOST_FIELDS:
            raise refusal("LIMIT_EXCEEDED", {"limit": MOST_FIELDS, "param_name": "fields"})
        return names

    def _ordered(self, module: Module, request: Request) -> list[int]:
        by, descending = request.first("sort_by", "id"), request.first("sort_order", "desc") != "asc"
        if by not in SORTABLE:
            raise refusal("INVALID_DATA", {"param_name": "sort_by"})
        if by == "Modified_Time":
            records = sorted(self.store.scan(module.api_name), key=lambda one: (one.modified, one.id))
            ids = [record.id for record in records]
        else:
            ids = list(self.store.ids(module.api_name))
        return ids[::-1] if descending else ids

    def _offset(self, request: Request, size: int) -> int:
        token = request.first("page_token")
        if token and "page" in request.query:
            raise refusal("AMBIGUITY_DURING_PROCESSING", {"param_names": ["page", "page_token"]})
        if token:
            return self._unpacked(token, request)
        offset = (int(request.first("page", "1")) - 1) * size
        if offset + size > BY_PAGE and not version2.asked(request):
            raise refusal("DISCRETE_PAGINATION_LIMIT_EXCEEDED")
        return offset

    def _unpacked(self, token: str, request: Request) -> int:
        try:
            held = orjson.loads(base64.urlsafe_b64decode(token))
        except ValueError:
            raise refusal("INVALID_DATA", {"param_name": "page_token"}) from None
        if held["bound"] != _bound(request):
            raise refusal("TOKEN_BOUND_DATA_MISMATCH", {"param_name": "page_token"})
        if held["until"] < self.store.clock.now():
            raise refusal("EXPIRED_VALUE", {"param_name": "page_token"})
        if held["offset"] >= BY_TOKEN:
            raise refusal("PAGINATION_LIMIT_EXCEEDED")
        return int(held["offset"])

    def _page(self, request: Request, rows: Iterable[dict[str, Any]], size: int, offset: int, total: int) -> Response:
        """204 without a body where there is nothing."""
        data = list(rows)
        if not data:
            return Response(204)
        more = offset + len(data) < total
        until = self.store.clock.now() + TOKEN_SECONDS
        token = {"offset": offset + size, "bound": _bound(request), "until": until}
        info = {
            "per_page": size,
            "count": len(data),
            "page": offset // size + 1,
            "sort_by": request.first("sort_by", "id"),
            "sort_order": request.first("sort_order", "desc"),
            "more_records": more,
            "next_page_token": base64.urlsafe_b64encode(orjson.dumps(token)).decode() if more else None,
            "previous_page_token": None,
            "page_token_expiry": self.values.moment(int(until * 1000)) if more else None,
        }
        return reply(200, {"data": data, "info": version2.info(info) if version2.asked(request) else info})

    def row(self, module: Module, record: Record, names: list[str], *, whole: bool = False) -> dict[str, Any]:
        """Fields that are not there are left out; rich text is cut, and several records are missing, unless the `whole` is asked for."""
        told: dict[str, Any] = {"id": str(record.id)}
        for name in names:
            field = module.names.get(name)
            if field is None or (field.data_type in SEVERAL and not whole):
                continue
            value = self.values.shown(module, field, record)
            if field.textarea == "rich_text" and isinstance(value, str) and not whole:
                value = value[:RICH_TEXT_SHOWN]
            told[name] = value
        return told

    # --- single records ---

    def single(self, module: Module, record_id: str) -> Response:
        record = self.store.get(module.api_name, number(record_id))
        if record is None or record.archived:
            return Response(204)
        names = [field.api_name for field in module.fields]
        return reply(200, {"data": [self.row(module, record, names, whole=True)]})

    def full_data(self, module: Module, request: Request) -> Response:
        """Rich text uncut, for records named by id."""
        if "ids" not in request.query:
            raise refusal("REQUIRED_PARAM_MISSING", {"param_name": "ids"})
        asked = [name for name in request.first("fields").split(",") if name]
        names = asked or [field.api_name for field in module.fields if field.textarea == "rich_text"]
        found = self.store.get_many(module.api_name, [number(one) for one in request.first("ids").split(",")])
        rows = [self.row(module, record, names, whole=True) for record in found.values() if not record.archived]
        return reply(200, {"data": rows}) if rows else Response(204)

    def count(self, module: Module) -> Response:
        return reply(200, {"count": self.store.total(module.api_name)})

    def deleted(self, module: Module, request: Request) -> Response:
        rows = [
            {
                "deleted_by": self.values.person(record.doc["Modified_By"]),
                "id": str(record.id),
                "display_name": self.values.name_of(module.api_name, str(record.id)),
                "type": "recycle",
                "created_by": self.values.person(record.doc["Created_By"]),
                "deleted_time": self.values.moment(record.modified),
            }
            for record in self.store.scan(module.api_name, archived=True)
        ]
        return self._page(request, rows, PAGE, 0, len(rows))

    def search(self, module: Module, request: Request) -> Response:
        """By e-mail, phone or word, as the lagging index shows it; criteria are not read by this emulator."""
        wanted = next((request.first(name) for name in ("email", "phone", "word") if name in request.query), "")
        if len(wanted) < 2:
            raise refusal("REQUIRED_PARAM_MISSING", {"param_name": "criteria"})
        unseen = self.store.lagging(module.api_name)
        fields = [one.api_name for one in module.fields if one.data_type in ("text", "email", "phone")]
        rows = []
        for record in self.store.scan(module.api_name):
            doc = unseen.get(record.id, record.doc)
            if doc is not None and any(wanted.casefold() in str(doc.get(name) or "").casefold() for name in fields):
                rows.append(self.row(module, record, [one.api_name for one in module.fields]))
        return self._page(request, rows[:PAGE], PAGE, 0, len(rows))


def number(text: str) -> int:
    """An id of a request; 0, which no record has, where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _bound(request: Request) -> str:
    """Everything but the token itself: another parameter and the token is void."""
    kept = {name: values for name, values in request.query.items() if name not in ("page_token", "page")}
    text = orjson.dumps([request.path, kept], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()[:16]
