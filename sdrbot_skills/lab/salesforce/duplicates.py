"""Duplicate rules: the standard ones that new orgs have switched on, by exact match of e-mail (people) or of name with
web site or phone (accounts). They alert, which the API treats as a refusal unless the client sent
`Sforce-Duplicate-Rule-Header: allowSave=true`; the variant `block_duplicates` refuses in any case.
"""

from typing import Any

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.errors import Refusal
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.rows import Row

_RULES = {
    "Account": ("Standard_Account_Duplicate_Rule", "Standard_Account_Match_Rule_v1_0"),
    "Contact": ("Standard_Contact_Duplicate_Rule", "Standard_Contact_Match_Rule_v1_1"),
    "Lead": ("Standard_Lead_Duplicate_Rule", "Standard_Lead_Match_Rule_v1_0"),
}
_ADVICE = "You're creating a duplicate record. We recommend you use an existing record instead."


def apply_rules(org: Org, view: View, rows: list[Row], *, allow_save: bool, base: str) -> None:
    """Refuse rows that look like a record which is there already; rows of the same call do not see each other."""
    name = view.sobject.name
    blocking = org.has("block_duplicates")
    if name not in _RULES or org.has("no_duplicate_rules") or (allow_save and not blocking):
        return
    active = [row for row in rows if row.ok and _concerned(name, row)]
    hits = _same_account(org, active) if name == "Account" else _same_email(org, name, active)
    for row, matches in hits:
        row.refuse(_refusal(name, matches, allow_save=not blocking, base=base))


def _concerned(name: str, row: Row) -> bool:
    """An update is looked at only where it changes what is compared."""
    compared = ("Name", "Website", "Phone") if name == "Account" else ("Email",)
    if row.before is None:
        return True
    before = row.before.doc
    return any(field in row.given and row.given[field] != before.get(field) for field in compared)


def _same_email(org: Org, name: str, rows: list[Row]) -> list[tuple[Row, list[tuple[str, str]]]]:
    """Contacts are compared with contacts and leads, leads with both too."""
    emails = {str(row.doc["Email"]).casefold() for row in rows if row.doc.get("Email")}
    found: dict[str, dict[str, list[int]]] = {
        other: org.store.find(other, "Email", emails) for other in ("Contact", "Lead")
    }
    hits = []
    for row in rows:
        email = str(row.doc.get("Email") or "").casefold()
        matches = [
            (other, ids.encode("003" if other == "Contact" else "00Q", number))
            for other in sorted(found, key=lambda other: other != name)
            for number in found[other].get(email, ())
            if not (other == name and number == row.number)
        ]
        if matches:
            hits.append((row, matches))
    return hits


def _same_account(org: Org, rows: list[Row]) -> list[tuple[Row, list[tuple[str, str]]]]:
    names = {str(row.doc.get("Name", "")).casefold() for row in rows}
    found = org.store.find("Account", "Name", names)
    records = org.store.get_many("Account", [number for numbers in found.values() for number in numbers])
    hits = []
    for row in rows:
        numbers = found.get(str(row.doc.get("Name", "")).casefold(), [])
        same = [n for n in numbers if n != row.number and _alike(row.doc, records[n])]
        if same:
            hits.append((row, [("Account", ids.encode("001", number)) for number in same]))
    return hits


def _alike(doc: dict[str, Any], other: Record) -> bool:
    return any(doc.get(name) and doc.get(name) == other.doc.get(name) for name in ("Website", "Phone"))


def _refusal(name: str, matches: list[tuple[str, str]], *, allow_save: bool, base: str) -> Refusal:
    rule, matching_rule = _RULES[name]
    results = []
    for other in dict.fromkeys(kind for kind, _ in matches):
        records = [
            {
                "additionalInformation": [],
                "fieldDiffs": [],
                "matchConfidence": 100.0,
                "record": {"attributes": {"type": kind, "url": f"{base}/sobjects/{kind}/{found}"}, "Id": found},
            }
            for kind, found in matches
            if kind == other
        ]
        results.append({
            "entityType": other, "errors": [], "matchEngine": "FuzzyMatchEngine", "matchRecords": records,
            "rule": matching_rule if other == name else _RULES[other][1], "size": len(records), "success": True,
        })  # fmt: skip
    detail = {
        "allowSave": allow_save, "duplicateRule": rule, "duplicateRuleEntityType": name, "errorMessage": _ADVICE,
        "matchResults": results,
    }  # fmt: skip
    return Refusal("DUPLICATES_DETECTED", _ADVICE, [], {"duplicateResut": detail})
