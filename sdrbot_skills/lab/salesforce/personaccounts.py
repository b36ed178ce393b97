"""Person Accounts (variant `person_accounts`): an account that is a person, with a shadow contact kept in step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.rows import Doc, Row
from sdrbot_skills.lab.salesforce.schema import Field

if TYPE_CHECKING:
    from sdrbot_skills.lab.salesforce.records import Writer

_SAME = ("FirstName", "LastName", "Salutation", "Phone", "Fax", "OwnerId", "Description")


def active(org: Org, name: str) -> bool:
    return name == "Account" and org.has("person_accounts")


def classify(org: Org, name: str, row: Row) -> None:
    """Person or business: what the record type says, else whether a LastName came. Raises Refusal."""
    if not org.has("person_accounts"):
        return
    if name == "Contact" and row.created and row.doc.get("IsPersonAccount"):
        raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", "a person contact is created through its account", [])
    if name != "Account":
        return
    person_types = _person_types(org)
    if "RecordTypeId" in row.given or not row.created:
        person = row.doc.get("RecordTypeId") in person_types
    else:
        person = "LastName" in row.given
        row.doc["RecordTypeId"] = person_types[0] if person else org.default_record_type(name)
    row.doc["IsPersonAccount"] = person
    if person and row.given.get("Name"):
        message = "Unable to create/update fields: Name. Name is made from first and last name for person accounts."
        raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, ["Name"])
    if not person and row.given.get("LastName"):
        message = "Unable to create/update fields: LastName. A business account has no last name."
        raise Refusal("INVALID_FIELD_FOR_INSERT_UPDATE", message, ["LastName"])


def required(view: View, doc: Doc) -> list[Field]:
    return [view.sobject.fields["LastName" if doc.get("IsPersonAccount") else "Name"]]


def _person_types(org: Org) -> list[str]:
    return [ids.encode("012", r.id) for r in org.store.scan("RecordType") if r.doc.get("IsPersonType")]


def after_insert(writer: Writer, view: View, rows: list[Row]) -> None:
    """Make the shadow contacts and write their ids into the accounts."""
    people = [row for row in rows if view.sobject.name == "Account" and row.doc.get("IsPersonAccount")]
    if not people:
        return
    store, now = writer.store, writer.store.clock.now_ms()
    contacts, accounts = [], []
    for row, number in zip(people, store.next_ids(len(people)), strict=True):
        row.doc["PersonContactId"] = ids.encode("003", number)
        doc = {"AccountId": row.id, "IsPersonAccount": True, "CreatedById": row.doc["CreatedById"]}
        contacts.append(Record(number, doc | _as_contact(writer.org, row.doc), now, now))
        accounts.append(Record(row.number, row.doc, 0, now))
    store.insert("Contact", contacts)
    store.update("Account", accounts)
    writer.index("Contact", [(record.id, record.doc) for record in contacts])


def after_update(writer: Writer, view: View, rows: list[Row]) -> None:
    """Whichever side changed, the other follows; LastModifiedDate moves on both."""
    name = view.sobject.name
    if name == "Account":
        pairs = [(row.doc["PersonContactId"], row.doc) for row in rows if row.doc.get("PersonContactId")]
        _follow(writer, "Contact", pairs, _as_contact)
    elif name == "Contact":
        pairs = [(row.doc["AccountId"], row.doc) for row in rows if row.doc.get("IsPersonAccount")]
        _follow(writer, "Account", pairs, _as_account)


def _follow(writer: Writer, name: str, pairs: list[tuple[str, Doc]], convert: object) -> None:
    numbers = {place[1]: doc for text, doc in pairs if (place := ids.decode(text))}
    if not numbers or not callable(convert):
        return
    now = writer.store.clock.now_ms()
    changed = []
    for number, record in writer.store.get_many(name, numbers).items():
        twin = convert(writer.org, numbers[number])
        doc = {key: value for key, value in (record.doc | twin).items() if value is not None}
        writer.reindex(name, number, record.doc, doc)
        changed.append(Record(number, doc, 0, now))
    writer.store.update(name, changed)


def _twins(org: Org) -> list[tuple[str, str]]:
    """(account field, contact field) pairs that hold the same value."""
    account, contact = org.sobject("Account"), org.sobject("Contact")
    if account is None or contact is None:
        return []
    pairs = [(name, name) for name in _SAME]
    for name in account.fields:
        plain = name.removeprefix("Person")
        if name.startswith("Person") and plain in contact.fields and name != "PersonContactId":
            pairs.append((name, plain))
        if name.endswith("__pc"):
            pairs.append((name, name.removesuffix("__pc") + "__c"))
    return pairs


def _as_contact(org: Org, doc: Doc) -> Doc:
    twin = {contact: doc.get(account) for account, contact in _twins(org)}
    return twin | {"Name": doc.get("Name"), "LastModifiedById": doc.get("LastModifiedById")}


def _as_account(org: Org, doc: Doc) -> Doc:
    twin = {account: doc.get(contact) for account, contact in _twins(org)}
    return twin | {"Name": doc.get("Name"), "LastModifiedById": doc.get("LastModifiedById")}
