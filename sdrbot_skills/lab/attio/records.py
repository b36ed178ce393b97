"""Writing and showing records: append or replace, uniqueness, required values, both sides of relationships (docs "Records", "Standard objects").

A record's document holds its values by attribute key; values of relationships are links of the store, written for both sides at once.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.ids import number_of, uid
from sdrbot_skills.lab.attio.schema import Attribute, Schema, stamp
from sdrbot_skills.lab.attio.values import Values
from sdrbot_skills.lab.core.store import Doc, Record

MAILBOXES = frozenset({"gmail.com", "outlook.com", "yahoo.com", "icloud.com", "mailbox.example"})
KEYED = {
    "text": "value",
    "email-address": "email_address",
    "domain": "domain",
    "phone-number": "phone_number",
    "number": "value",
}
"""Types whose values are found by an index, and the member that is compared."""


class Mode(Enum):
    """What happens to the values of a multiselect attribute that is named."""

    APPEND = "append"
    REPLACE = "replace"


class Records:
    def __init__(self, schema: Schema, values: Values) -> None:
        self.schema, self.values = schema, values
        self.store, self.account = schema.store, schema.account
        self.make_companies = True

    # --- reading ---

    def get(self, object_slug: str, record_id: str) -> Record:
        """404 where there is none."""
        number = number_of(f"record {object_slug}", record_id)
        found = self.store.get(object_slug, number)
        if found is None:
            raise errors.not_found("Record", record_id)
        return found

    def entries(self, attribute: Attribute, record: Record) -> list[Doc]:
        """The stored values of one attribute."""
        if attribute.partner is not None:
            other = self.schema.by_number(attribute.partner).object
            linked = self.store.links(_link_kind(attribute), [record.id]).get(record.id, [])
            return [{"object": other, "record": to_id, "@": when} for to_id, when in linked]
        found: list[Doc] = record.doc.get(attribute.key, [])
        return found

    def show(self, object_doc: Doc, records: Sequence[Record]) -> list[Doc]:
        """Records as read: every attribute, always as a list."""
        slug = object_doc["slug"]
        attributes = self.schema.attributes(slug)
        ids = [record.id for record in records]
        linked = {
            one.key: (self.schema.by_number(one.partner).object, self.store.links(_link_kind(one), ids))
            for one in attributes
            if one.partner is not None
        }
        return [self._show(object_doc, record, attributes, linked) for record in records]

    def _show(
        self,
        object_doc: Doc,
        record: Record,
        attributes: Sequence[Attribute],
        linked: Mapping[str, tuple[str, dict[int, list[tuple[int, int]]]]],
    ) -> Doc:
        slug, created = object_doc["slug"], created_at(record)
        own = {
            "record_id": {"value": uid(f"record {slug}", record.id)},
            "created_at": {"value": created},
            "created_by": {"referenced_actor_type": "api-token", "referenced_actor_id": self.account.actor()["id"]},
        }
        values: Doc = {}
        for attribute in attributes:
            if attribute.slug in own:
                values[attribute.slug] = [self._dressed(attribute, own[attribute.slug], record.created)]
            elif attribute.key in linked:
                other, links = linked[attribute.key]
                values[attribute.slug] = [
                    self._dressed(attribute, self.values.show(attribute, {"object": other, "record": to_id}), when)
                    for to_id, when in links.get(record.id, ())
                ]
            else:
                values[attribute.slug] = [
                    self._dressed(attribute, self.values.show(attribute, stored), stored["@"])
                    for stored in record.doc.get(attribute.key, ())
                ]
        record_id = uid(f"record {slug}", record.id)
        page = f"https://app.attio.com/{self.account.slug}/{object_doc['singular'].lower()}/{record_id}"
        return {"id": self.id_of(object_doc, record.id), "created_at": created, "web_url": page, "values": values}

    def id_of(self, object_doc: Doc, number: int) -> Doc:
        return {
            "workspace_id": self.account.workspace,
            "object_id": uid("object", object_doc["n"]),
            "record_id": uid(f"record {object_doc['slug']}", number),
        }

    def _dressed(self, attribute: Attribute, value: Doc, when: int) -> Doc:
        return {
            "active_from": stamp(when),
            "active_until": None,
            "created_by_actor": self.account.actor(),
            **value,
            "attribute_type": attribute.type,
        }

    # --- writing ---

    def read_values(self, object_slug: str, body: Any) -> dict[Attribute, list[Doc]]:
        """The `{"data": {"values": ...}}` of a write, parsed; raises the refusal for the first value that does not fit."""
        given = (
            body.get("data", {}).get("values") if isinstance(body, dict) and isinstance(body["data"], dict) else None
        )
        if not isinstance(given, dict):
            raise errors.invalid("The body needs data.values, an object.")
        parsed: dict[Attribute, list[Doc]] = {}
        for key, value in given.items():
            attribute = self.schema.find(object_slug, key)
            if attribute is None or attribute.doc.get("archived"):
                raise errors.value_not_found(f'Cannot find attribute with slug/ID "{key}".')
            if attribute.doc.get("readonly"):
                raise errors.invalid(f'Cannot write to attribute "{attribute.slug}": it is read-only.')
            given_values = self._resolved(attribute, value) if attribute.type == "record-reference" else value
            parsed[attribute] = self.values.parse(attribute, given_values)
            if attribute.type == "record-reference":
                self._targets_exist(attribute, parsed[attribute])
        return parsed

    def create(self, object_doc: Doc, parsed: dict[Attribute, list[Doc]]) -> Record:
        slug, now = object_doc["slug"], self.store.clock.now_ms()
        for attribute in self.schema.attributes(slug):
            if attribute.doc.get("required") and not parsed.get(attribute):
                raise errors.missing_value(attribute.id)
        record = Record(self.store.next_ids(1)[0], {}, now, now)
        self._refuse_taken(slug, parsed, record.id)
        doc = {
            attribute.key: [{**value, "@": now} for value in entries]
            for attribute, entries in parsed.items()
            if attribute.partner is None and entries
        }
        record = record._replace(doc=doc)
        self.store.insert(slug, [record])
        self.store.add_keys(slug, _keys(self.schema, slug, record))
        for attribute, entries in parsed.items():
            self._relate(attribute, record.id, entries, Mode.REPLACE, now)
        if slug == "people" and self.make_companies:
            self._employ(record)
        return record

    def change(
        self,
        object_doc: Doc,
        record: Record,
        parsed: dict[Attribute, list[Doc]],
        mode: Mode,
        *,
        matching: Attribute | None = None,
    ) -> Record:
        """Write the named attributes. `matching`: the attribute of an assert, to which values are only ever added."""
        slug, now = object_doc["slug"], self.store.clock.now_ms()
        self._refuse_taken(slug, parsed, record.id)
        doc = dict(record.doc)
        for attribute, entries in parsed.items():
            if attribute.doc.get("required") and not entries:
                raise errors.missing_value(attribute.id)
            own = Mode.APPEND if attribute == matching else mode
            if attribute.partner is not None:
                self._relate(attribute, record.id, entries, own, now)
                continue
            doc[attribute.key] = _merged(attribute, doc.get(attribute.key, []), entries, own, now)
        doc = {key: values for key, values in doc.items() if values}
        changed = record._replace(doc=doc, modified=now)
        before, after = set(_keys(self.schema, slug, record)), set(_keys(self.schema, slug, changed))
        self.store.drop_keys(slug, before - after)
        self.store.add_keys(slug, after - before)
        self.store.update(slug, [changed])
        return changed

    def upsert(self, object_doc: Doc, matching: Attribute, parsed: dict[Attribute, list[Doc]]) -> Record:
        """Assert: the one record that has any of the values of the matching attribute, else a new one."""
        slug = object_doc["slug"]
        member = KEYED.get(matching.type)
        wanted = [key_text(value[member]) for value in parsed.get(matching, ())] if member else []
        found = {number for ids in self.store.find(slug, matching.key, wanted).values() for number in ids}
        if len(found) > 1:
            raise errors.uniqueness_conflict(matching.id)
        if not found:
            return self.create(object_doc, parsed)
        record = self.store.get_many(slug, found)[found.pop()]
        return self.change(object_doc, record, parsed, Mode.REPLACE, matching=matching)

    def delete(self, object_doc: Doc, record: Record) -> None:
        """For good: there is no recycle bin."""
        slug = object_doc["slug"]
        for attribute in self.schema.attributes(slug, archived=True):
            self._relate(attribute, record.id, [], Mode.REPLACE, 0)
        self.store.drop_keys(slug, _keys(self.schema, slug, record))
        self.store.purge(slug, [record.id])

    # --- parts of writing ---

    def _refuse_taken(self, slug: str, parsed: Mapping[Attribute, list[Doc]], own: int) -> None:
        for attribute, entries in parsed.items():
            if not attribute.unique:
                continue
            member = KEYED[attribute.type]
            found = self.store.find(slug, attribute.key, [key_text(value[member]) for value in entries])
            if any(number != own for ids in found.values() for number in ids):
                raise errors.uniqueness_conflict(attribute.id)

    def _resolved(self, attribute: Attribute, given: Any) -> list[Any]:
        """References written by a bare address or domain, or by a matching attribute's value, turned into ids."""
        entries = [] if given is None else given if isinstance(given, list) else [given]
        return [self._resolve(attribute, entry) for entry in entries]

    def _resolve(self, attribute: Attribute, entry: Any) -> Any:
        if isinstance(entry, str):
            allowed = attribute.doc.get("allowed") or []
            slug = allowed[0] if len(allowed) == 1 else ""
            member = {"people": "email_addresses", "companies": "domains"}.get(slug)
            if member is None:
                raise errors.invalid(f'"{attribute.slug}" needs target_object and target_record_id.')
            entry = {"target_object": slug, member: [entry]}
        if not isinstance(entry, dict) or "target_record_id" in entry or "target_object" not in entry:
            return entry
        slug = self.schema.object(str(entry["target_object"]))["slug"]
        (key,) = [name for name in entry if name != "target_object"] or [""]
        matching = self.schema.find(slug, key)
        if matching is None or matching.type not in KEYED:
            raise errors.value_not_found(f'Cannot find attribute with slug/ID "{key}".')
        wanted = [key_text(value[KEYED[matching.type]]) for value in self.values.parse(matching, entry[key])]
        found = [number for ids in self.store.find(slug, matching.key, wanted).values() for number in ids]
        if len(found) != 1:
            raise errors.value_not_found(f'Cannot find the record that "{attribute.slug}" points at.')
        return {"target_object": slug, "target_record_id": uid(f"record {slug}", found[0])}

    def _targets_exist(self, attribute: Attribute, entries: Iterable[Doc]) -> None:
        for entry in entries:
            if not self.store.alive(entry["object"], [entry["record"]]):
                raise errors.value_not_found(f'The record that "{attribute.slug}" points at was not found.')

    def _relate(self, attribute: Attribute, own: int, entries: Sequence[Doc], mode: Mode, now: int) -> None:
        """Write one side of a relationship and with it the other; a side that holds one lets go of what it held."""
        if attribute.partner is None:
            return
        other = self.schema.by_number(attribute.partner)
        wanted = [entry["record"] for entry in entries]
        there = [to_id for to_id, _ in self.store.links(_link_kind(attribute), [own]).get(own, ())]
        replaced = mode is Mode.REPLACE or not attribute.multi
        for to_id in [one for one in there if one not in wanted and (replaced and (wanted or mode is Mode.REPLACE))]:
            self._unlink(attribute, other, own, to_id)
        for to_id in [one for one in wanted if one not in there]:
            if not other.multi:
                for held, _ in self.store.links(_link_kind(other), [to_id]).get(to_id, ()):
                    self._unlink(attribute, other, held, to_id)
            self.store.link(_link_kind(attribute), [(own, to_id, now)])
            self.store.link(_link_kind(other), [(to_id, own, now)])

    def _unlink(self, attribute: Attribute, other: Attribute, own: int, to_id: int) -> None:
        self.store.unlink(_link_kind(attribute), [(own, to_id, None)])
        self.store.unlink(_link_kind(other), [(to_id, own, None)])

    def _employ(self, person: Record) -> None:
        """A person without a company gets the one of the e-mail's domain, which is made where it is not there yet."""
        company, emails = self.schema.find("people", "company"), self.schema.find("people", "email_addresses")
        domains = self.schema.find("companies", "domains")
        if company is None or emails is None or domains is None or self.entries(company, person):
            return
        hosts = [value["email_domain"] for value in person.doc.get(emails.key, ())]
        hosts = [host for host in hosts if host not in MAILBOXES]
        if not hosts:
            return
        found = self.store.find("companies", domains.key, hosts[:1]).get(hosts[0])
        if not found:
            made = self.create(self.schema.object("companies"), {domains: self.values.parse(domains, hosts[0])})
            found = [made.id]
        self._relate(
            company, person.id, [{"object": "companies", "record": found[0]}], Mode.REPLACE, self.store.clock.now_ms()
        )


