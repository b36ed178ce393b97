"""Persons, organizations, deals, products and activities as v2 has them: one way of writing and reading for all (`entities.yaml`)."""

from collections.abc import Iterable, Mapping
from typing import Any

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.pipedrive import errors, values
from sdrbot_skills.lab.pipedrive.deals import settle_deal
from sdrbot_skills.lab.pipedrive.fields import Fields
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, table, v2_time

_LINKS = {"person_id": "persons", "org_id": "organizations", "deal_id": "deals"}


class Records:
    """Writing and showing records of every v2 entity."""

    def __init__(self, pipedrive: Pipedrive, fields: Fields) -> None:
        self._pipedrive, self._store, self._fields = pipedrive, pipedrive.store, fields
        self.entities: dict[str, dict[str, Any]] = table("entities")

    # --- writing ---

    def create(self, entity: str, body: Mapping[str, Any]) -> Record:
        """A new record. Raises the vendor's refusal."""
        spec = self.entities[entity]
        for key in spec.get("required", ()):
            if not body.get(key):
                raise errors.invalid(key, "Parameter is required")
        if entity == "persons" and not body.get("name"):
            raise errors.invalid("name", "Parameter is required")
        doc = self._checked(entity, body, new=True)
        now = self._store.clock.now_ms()
        doc.setdefault("owner_id", self._pipedrive.user_id)
        doc.setdefault("visible_to", 3)
        doc.setdefault("add_time", v2_time(now))
        doc["update_time"] = v2_time(now)
        if entity == "deals":
            doc["creator_user_id"] = self._pipedrive.user_id
        self._derive(entity, doc, body, now)
        (record_id,) = self._store.next_ids(1)
        record = Record(record_id, doc, now, now)
        self._store.insert(entity, [record])
        return record

    def update(self, entity: str, record: Record, body: Mapping[str, Any]) -> Record:
        """The record with the attributes of the body; others stay."""
        changes = self._checked(entity, body, new=False)
        custom = {**record.doc.get("custom_fields", {}), **changes.pop("custom_fields", {})}
        now = self._store.clock.now_ms()
        doc = {**record.doc, **changes, "update_time": v2_time(now)}
        doc["custom_fields"] = {code: value for code, value in custom.items() if value is not None}
        self._derive(entity, doc, body, now)
        changed = record._replace(doc=doc, modified=now)
        self._store.update(entity, [changed])
        return changed

    def _checked(self, entity: str, body: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
        """The body's attributes, each as it is stored."""
        spec = self.entities[entity]
        known = {**spec["write"], **(spec.get("create", {}) if new else {})}
        doc: dict[str, Any] = {}
        for key, value in body.items():
            if key == "custom_fields" and spec.get("custom", True):
                doc[key] = self._custom(entity, value, new=new)
            elif key not in known:
                raise errors.not_allowed(key)
            else:
                doc[key] = values.root(key, known[key], value)
        self._need_features(spec, doc)
        self._need_links(doc)
        return doc

    def _custom(self, entity: str, given: Any, *, new: bool) -> dict[str, Any]:
        if not isinstance(given, dict):
            raise errors.invalid("custom_fields", "The value is not a valid 'object'")
        known = self._fields.custom(self.entities[entity]["fields"])
        checked: dict[str, Any] = {}
        for code, value in given.items():
            if code not in known:
                raise errors.refuse(
                    400,
                    f"Validation failed: custom_fields: Unknown key '{code}'",
                    code="ERR_SCHEMA_VALIDATION_FAILED",
                )
            stored = values.custom(code, known[code], value)
            if stored is not None or not new:
                checked[code] = stored
        return checked

    def _need_features(self, spec: Mapping[str, Any], doc: Mapping[str, Any]) -> None:
        """Attributes of an add-on refuse the whole record where the account does not have it."""
        for feature, names in spec.get("needs", {}).items():
            if feature not in self._pipedrive.variants and any(name in doc for name in names):
                raise errors.no_permission(f"The {feature.replace('_', ' ')} feature is not enabled for this company.")

    def _need_links(self, doc: Mapping[str, Any]) -> None:
        for key, target in _LINKS.items():
            if doc.get(key) is not None and not self._store.alive(target, [doc[key]]):
                raise errors.refuse(400, f"{key}: Entity was not found", code="ERR_ENTITY_NOT_FOUND")
        owner = doc.get("owner_id")
        if owner is not None:
            user = self._store.thing("user", str(owner))
            if user is None or not user["active_flag"]:
                raise errors.refuse(400, "owner_id: User was not found or is not active", code="ERR_USER_NOT_FOUND")

    def _derive(self, entity: str, doc: dict[str, Any], body: Mapping[str, Any], now: int) -> None:
        if entity == "persons" and "name" in body:
            first, _, last = doc["name"].strip().partition(" ")
            doc["first_name"], doc["last_name"] = first or None, last.strip() or None
        if entity == "deals":
            settle_deal(self._pipedrive, doc, body, now)

    # --- showing ---

    def shown(self, entity: str, record: Record) -> dict[str, Any]:
        """A record as v2 answers it: every attribute, null where there is nothing; custom fields only where set."""
        spec = self.entities[entity]
        features = {name for feature, names in spec.get("needs", {}).items() for name in names}
        doc = record.doc
        entry: dict[str, Any] = {"id": record.id}
        for name, kind in {**spec["write"], **dict.fromkeys(spec.get("read", ()), "text")}.items():
            if name not in features or name in doc:
                entry[name] = doc.get(name, [] if kind in ("contacts", "integers", "objects") else None)
        entry["add_time"], entry["update_time"] = doc["add_time"], doc["update_time"]
        entry["is_deleted"] = record.archived
        entry.pop("marketing_status", None)  # only where include_fields asks for it
        if spec.get("custom", True):
            entry["custom_fields"] = self._custom_shown(spec["fields"], doc.get("custom_fields", {}))
        return entry

    def _custom_shown(self, kind: str, held: Mapping[str, Any]) -> dict[str, Any]:
        known = self._fields.custom(kind)
        if "null_custom_fields" in self._pipedrive.variants:
            return {code: held.get(code) for code in known}
        return {code: value for code, value in held.items() if code in known}

    # --- finding ---

    def one(self, entity: str, record_id: int) -> Record:
        """A record outside the bin; raises 404."""
        record = self._store.get(entity, record_id)
        if record is None or record.archived:
            raise errors.not_found()
        return record

    def all(self, entity: str, *, archived_deals: bool = False, deleted: bool = False) -> Iterable[Record]:
        """Every record by id; of deals those of the archive, or those outside it."""
        for record in self._store.scan(entity, archived=deleted):
            if entity != "deals" or bool(record.doc.get("is_archived")) is archived_deals:
                yield record
