"""Merging two records: the primary one stays, the other's id leads to it, links and e-mail addresses move over."""

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.hubspot import links
from sdrbot_skills.lab.hubspot.records import key_values
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot


def merge(hubspot: HubSpot, kind: ObjectType, primary: Record, other: Record) -> Record:
    """Values of the primary win, gaps are filled from the other."""
    store = hubspot.store
    _move_links(hubspot, kind, primary.id, other.id)
    hubspot.records.archive(kind, [other.id])
    store.purge(kind.name, [other.id])
    now = store.clock.now_ms()
    doc = {**other.doc, **primary.doc, kind.modified: iso_z(now)}
    merged = [part for part in doc.get("hs_merged_object_ids", "").split(";") if part]
    doc["hs_merged_object_ids"] = ";".join([*merged, str(other.id)])
    if kind.name == "contacts":
        addresses = dict.fromkeys([*key_values("email", primary.doc), *key_values("email", other.doc)])
        secondary = [address for address in addresses if address != doc.get("email")]
        if secondary:
            doc["hs_additional_emails"] = ";".join(secondary)
    record = Record(primary.id, doc, primary.created, now)
    store.update(kind.name, [record])
    earlier = store.find(kind.name, "#merged-into", [str(other.id)]).get(str(other.id), [])
    store.add_keys(kind.name, [("#merged", str(old), primary.id) for old in (other.id, *earlier)])
    store.add_keys(kind.name, [("#merged-into", str(primary.id), old) for old in (other.id, *earlier)])
    for field in hubspot.schema.layout(kind).keyed:
        store.add_keys(kind.name, [(field, value, primary.id) for value in key_values(field, doc)])
    return record


def _move_links(hubspot: HubSpot, kind: ObjectType, keep: int, lose: int) -> None:
    store = hubspot.store
    for target in hubspot.schema.kinds():
        types = links.link_types(store, kind, target)
        has_primary = any(
            types[label].label == "Primary"
            for _, label in store.links(f"{kind.name}>{target.name}", [keep]).get(keep, ())
        )
        for to_id, label in store.links(f"{kind.name}>{target.name}", [lose]).get(lose, []):
            if to_id != keep and not (has_primary and types[label].label == "Primary"):
                links.connect(store, kind, target, [(keep, to_id, [types[label]])])