def created_at(record: Record) -> str:
    """When a record was made; the digits below a millisecond tell records of one millisecond apart, as real nanoseconds would."""
    return stamp(record.created, record.id)


def key_text(value: Any) -> str:
    """A value as the index holds it."""
    return str(float(value)) if isinstance(value, int | float) else str(value)


def _merged(attribute: Attribute, there: list[Doc], entries: list[Doc], mode: Mode, now: int) -> list[Doc]:
    """New values first (Attio prepends); a value that stays keeps its time."""
    known = [{name: one for name, one in value.items() if name != "@"} for value in there]
    fresh = [{**value, "@": now} for value in entries if value not in known]
    if attribute.multi and mode is Mode.APPEND:
        return fresh + there
    kept = [there[known.index(value)] for value in entries if value in known]
    return [*kept, *fresh] if len(entries) < 2 else _in_order(entries, [*kept, *fresh])


def _in_order(entries: list[Doc], values: list[Doc]) -> list[Doc]:
    bare = [{name: one for name, one in value.items() if name != "@"} for value in values]
    return [values[bare.index(entry)] for entry in entries]


def _keys(schema: Schema, slug: str, record: Record) -> list[tuple[str, str, int]]:
    """What the index holds of a record."""
    return [
        (attribute.key, key_text(value[KEYED[attribute.type]]), record.id)
        for attribute in schema.attributes(slug, archived=True)
        if attribute.type in KEYED
        for value in record.doc.get(attribute.key, ())
        if len(key_text(value[KEYED[attribute.type]])) <= 500
    ]


def _link_kind(attribute: Attribute) -> str:
    return f"attribute {attribute.key}"
