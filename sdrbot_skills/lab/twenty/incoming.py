"""What a caller sends for a record: names checked, relations by id or by `connect`, values as they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_DNS, uuid5

from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors, values
from sdrbot_skills.lab.twenty.composites import COMPOSITES, empty
from sdrbot_skills.lab.twenty.schema import PARTS, UNIQUE_PART, Field, ObjectType, unique_place

if TYPE_CHECKING:
    from sdrbot_skills.lab.twenty.files import Files
    from sdrbot_skills.lab.twenty.records import Records


class Incoming:
    """`files` is set when the emulator is put together: a FILES value names files that were uploaded before."""

    files: Files

    def __init__(self, records: Records) -> None:
        self._records = records

    def prepare(self, kind: ObjectType, body: Any) -> Doc:
        """Columns and what was sent for them; composites not merged yet, but valid, their key parts normalised."""
        if isinstance(body, list):
            body = {str(position): one for position, one in enumerate(body)}
        if not isinstance(body, dict):
            raise errors.type_error(f"Cannot create property 'position' on string '{body}'")
        row: Doc = {}
        for name, value in body.items():
            column, one = self._field(kind, name)
            if name in kind.fields and one.to:
                value = self._connected(one, value)
            row[column] = self._checked(kind, one, value)
        return row

    def apply(self, kind: ObjectType, doc: Doc, row: Doc) -> None:
        """Put a prepared row into a record's document."""
        for column, value in row.items():
            one = kind.joins.get(column) or kind.fields[column]
            if one.type == "FILES":
                value = self.files.write(one, value, doc.get(column))
            elif one.type in COMPOSITES:
                value = values.write(one, value, doc.get(column) or empty(one.type))
            elif value is None and not one.doc["isNullable"] and one.type == "SELECT":
                message = f'null value in column "{column}" of relation "{kind.name}" violates not-null constraint'
                raise errors.bad_request(message)
            doc[column] = value

    def _field(self, kind: ObjectType, name: str) -> tuple[str, Field]:
        one = kind.joins.get(name) or kind.fields.get(name)
        if one is None:
            raise errors.unknown_field(kind.name, name)
        if one.many:
            raise errors.bad_request(f"One-to-many relation {name} field does not support write operations.")
        return one.column, one

    def _checked(self, kind: ObjectType, one: Field, value: Any) -> Any:
        if one.name == "id":
            if not values.is_uuid(value):
                raise errors.invalid(f'Value "{value}" is not a valid UUID', "INVALID_QUERY_INPUT")
            return value.lower()
        if one.type in ("POSITION", "FILES"):
            return value
        if one.type in COMPOSITES:
            return self._composite(one, value)
        written = values.write(one, value, None)
        if one.join and written is not None:
            self._there(kind, one, written)
        return written

    def _composite(self, one: Field, value: Any) -> Any:
        """Valid on its own, whatever it will be merged into; unique parts as they will be stored."""
        whole = values.write(one, value, empty(one.type))
        part = UNIQUE_PART.get(one.type)
        if part and isinstance(value, dict) and part in value:
            return {**value, part: whole[part]} if one.type != "PHONES" else value
        return value

    def _there(self, kind: ObjectType, one: Field, record_id: str) -> None:
        """The other end exists; else the database's own words come through."""
        target = self._records.schema.objects()[one.to or ""]
        if not self._records.numbers(target, [record_id]):
            key = uuid5(NAMESPACE_DNS, f"{kind.name}.{one.column}").hex[:27]
            words = f'insert or update on table "{kind.name}" violates foreign key constraint "FK_{key}"'
            raise errors.bad_request(words)

    def _connected(self, one: Field, value: Any) -> str | None:
        """`{"connect": {"where": {...}}}` by a unique value, `{"disconnect": true}`."""
        if isinstance(value, dict) and value.get("disconnect"):
            return None
        where = ((value or {}).get("connect") or {}).get("where") if isinstance(value, dict) else None
        if not isinstance(where, dict):
            raise errors.bad_request(f"Nested creates are not supported for field {one.name}")
        target = self._records.schema.objects()[one.to or ""]
        keyed = [
            (place, key, words) for name, given in where.items() for place, key, words in _keys(target, name, given)
        ]
        if not keyed:
            raise errors.bad_request(f"Missing required fields: at least one unique constraint for {one.name}")
        place, key, words = keyed[0]
        found = self._records.numbers(target, [key], place)
        if not found:
            message = f"Expected 1 record to connect to {one.name}, but found 0 for {words} = {key}"
            raise errors.bad_request(message)
        return str(self._records.store.get_many(target.name, found.values())[found[key]].doc["id"])


def _keys(target: ObjectType, name: str, given: Any) -> list[tuple[str, str, str]]:
    """(place in the index, value, the column's name in messages)"""
    one = target.fields.get(name)
    if name == "id":
        return [("id", str(given), "id")]
    if one is None or not one.unique:
        return []
    part = UNIQUE_PART.get(one.type) if one.type in PARTS else None
    if part is None:
        return [(name, str(given), name)]
    value = (given or {}).get(part)
    return [(unique_place(one), str(value), name + part[0].upper() + part[1:])] if value else []
