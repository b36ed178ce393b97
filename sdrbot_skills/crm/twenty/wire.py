"""Between Twenty's nested values and our flat ones.

A composite field is spread over flat names: `name.firstName`, `address.addressCity`, and for lists of entries the field's own name for the primary
entry and a dotted one for the others: `emails`, `emails.additionalEmails`. A telephone number is told as one text, `+4930123`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

PRIMARY = {"EMAILS": "primaryEmail", "PHONES": "primaryPhoneNumber", "LINKS": "primaryLinkUrl"}
OTHERS = {"EMAILS": "additionalEmails", "PHONES": "additionalPhones", "LINKS": "secondaryLinks"}
PARTS = {
    "FULL_NAME": ("firstName", "lastName"),
    "ADDRESS": (
        "addressStreet1",
        "addressStreet2",
        "addressCity",
        "addressState",
        "addressPostcode",
        "addressCountry",
    ),
    "RICH_TEXT": ("markdown",),
    "ACTOR": ("source", "name"),
}
SELECTION = {
    "EMAILS": "primaryEmail additionalEmails",
    "PHONES": "primaryPhoneNumber primaryPhoneCountryCode primaryPhoneCallingCode additionalPhones",
    "LINKS": "primaryLinkUrl primaryLinkLabel secondaryLinks",
    "CURRENCY": "amountMicros currencyCode",
    **{kind: " ".join(parts) for kind, parts in PARTS.items()},
}
"""What GraphQL is asked for of a composite."""

Read = Callable[[Mapping[str, Any]], Any]


def reader(name: str, kind: str) -> Read:
    """The function that takes one flat value out of a record as Twenty answers it. `kind`: the field's type; the name may name a part."""
    whole, _, part = name.partition(".")
    if kind == "PHONES":
        return (lambda doc: _others_of(doc.get(whole))) if part else (lambda doc: _number(doc.get(whole)))
    if kind == "LINKS" and part:
        return lambda doc: [link["url"] for link in (doc.get(whole) or {}).get(part) or () if link.get("url")]
    part = part or PRIMARY.get(kind, "")
    if part:
        return lambda doc: (doc.get(whole) or {}).get(part)
    return lambda doc: doc.get(whole)


def _number(value: Mapping[str, Any] | None) -> str | None:
    """One number with its calling code."""
    held = value or {}
    number = held.get("primaryPhoneNumber")
    return f"{held.get('primaryPhoneCallingCode') or ''}{number}" if number else None


def _others_of(value: Mapping[str, Any] | None) -> list[str]:
    entries = (value or {}).get("additionalPhones") or ()
    return [f"{one.get('callingCode') or ''}{one['number']}" for one in entries if one.get("number")]


def nested(payload: Mapping[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """A payload as Twenty takes it; `kinds`: field type by the name before the dot. NUL, which Twenty cannot store, is left out."""
    row: dict[str, Any] = {}
    for name, value in payload.items():
        whole, _, part = name.partition(".")
        kind = kinds.get(whole, "")
        if isinstance(value, str):
            value = value.replace("\0", "")
        if kind in OTHERS:
            _put(row.setdefault(whole, {}), kind, part, value)
        elif part:
            row.setdefault(whole, {})[part] = value
        else:
            row[whole] = value
    return row


def _put(composite: dict[str, Any], kind: str, part: str, value: Any) -> None:
    """One entry, or the list of the further ones."""
    if not part:
        composite[PRIMARY[kind]] = value
    elif kind == "PHONES":
        composite[part] = [{"number": one} for one in value or ()]
    elif kind == "LINKS":
        composite[part] = [{"url": one, "label": ""} for one in value or ()]
    else:
        composite[part] = list(value or ())


def lossy(row: Mapping[str, Any], kinds: Mapping[str, str]) -> list[str]:
    """Composites of a row whose change would take away what it does not name: links are replaced whole, e-mails lose their primary."""
    found = []
    for name, value in row.items():
        kind = kinds.get(name, "")
        if not isinstance(value, dict):
            continue
        if (kind == "LINKS" and set(value) < {PRIMARY[kind], OTHERS[kind], "primaryLinkLabel"}) or (
            kind == "EMAILS" and PRIMARY[kind] not in value
        ):
            found.append(name)
    return found


def completed(row: dict[str, Any], doc: Mapping[str, Any], names: Iterable[str]) -> None:
    """Add to such composites what the record has."""
    for name in names:
        row[name] = {**(doc.get(name) or {}), **row[name]}
