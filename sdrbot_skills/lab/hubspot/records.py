"""Writing and showing records: what is checked, what makes a record unique, what HubSpot derives by itself."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Answer, reply
from sdrbot_skills.lab.core.store import Doc, Record, Store
from sdrbot_skills.lab.hubspot import errors, values
from sdrbot_skills.lab.hubspot.schema import Layout, Schema
from sdrbot_skills.lab.hubspot.types import ObjectType


class Rejected(Exception):
    """One row that cannot be written: the status and body HubSpot would answer for it alone."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.body = body

    def answer(self) -> Answer:
        return Answer(reply(self.status, self.body))


@dataclass(slots=True)
class Change:
    """One row on its way: `old` is the record it changes (None: a new one), `values` are cleaned, "" clears."""

    values: dict[str, str]
    old: Record | None = None
    trace: str = ""
    id: int = 0


class Records:
    def __init__(self, store: Store, schema: Schema) -> None:
        self.store = store
        self.schema = schema
        self.contacts_created: Callable[[Sequence[Record]], None] = lambda contacts: None

    # --- checking ---

    def clean(self, kind: ObjectType, given: dict[str, Any], old: Record | None, api: str) -> dict[str, str]:
        """Checked and normalised values. Raises Rejected with every problem of the row, as HubSpot does."""
        layout = self.schema.layout(kind)
        checks, plain, most = layout.checks, layout.plain, values.MAX_TEXT
        problems: list[errors.Problem] = []
        cleaned: dict[str, str] = {}
        for name, value in given.items():
            if name in plain and type(value) is str and len(value) <= most:
                cleaned[name] = value
                continue
            check = checks.get(name)
            if check is None:
                missing = f'Property "{name}" does not exist'
                problems.append(errors.problem(name, "PROPERTY_DOESNT_EXIST", missing))
                continue
            try:
                text = value if type(value) is str else values.as_text(value)
                cleaned[name] = check(text) if text or name in layout.read_only else ""
            except values.BadValue as bad:
                problems.append(errors.problem(name, bad.error, bad.message))
        problems += self._special(layout, cleaned, old)
        if problems:
            raise Rejected(400, errors.invalid_values(problems))
        if api == "2026-09":
            _enforce_required(layout, cleaned, old)
        return cleaned

    def _special(self, layout: Layout, cleaned: dict[str, str], old: Record | None) -> list[errors.Problem]:
        """Rules that no property definition expresses: e-mail, domain, life cycle, stages, appended options."""
        problems: list[errors.Problem] = []
        if layout.kind.name == "contacts":
            problems += _emails(cleaned)
        elif cleaned.get("domain"):
            cleaned["domain"] = values.domain(cleaned["domain"])
        if cleaned.get("lifecyclestage") and old is not None:
            order = layout.lifecycle
            if order.get(old.doc.get("lifecyclestage", ""), -1) > order.get(cleaned["lifecyclestage"], 0):
                del cleaned["lifecyclestage"]  # answered with success, and nothing changes
        if layout.kind.stage and (layout.kind.stage in cleaned or layout.kind.pipeline in cleaned or old is None):
            problems += _stage(layout, cleaned, old)
        for name in layout.multiple & cleaned.keys():
            if cleaned[name].startswith(";"):
                before = old.doc.get(name, "").split(";") if old else []
                cleaned[name] = ";".join(dict.fromkeys([*filter(None, before), *cleaned[name][1:].split(";")]))
        return problems

    # --- writing ---

    def apply(self, kind: ObjectType, changes: Sequence[Change]) -> list[Record | Rejected]:
        """Write all rows that may be written; one outcome per row, in order. No two rows may mean the same record."""
        layout = self.schema.layout(kind)
        taken = self._taken(layout, changes)
        fresh = iter(self.store.next_ids(sum(1 for change in changes if change.old is None)))
        now = self.store.clock.now_ms()
        batch = _Batch(kind, now, iso_z(now))
        outcomes: list[Record | Rejected] = []
        opted_out = self._opted_out(kind, changes)
        for change in changes:
            change.id = change.old.id if change.old else next(fresh)
            clash = _clash(layout, change, taken)
            if clash:
                outcomes.append(clash)
                continue
            record = batch.add(layout, change)
            if opted_out and record.doc.get("email") in opted_out:
                record.doc["hs_email_optout"] = "true"
            outcomes.append(record)
        self.store.insert(kind.name, batch.inserted)
        self.store.update(kind.name, batch.updated)
        self.store.drop_keys(kind.name, batch.dropped_keys)
        self.store.add_keys(kind.name, batch.added_keys)
        if kind.name == "contacts" and batch.inserted:
            self.contacts_created(batch.inserted)
        return outcomes

    def _taken(self, layout: Layout, changes: Sequence[Change]) -> dict[str, dict[str, list[int]]]:
        taken: dict[str, dict[str, list[int]]] = {}
        for field in layout.unique:
            wanted = [
                value
                for change in changes
                for value in key_values(field, change.values)
                if change.old is None or value != change.old.doc.get(field)
            ]
            taken[field] = self.store.find(layout.kind.name, field, wanted) if wanted else {}
        return taken

    def _opted_out(self, kind: ObjectType, changes: Sequence[Change]) -> dict[str, list[int]]:
        if kind.name != "contacts":
            return {}
        return self.store.find("consent", "optout", [c.values["email"] for c in changes if c.values.get("email")])

    def archive(self, kind: ObjectType, ids: Sequence[int]) -> int:
        """To the recycle bin: unique values are free again, associations are gone. How many were there."""
        layout = self.schema.layout(kind)
        alive = [r for r in self.store.get_many(kind.name, ids).values() if not r.archived]
        keys = [(field, value, r.id) for r in alive for field in layout.keyed for value in key_values(field, r.doc)]
        self.store.drop_keys(kind.name, keys)
        for other in self.schema.kinds():
            there, back = f"{kind.name}>{other.name}", f"{other.name}>{kind.name}"
            for from_id, links in self.store.links(there, [record.id for record in alive]).items():
                self.store.unlink(there, [(from_id, to_id, None) for to_id, _ in links])
                self.store.unlink(back, [(to_id, from_id, None) for to_id, _ in links])
        return self.store.archive(kind.name, [record.id for record in alive])

    # --- reading ---

    def by_value(self, kind: ObjectType, field: str, wanted: Iterable[str]) -> dict[str, int]:
        """Value of a unique property -> id. E-mail means secondary ones too; archived records have no keys."""
        normal = {value: value.strip().lower() if field == "email" else value for value in wanted}
        found = self.store.find(kind.name, field, normal.values())
        return {value: found[key][0] for value, key in normal.items() if key in found}

    def find_alive(self, kind: ObjectType, ids: Sequence[int]) -> dict[int, Record]:
        """asked id -> record; a merged record's id gives the survivor."""
        found = {i: record for i, record in self.store.get_many(kind.name, ids).items() if not record.archived}
        missing = [i for i in ids if i not in found]
        if missing:
            merged = self.store.find(kind.name, "#merged", [str(i) for i in missing])
            survivors = self.store.get_many(kind.name, [ids_[0] for ids_ in merged.values()])
            found |= {int(old): survivors[new[0]] for old, new in merged.items() if new[0] in survivors}
        return found

    def require_unique(self, kind: ObjectType, field: str) -> None:
        if field not in self.schema.layout(kind).unique:
            raise errors.invalid(f"Unable to perform update/upsert by non-unique {kind.type_id} property: {field}")


