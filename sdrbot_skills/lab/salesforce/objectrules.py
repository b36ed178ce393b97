"""What the platform fills in by itself when a record of a certain object is written."""

from typing import Any

from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import Org

Doc = dict[str, Any]
_NAMED = frozenset({"Contact", "Lead", "User", "Individual"})


def complete(org: Org, name: str, doc: Doc, given: Doc) -> None:
    """Derive fields of `doc` in place; `given` is what this write sent."""
    if name in _NAMED:
        doc["Name"] = " ".join(part for part in (doc.get("FirstName"), doc.get("LastName")) if part)
    if name == "Opportunity":
        _opportunity(org, doc, given)
    elif name == "Contact":
        doc["IsEmailBounced"] = bool(doc.get("EmailBouncedDate") or doc.get("EmailBouncedReason"))
    elif name == "Task":
        doc["IsClosed"] = doc.get("Status") == "Completed"
    elif name == "Account" and doc.get("IsPersonAccount"):
        doc["Name"] = " ".join(part for part in (doc.get("FirstName"), doc.get("LastName")) if part)


def _opportunity(org: Org, doc: Doc, given: Doc) -> None:
    """A stage nobody defined counts as open, 0 percent, in the pipeline."""
    if "StageName" in given:
        unknown = (0.0, "Pipeline", "Pipeline", False, False)
        probability, category, category_name, closed, won = org.stages().get(doc["StageName"].casefold(), unknown)
        doc |= {"IsClosed": closed, "IsWon": won}
        if given.get("Probability") is None:
            doc["Probability"] = probability
        if given.get("ForecastCategoryName") is None:
            doc |= {"ForecastCategory": category, "ForecastCategoryName": category_name}
    amount = doc.get("Amount")
    doc["ExpectedRevenue"] = None if amount is None else round(amount * doc.get("Probability", 0) / 100, 2)
    if closes := doc.get("CloseDate"):
        year, quarter = int(closes[:4]), (int(closes[5:7]) + 2) // 3
        doc |= {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}


def refuse_update(name: str, doc: Doc) -> None:
    """Raises Refusal where records in this state are read-only."""
    if name == "Lead" and doc.get("IsConverted"):
        raise Refusal("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")


PERMISSION_OBJECTS = frozenset({"PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions"})
# Deleting a record takes these with it: object -> (child object, its reference field).
CASCADE = {
    "Account": (("Contact", "AccountId"), ("Opportunity", "AccountId")),
    "Opportunity": (("OpportunityContactRole", "OpportunityId"),),
    "Contact": (("OpportunityContactRole", "ContactId"),),
    "PermissionSet": (("FieldPermissions", "ParentId"), ("ObjectPermissions", "ParentId")),
}


def check(org: Org, name: str, doc: Doc, given: Doc) -> None:
    """Rules of single objects that no field table can say. Raises Refusal."""
    if name == "FieldPermissions":
        _check_field_permission(org, doc, given)
    elif name == "Task" and doc.get("WhatId") and str(doc.get("WhoId", "")).startswith("00Q"):
        raise Refusal("INVALID_CROSS_REFERENCE_KEY", "WhatId is not allowed with a lead as WhoId", ["WhatId"])
    currency = given.get("CurrencyIsoCode")
    if currency and currency not in _active_currencies(org):
        message = f"Currency ISO Code: bad value for restricted picklist field: {currency}"
        raise Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["CurrencyIsoCode"])


def _active_currencies(org: Org) -> set[str]:
    return {str(r.doc["IsoCode"]) for r in org.store.scan("CurrencyType") if r.doc["IsActive"]}


def _check_field_permission(org: Org, doc: Doc, given: Doc) -> None:
    """Required and master-detail fields are always visible and take no permission."""
    name, _, field_name = str(doc.get("Field", "")).partition(".")
    sobject = org.sobject(name)
    f = sobject.field(field_name) if sobject else None
    if f is None or not f.permissionable:
        message = f"Field Name: bad value for restricted picklist field: {doc.get('Field')}"
        raise Refusal("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["Field"])
    doc["PermissionsEdit"] = doc.get("PermissionsEdit", False)
    doc["PermissionsRead"] = doc.get("PermissionsRead", False) or doc["PermissionsEdit"]
    taken = org.store.find("FieldPermissions", "ParentId", [str(doc.get("ParentId"))])
    numbers = [number for hits in taken.values() for number in hits]
    for number, record in org.store.get_many("FieldPermissions", numbers).items():
        if "Field" in given and record.doc["Field"].lower() == str(doc["Field"]).lower() and not record.archived:
            other = ids.encode("01k", number)
            message = f"duplicate value found: <unknown> duplicates value on record with id: {other}"
            raise Refusal("DUPLICATE_VALUE", message, [])


def refuse_delete(org: Org, name: str, record_id: str, doc: Doc) -> None:
    """Raises Refusal where the platform keeps a record because of what hangs on it."""
    if name == "Account":
        hits = org.store.find("Opportunity", "AccountId", [record_id]).get(record_id, [])
        if any(record.doc.get("IsWon") for record in org.store.get_many("Opportunity", hits).values()):
            message = (
                f"Your attempt to delete {doc.get('Name')} could not be completed because some opportunities in that"
                " account were closed won."
            )
            raise Refusal("DELETE_FAILED", message, [])
    if name == "Contact" and doc.get("IsPersonAccount"):
        raise Refusal("DELETE_FAILED", "A person contact is deleted by deleting its person account", [])
