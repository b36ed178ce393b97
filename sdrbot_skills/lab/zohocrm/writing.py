"""Insert, update, upsert and delete, element by element, with Zoho's rules for duplicates (vendor docs "Upsert Records", "Insert Records").

Unique fields are always checked; the module's own check field (Email, Account_Name, Deal_Name) only by an upsert that does not leave it out.
"""

from collections.abc import Callable
from typing import Any

from sdrbot_skills.lab.core.store import Doc, Record
from sdrbot_skills.lab.zohocrm.errors import RowError, body
from sdrbot_skills.lab.zohocrm.locking import is_locked
from sdrbot_skills.lab.zohocrm.org import Field, Module, Org
from sdrbot_skills.lab.zohocrm.values import Values

Entry = dict[str, Any]
IGNORED = frozenset({"id", "Layout", "$append_values", "Tag"})
NEVER_UPSERTED = frozenset({"Tasks", "Events", "Calls", "Notes"})


class Writer:
    def __init__(self, org: Org, values: Values) -> None:
        self.org = org
        self.store = org.store
        self.values = values

    def insert(self, module: Module, rows: list[Any]) -> list[Entry]:
        return [_careful(self._insert, module, row, f"$.data[{number}]") for number, row in enumerate(rows)]

    def update(self, module: Module, rows: list[Any]) -> list[Entry]:
        return [_careful(self._update, module, row, f"$.data[{number}]") for number, row in enumerate(rows)]

    def upsert(self, module: Module, rows: list[Any], asked: list[str] | None) -> list[Entry]:
        """`asked` is duplicate_check_fields; without it the module's own check field comes first."""
        first = [module.duplicate_check] if asked is None else asked
        order = list(dict.fromkeys([*filter(None, first), *(one.api_name for one in module.uniques())]))
        return [
            _careful(lambda m, r, w: self._upsert(m, r, w, order), module, row, f"$.data[{number}]")
            for number, row in enumerate(rows)
        ]

    def delete(self, module: Module, ids: list[str]) -> list[Entry]:
        done = []
        for text in ids:
            if text.isdigit() and is_locked(self.org, int(text)):
                done.append(body("RECORD_LOCKED", {"id": text}))
            elif text.isdigit() and len(text) < 20 and self.store.archive(module.api_name, [int(text)]):
                self._drop_keys(module, self.store.get_many(module.api_name, [int(text)])[int(text)])
                done.append(
                    {"code": "SUCCESS", "details": {"id": text}, "message": "record deleted", "status": "success"}
                )
            else:
                done.append(body("INVALID_DATA", {"id": text}, "the id given seems to be invalid"))
        return done

    # --- one element ---

    def _insert(self, module: Module, row: Any, where: str) -> Entry:
        doc = self._doc(module, row, where, {})
        self._mandatory(module, doc, where)
        self._refuse_duplicates(module, doc, where, None)
        now = self.store.clock.now_ms()
        me = self.org.me()["id"]
        blank = {one.api_name: False for one in module.fields if one.data_type == "boolean"}
        numbers = {one.api_name: self._next_number(one) for one in module.fields if one.numbering}
        filled = {**blank, **numbers, "Owner": me, "Created_By": me, "Modified_By": me, **doc}
        record = Record(self.org.new_id(), filled, now, now)
        self.store.insert(module.api_name, [record])
        self._add_keys(module, record)
        return self._told(record, "record added")

    def _next_number(self, field: Field) -> str:
        """What an auto number gives the next record."""
        told = self.store.thing("numbering", str(field.id)) or {"next": int(field.numbering["start_number"])}
        self.store.put("numbering", str(field.id), {"next": told["next"] + 1})
        return f"{field.numbering.get('prefix') or ''}{told['next']}{field.numbering.get('suffix') or ''}"

    def _update(self, module: Module, row: Any, where: str) -> Entry:
        text = str(row.get("id", "")) if isinstance(row, dict) else ""
        if not text:
            raise RowError("MANDATORY_NOT_FOUND", {"api_name": "id", "json_path": f"{where}.id"})
        record = self.store.get(module.api_name, int(text)) if text.isdigit() and len(text) < 20 else None
        if record is None or record.archived:
            details = {"api_name": "id", "json_path": f"{where}.id"}
            raise RowError("INVALID_DATA", details, "the id given seems to be invalid")
        return self._change(module, record, row, where)

    def _upsert(self, module: Module, row: Any, where: str, order: list[str]) -> Entry:
        doc = self._doc(module, row, where, {})
        for name in order:
            found = self._holder(module, module.names[name], doc.get(name))
            if found is not None:
                return {"duplicate_field": name, "action": "update", **self._change(module, found, row, where)}
        return {"duplicate_field": None, "action": "insert", **self._insert(module, row, where)}

    def _change(self, module: Module, record: Record, row: Entry, where: str) -> Entry:
        if is_locked(self.org, record.id):
            raise RowError("RECORD_LOCKED", {"id": str(record.id)})
        doc = self._doc(module, row, where, record.doc)
        merged = {**record.doc, **doc}
        self._mandatory(module, merged, where)
        self._refuse_duplicates(module, doc, where, record.id)
        self._drop_keys(module, record)
        after = record._replace(doc={**merged, "Modified_By": self.org.me()["id"]}, modified=self.store.clock.now_ms())
        self.store.update(module.api_name, [after])
        self._add_keys(module, after)
        return self._told(after, "record updated")

    def _doc(self, module: Module, row: Any, where: str, before: Doc) -> Doc:
        """The fields of an element as they are kept; unknown names are ignored, as Zoho does, read-only ones too."""
        if not isinstance(row, dict):
            raise RowError("INVALID_DATA", {"expected_data_type": "jsonobject", "json_path": where})
        doc: Doc = {}
        for name, given in row.items():
            field = module.names.get(name)
            if name in IGNORED or field is None or field.ro:
                continue
            doc[name] = self.values.take(module, field, given, f"{where}.{name}")
        appended = row.get("$append_values") or {}
        for name in (name for name, wanted in appended.items() if wanted and name in doc):
            doc[name] = list(dict.fromkeys([*(before.get(name) or ()), *(doc[name] or ())]))
        if "Stage" in doc and module.api_name == "Deals" and doc["Stage"] in (known := self.org.stages()):
            doc.setdefault("Probability", known[doc["Stage"]][0])
        return doc

    def _mandatory(self, module: Module, doc: Doc, where: str) -> None:
        for field in module.fields:
            if field.mandatory and doc.get(field.api_name) in (None, ""):
                details = {"api_name": field.api_name, "json_path": f"{where}.{field.api_name}"}
                raise RowError("MANDATORY_NOT_FOUND", details)

    def _refuse_duplicates(self, module: Module, doc: Doc, where: str, own_id: int | None) -> None:
        for field in module.uniques():
            found = self._holder(module, field, doc.get(field.api_name))
            if found is not None and found.id != own_id:
                details = {
                    "api_name": field.api_name,
                    "json_path": f"{where}.{field.api_name}",
                    "id": str(found.id),
                    "duplicate_record": {
                        "id": str(found.id),
                        "Owner": self.values.person(found.doc["Owner"]),
                        "module": {"api_name": module.api_name, "id": str(module.id)},
                    },
                    "more_records": False,
                }
                raise RowError("DUPLICATE_DATA", details)

    # --- look-ups ---

    def holder(self, module: Module, name: str, value: Any) -> str | None:
        """The id of the oldest record whose field holds this value."""
        found = self._holder(module, module.names[name], value)
        return str(found.id) if found else None

    def _holder(self, module: Module, field: Field, value: Any) -> Record | None:
        """The oldest record that holds this value; values are compared without case unless the field says otherwise."""
        if value in (None, ""):
            return None
        ids = self.store.find(module.api_name, field.api_name, [str(value).casefold()]).get(str(value).casefold(), [])
        for record in sorted(self.store.get_many(module.api_name, ids).values()):
            if not field.unique.get("case_sensitive") or record.doc.get(field.api_name) == value:
                return record
        return None

    def _add_keys(self, module: Module, record: Record) -> None:
        self.store.add_keys(module.api_name, _keys(module, record))

    def _drop_keys(self, module: Module, record: Record) -> None:
        self.store.drop_keys(module.api_name, _keys(module, record))

    def reindex(self, module: Module, record: Record) -> None:
        """For a record that comes back from the bin."""
        self._add_keys(module, record)

    def _told(self, record: Record, message: str) -> Entry:
        created, modified = (self.values.person(record.doc[name]) for name in ("Created_By", "Modified_By"))
        details = {
            "Modified_Time": self.values.moment(record.modified),
            "Modified_By": {"name": modified["name"], "id": modified["id"]},
            "Created_Time": self.values.moment(record.created),
            "id": str(record.id),
            "Created_By": {"name": created["name"], "id": created["id"]},
            "$approval_state": "approved",
        }
        return {"code": "SUCCESS", "details": details, "message": message, "status": "success"}


def _keys(module: Module, record: Record) -> list[tuple[str, str, int]]:
    return [
        (name, str(record.doc[name]).casefold(), record.id)
        for name in module.indexed()
        if record.doc.get(name) not in (None, "")
    ]


def _careful(act: Callable[[Module, Any, str], Entry], module: Module, row: Any, where: str) -> Entry:
    try:
        return act(module, row, where)
    except RowError as error:
        return error.entry


def status_of(entries: list[Entry], all_done: int) -> int:
    """200 or 201 where all are done, 207 for a mixture, 400 where none is."""
    done = sum(entry["code"] == "SUCCESS" for entry in entries)
    return all_done if done == len(entries) else 207 if done else 400