@dataclass
class _Batch:
    """Collects the documents and keys of one write."""

    kind: ObjectType
    now: int
    stamp: str

    def __post_init__(self) -> None:
        self.inserted: list[Record] = []
        self.updated: list[Record] = []
        self.added_keys: list[tuple[str, str, int]] = []
        self.dropped_keys: list[tuple[str, str, int]] = []

    def add(self, layout: Layout, change: Change) -> Record:
        if change.old is None:
            doc: Doc = dict(change.values) if all(change.values.values()) else _set_only(change.values)
            doc["hs_object_id"] = str(change.id)
            doc.setdefault(self.kind.created, self.stamp)
            if self.kind.name == "contacts":
                doc["hs_marketable_status"] = "false"
            record = Record(change.id, doc, self.now, self.now)
            self.inserted.append(record)
        else:
            doc = {**change.old.doc, **change.values}
            if not all(change.values.values()):
                doc = _set_only(doc)
            record = Record(change.id, doc, change.old.created, self.now)
            self.updated.append(record)
        doc[self.kind.modified] = self.stamp
        _derive(layout, doc, change)
        self._keys(layout, change, doc)
        return record

    def _keys(self, layout: Layout, change: Change, doc: Doc) -> None:
        for field in layout.keyed:
            if change.old is None:
                self.added_keys += [(field, value, change.id) for value in key_values(field, doc)]
            elif field in change.values or (field == "email" and "hs_additional_emails" in change.values):
                before, after = key_values(field, change.old.doc), key_values(field, doc)
                self.dropped_keys += [(field, value, change.id) for value in before if value not in after]
                self.added_keys += [(field, value, change.id) for value in after if value not in before]


