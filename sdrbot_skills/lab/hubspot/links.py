"""Associations as stored: one link per direction and type; which types exist; what "primary" means.

HubSpot's ids are those of the SDK's AssociationType; each direction has its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.hubspot.types import ObjectType

# (from, to): type id of the unlabelled association
UNLABELLED: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("deals", "contacts"): 3,
    ("contacts", "deals"): 4,
    ("deals", "companies"): 341,
    ("companies", "deals"): 342,
    ("contacts", "tickets"): 15,
    ("tickets", "contacts"): 16,
    ("deals", "line_items"): 19,
    ("line_items", "deals"): 20,
    ("deals", "tickets"): 27,
    ("tickets", "deals"): 28,
    ("tickets", "companies"): 339,
    ("companies", "tickets"): 340,
    ("contacts", "contacts"): 449,
    ("companies", "companies"): 450,
    ("deals", "deals"): 451,
    ("leads", "contacts"): 608,
    ("contacts", "leads"): 607,
    ("leads", "companies"): 610,
    ("companies", "leads"): 609,
    **{
        pair: type_id
        for activity, first in (("calls", 181), ("emails", 185), ("meetings", 187), ("notes", 189), ("tasks", 191))
        for offset, other in ((0, "companies"), (12, "contacts"), (24, "deals"), (38, "tickets"))
        for pair, type_id in (((other, activity), first + offset), ((activity, other), first + offset + 1))
    },
}
# (from, to): type id of the primary association
PRIMARY: dict[tuple[str, str], int] = {
    ("contacts", "companies"): 1,
    ("companies", "contacts"): 2,
    ("deals", "companies"): 5,
    ("companies", "deals"): 6,
    ("tickets", "companies"): 26,
    ("companies", "tickets"): 25,
}
_OWN = 1_000_000
_PARENT = {("companies", "companies"): ((13, "Child Company", 14), (14, "Parent Company", 13))}


@dataclass(frozen=True)
class LinkType:
    """One association type of a direction; `inverse` is its id in the other direction.

    Ids of the account's own labels are numbered apart: 1 can be "Primary" and a label, told apart by the category.
    """

    id: int
    category: str
    label: str | None
    inverse: int

    @property
    def key(self) -> int:
        """How the link is stored."""
        return stored(self.category, self.id)

    @property
    def inverse_key(self) -> int:
        return stored(self.category, self.inverse)

    def show(self) -> dict[str, Any]:
        return {"category": self.category, "typeId": self.id, "label": self.label}


def stored(category: str, type_id: int) -> int:
    return type_id if category == "HUBSPOT_DEFINED" else _OWN + type_id


def unlabelled(source: ObjectType, target: ObjectType) -> int:
    """Also for pairs that the vendor's table lacks, e.g. custom objects: a made-up, stable id."""
    known = UNLABELLED.get((source.name, target.name))
    return known or 10_000 + crc32(f"{source.type_id}>{target.type_id}".encode()) % 80_000


def link_types(store: Store, source: ObjectType, target: ObjectType) -> dict[int, LinkType]:
    """All types of one direction by their stored key: primary, unlabelled, and the account's own labels."""
    pair, back = (source.name, target.name), (target.name, source.name)
    found: list[LinkType] = []
    if pair in PRIMARY:
        found.append(LinkType(PRIMARY[pair], "HUBSPOT_DEFINED", "Primary", PRIMARY[back]))
    for type_id, label, inverse in _PARENT.get(pair, ()):
        found.append(LinkType(type_id, "HUBSPOT_DEFINED", label, inverse))
    found.append(LinkType(unlabelled(source, target), "HUBSPOT_DEFINED", None, unlabelled(target, source)))
    for definition in store.things(f"label/{source.name}>{target.name}").values():
        found.append(LinkType(definition["id"], "USER_DEFINED", definition["label"], definition["inverse"]))
    return {link.key: link for link in found}


def type_name(source: ObjectType, target: ObjectType, label: int) -> str:
    """The old name that inline associations show, e.g. contact_to_company."""
    name = f"{source.singular}_to_{target.singular}"
    primary = PRIMARY.get((source.name, target.name))
    return f"{name}_unlabeled" if primary and label == unlabelled(source, target) else name


def connect(
    store: Store,
    source: ObjectType,
    target: ObjectType,
    pairs: Iterable[tuple[int, int, Sequence[LinkType]]],
) -> int:
    """Link (from id, to id, types) both ways. How many pairs were not linked before.

    Any type implies the unlabelled one. A new primary company takes the place of the old one, which stays associated.
    """
    plain, plain_back = unlabelled(source, target), unlabelled(target, source)
    forward: list[tuple[int, int, int]] = []
    backward: list[tuple[int, int, int]] = []
    primary: dict[tuple[str, int], int] = {}
    for from_id, to_id, types in pairs:
        forward.append((from_id, to_id, plain))
        backward.append((to_id, from_id, plain_back))
        for link in types:
            if link.key == plain:
                continue
            forward.append((from_id, to_id, link.key))
            backward.append((to_id, from_id, link.inverse_key))
            if link.label == "Primary" and link.category == "HUBSPOT_DEFINED":
                side = (source.name, from_id) if target.name == "companies" else (target.name, to_id)
                primary[side] = to_id if target.name == "companies" else from_id
    there, back = f"{source.name}>{target.name}", f"{target.name}>{source.name}"
    new = store.link(there, forward)
    store.link(back, backward)
    _demote(store, primary)  # two primaries for one record in the same batch: the last one holds
    store.count(f"writes/{there}/linked", new)
    return new


def _demote(store: Store, primary: dict[tuple[str, int], int]) -> None:
    """Take the primary label from every company but the one named."""
    by_kind: dict[str, list[int]] = {}
    for kind, record_id in primary:
        by_kind.setdefault(kind, []).append(record_id)
    for kind, ids in by_kind.items():
        label, back = PRIMARY[kind, "companies"], PRIMARY["companies", kind]
        old = [
            (record_id, company)
            for record_id, found in store.links(f"{kind}>companies", ids).items()
            for company, type_id in found
            if type_id == label and company != primary[kind, record_id]
        ]
        if old:
            store.unlink(f"{kind}>companies", [(record_id, company, label) for record_id, company in old])
            store.unlink(f"companies>{kind}", [(company, record_id, back) for record_id, company in old])


def disconnect(
    store: Store, source: ObjectType, target: ObjectType, pairs: Iterable[tuple[int, int, LinkType | None]]
) -> int:
    """Remove a type, or (None, or the unlabelled type) everything between two records. How many links went."""
    there, back = f"{source.name}>{target.name}", f"{target.name}>{source.name}"
    plain = unlabelled(source, target)
    listed = [(a, b, None if link is None or link.key == plain else link) for a, b, link in pairs]
    gone = store.unlink(there, [(a, b, link.key if link else None) for a, b, link in listed])
    store.unlink(back, [(b, a, link.inverse_key if link else None) for a, b, link in listed])
    store.count(f"writes/{there}/unlinked", gone)
    return gone


def primary_companies(store: Store, contact_ids: Sequence[int]) -> dict[int, str]:
    found = store.links("contacts>companies", contact_ids)
    return {i: str(to_id) for i, entries in found.items() for to_id, label in entries if label == 1}
