"""How records look in answers: requested properties or the defaults, all values text, associations inline."""

from collections.abc import Collection, Sequence
from typing import Any

from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Request
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.hubspot import links
from sdrbot_skills.lab.hubspot.types import ObjectType
from sdrbot_skills.lab.hubspot.vendor import HubSpot

INLINE_ASSOCIATIONS = 100


class View:
    """One answer's way of showing records of one type."""

    def __init__(
        self,
        hubspot: HubSpot,
        kind: ObjectType,
        properties: Sequence[str] = (),
        history: Sequence[str] = (),
        associations: Sequence[str] = (),
        dated: bool = False,
        hidden: Collection[str] = (),
    ) -> None:
        self.hubspot = hubspot
        self.kind = kind
        known = hubspot.schema.layout(kind).properties
        wanted = [name for name in split(properties) if name in known and name not in hidden]
        self.names = sorted({*wanted, *kind.always}) if properties else sorted(kind.defaults)
        self.history = [name for name in split(history) if name in known]
        self.others = [hubspot.schema.kind(name) for name in split(associations)]
        self.dated = dated

    def rows(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """As reads show them: null for what was asked for and is not set."""
        names = self.names
        shown = [self._frame(r, dict(zip(names, map(r.doc.get, names), strict=True))) for r in records]
        self._extras(records, shown)
        return shown

    def written(self, records: Sequence[Record]) -> list[dict[str, Any]]:
        """As writes answer them: only what the record has."""
        names = self.names
        shown = [self._frame(r, {name: r.doc[name] for name in names if name in r.doc}) for r in records]
        if self.dated:
            self._extras(records, shown)
        return shown

    def _frame(self, record: Record, properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": str(record.id),
            "properties": properties,
            "createdAt": record.doc[self.kind.created],
            "updatedAt": record.doc[self.kind.modified],
            "archived": record.archived,
        }

    def _extras(self, records: Sequence[Record], shown: list[dict[str, Any]]) -> None:
        if any(record.archived for record in records):
            for record, row in zip(records, shown, strict=True):
                if record.archived:
                    row["archivedAt"] = iso_z(record.modified)
        if "associatedcompanyid" in self.names:
            primary = links.primary_companies(self.hubspot.store, [record.id for record in records])
            for record, row in zip(records, shown, strict=True):
                row["properties"]["associatedcompanyid"] = primary.get(record.id)
        if self.dated or self.history:
            for record, row in zip(records, shown, strict=True):
                if self.dated:
                    row["url"] = self._url(record.id)
                if self.history:
                    row["propertiesWithHistory"] = {name: self._history(record, name) for name in self.history}
        for other in self.others:
            self._associate(other, records, shown)

    def _url(self, record_id: int) -> str:
        portal = self.hubspot.account.portal_id
        return f"https://app.hubspot.com/contacts/{portal}/record/{self.kind.type_id}/{record_id}"

    def _history(self, record: Record, name: str) -> list[dict[str, Any]]:
        """Only the present value: older ones are not kept."""
        value = record.doc.get(name)
        if value is None:
            return []
        stamp = record.doc[self.kind.modified]
        return [{"value": value, "timestamp": stamp, "sourceType": "INTEGRATION", "sourceId": "lab"}]

    def _associate(self, other: ObjectType, records: Sequence[Record], shown: list[dict[str, Any]]) -> None:
        """One entry per association type, so a primary company comes twice; a hundred, then paging."""
        found = self.hubspot.store.links(f"{self.kind.name}>{other.name}", [record.id for record in records])
        for record, row in zip(records, shown, strict=True):
            entries = [
                {"id": str(to_id), "type": links.type_name(self.kind, other, label)}
                for to_id, label in found.get(record.id, ())
            ]
            if not entries:
                continue
            block: dict[str, Any] = {"results": entries[:INLINE_ASSOCIATIONS]}
            if len(entries) > INLINE_ASSOCIATIONS:
                after = entries[INLINE_ASSOCIATIONS]["id"]
                path = f"/crm/v4/objects/{self.kind.name}/{record.id}/associations/{other.name}"
                block["paging"] = {"next": {"after": after, "link": f"{path}?after={after}"}}
            row.setdefault("associations", {})[other.name] = block


def split(names: Sequence[str]) -> list[str]:
    """Repeated and comma-joined names both."""
    return [part.strip() for name in names for part in name.split(",") if part.strip()]


def view_of(hubspot: HubSpot, kind: ObjectType, request: Request) -> View:
    """As the query string of a GET asks."""
    query = request.query
    return View(
        hubspot,
        kind,
        query.get("properties", ()),
        query.get("propertiesWithHistory", ()),
        query.get("associations", ()),
        dated=request.params["api"] != "v3",
        hidden=hubspot.hidden(request, kind),
    )