def _set_only(values_: dict[str, Any]) -> Doc:
    return {name: value for name, value in values_.items() if value}


def key_values(field: str, doc: dict[str, Any]) -> list[str]:
    """What a record claims of an indexed property; a contact claims its secondary e-mail addresses too."""
    first = doc.get(field)
    found = [first] if first else []
    if field == "email" and doc.get("hs_additional_emails"):
        found += [part for part in doc["hs_additional_emails"].split(";") if part]
    return found


def _clash(layout: Layout, change: Change, taken: dict[str, dict[str, list[int]]]) -> Rejected | None:
    claims = [(field, value) for field in layout.unique for value in key_values(field, change.values)]
    for field, value in claims:
        other = next((i for i in taken[field].get(value, ()) if i != change.id), None)
        if other is None:
            continue
        if field == "email":
            return Rejected(409, errors.contact_exists(other))
        message = f'A record with the value "{value}" for the unique property "{field}" already exists: {other}'
        return Rejected(400, errors.invalid_values([errors.problem(field, "CONFLICTING_UNIQUE_VALUE", message)]))
    for field, value in claims:
        taken[field].setdefault(value, []).append(change.id)
    return None


def _emails(cleaned: dict[str, str]) -> list[errors.Problem]:
    problems = []
    for name in ("email", "hs_additional_emails"):
        if cleaned.get(name):
            parts = [cleaned[name]] if name == "email" else cleaned[name].split(";")
            try:
                cleaned[name] = ";".join(values.email(part) for part in parts if part)
            except values.BadValue as bad:
                problems.append(errors.problem(name, bad.error, bad.message))
    return problems


def _stage(layout: Layout, cleaned: dict[str, str], old: Record | None) -> list[errors.Problem]:
    """A stage belongs to its pipeline; without a pipeline the record's own, else the first one, is meant."""
    kind, stages = layout.kind, layout.stages
    before = old.doc if old else {}
    pipeline = cleaned.get(kind.pipeline) or before.get(kind.pipeline) or next(iter(stages), "")
    if pipeline not in stages:
        message = f"{pipeline} was not one of the allowed options: [{', '.join(stages)}]"
        return [errors.problem(kind.pipeline, "INVALID_OPTION", message)]
    stage = cleaned.get(kind.stage) or before.get(kind.stage)
    if stage and stage not in stages[pipeline]:
        message = f"{stage} was not one of the allowed options: [{', '.join(stages[pipeline])}]"
        return [errors.problem(kind.stage, "INVALID_OPTION", message)]
    if stage:
        cleaned[kind.pipeline] = pipeline
    return []


def _derive(layout: Layout, doc: Doc, change: Change) -> None:
    """Properties that HubSpot computes."""
    if layout.kind.name == "contacts":
        if doc.get("email"):
            doc["hs_email_domain"] = doc["email"].rpartition("@")[2]
        else:
            doc.pop("hs_email_domain", None)
    elif layout.kind.name == "deals" and doc.get("dealstage"):
        stage = layout.stages.get(doc.get("pipeline", ""), {}).get(doc["dealstage"])
        chance = stage["metadata"].get("probability", "") if stage else ""
        doc["hs_deal_stage_probability"] = chance
        doc["hs_is_closed"] = "true" if chance in ("0.0", "1.0") else "false"
        doc["hs_is_closed_won"] = "true" if chance == "1.0" else "false"
        doc["hs_is_closed_lost"] = "true" if chance == "0.0" else "false"
    if layout.kind.name == "deals" and doc.get("amount"):
        doc["amount_in_home_currency"] = doc["amount"]


def _enforce_required(layout: Layout, cleaned: dict[str, str], old: Record | None) -> None:
    """From 2026-09 on, writes obey the account's required rules (changelog "CRM API Write Validation Enforcement")."""
    after = {**(old.doc if old else {}), **cleaned}
    problems = [
        errors.problem(name, "MISSING_REQUIRED_PROPERTY", f'Property "{name}" is required')
        for name in (layout.required["create"] if old is None else ())
        if not after.get(name)
    ]
    rules = layout.required["conditional"]
    obeyed = [rule for rule in rules if all(after.get(name) == value for name, value in rule["if"].items())]
    problems += [
        errors.problem(
            name, "MISSING_CONDITIONAL_REQUIRED_PROPERTY", f'Property "{name}" is required by a rule of this account'
        )
        for rule in obeyed
        for name in rule["then"]
        if not after.get(name)
    ]
    if problems:
        raise Rejected(400, errors.invalid_values(problems))
