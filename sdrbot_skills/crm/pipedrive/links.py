"""Links: the fields `org_id` and `person_id`, the participants of a deal, and the parent of an organization.

Participants and relationships are v1 and have no list for several records: each deal or organization is a call of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import link_key, rejected
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.pipedrive import leads
from sdrbot_skills.crm.pipedrive.client import V2, PipedriveClient
from sdrbot_skills.crm.pipedrive.failures import NoPermission, Rejected
from sdrbot_skills.crm.pipedrive.objects import STANDARD
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.model.records import Link, Outcome, RowResult
from sdrbot_skills.model.schema import LinkType

PARTICIPANTS, RELATIONS = "participants", "organizationRelationships"

_TYPES = (
    LinkType(
        name="org_id",
        object="persons",
        to_object="organizations",
        label="Organization",
        field="org_id",
        single=True,
        standard="person.company",
    ),
    LinkType(
        name="org_id",
        object="deals",
        to_object="organizations",
        label="Organization",
        field="org_id",
        single=True,
        standard="deal.company",
    ),
    LinkType(
        name="person_id",
        object="leads",
        to_object="persons",
        label="Contact person",
        field="person_id",
        single=True,
        standard="deal.person",
    ),
    LinkType(
        name="organization_id",
        object="leads",
        to_object="organizations",
        label="Organization",
        field="organization_id",
        single=True,
        standard="deal.company",
    ),
    LinkType(
        name=PARTICIPANTS,
        object="deals",
        to_object="persons",
        label="Participants",
        counted_as=PARTICIPANTS,
        standard="deal.person",
    ),
    LinkType(
        name="person_id",
        object="deals",
        to_object="persons",
        label="Contact person",
        field="person_id",
        single=True,
        primary_of=PARTICIPANTS,
    ),
    LinkType(
        name="parent",
        object="organizations",
        to_object="organizations",
        label="Parent organization",
        single=True,
        counted_as=RELATIONS,
        standard="company.parent",
    ),
)


class Links:
    """The links of an account."""

    def __init__(self, client: PipedriveClient) -> None:
        self._client = client

    def types(self, object_name: str) -> list[LinkType]:
        return [one for one in _TYPES if one.object == object_name]

    # -- reading ------------------------------------------------------------------------------------------------------

    def of_page(self, rows: Sequence[Mapping[str, Any]], types: Sequence[LinkType]) -> list[Link]:
        """The links of these types of a page's records; `participants_count` among them saves calls."""
        return [link for one in types for row in rows for link in self._of_row(one, row)]

    def read(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        """The links of one type that start at these ids."""
        if link_type.object == leads.OBJECT:
            return [link for row in leads.by_ids(self._client, ids) for link in self._of_row(link_type, row)]
        rows: list[dict[str, Any]] = [{"id": int(one)} for one in dict.fromkeys(ids)]
        if link_type.name != "parent" and rows:
            rows = []
            for place in STANDARD[link_type.object].lists:
                found, _ = self._client.page(f"{V2}/{place}", [("ids", ",".join(dict.fromkeys(ids)))])
                rows += found
        return [link for row in rows for link in self._of_row(link_type, row)]

    def _of_row(self, link_type: LinkType, row: Mapping[str, Any]) -> Iterable[Link]:
        start = str(row["id"])
        if link_type.field:
            end = row.get(link_type.field)
            return [] if end is None else [Link(link_type.name, start, str(end))]
        if link_type.name == PARTICIPANTS:
            people = list(self._participants(start)) if row.get("participants_count", 1) else []
            # The deal's contact person is one of its people, whether or not the list of participants shows them.
            people += [str(row["person_id"])] if row.get("person_id") is not None else []
            return [Link(link_type.name, start, person) for person in dict.fromkeys(people)]
        return [Link(link_type.name, start, parent) for parent in self._parents(start)]

    def _participants(self, deal: str) -> dict[str, str]:
        """Person -> participant."""
        rows = (
            row for some in self._client.offset_pages(f"{self._client.v1}/deals/{deal}/participants") for row in some
        )
        return {str(row["person_id"]["value"]): str(row["id"]) for row in rows}

    def _parents(self, organization: str) -> dict[str, str]:
        """Parent -> relationship. The owner of a relationship of type parent is the parent."""
        path, query = f"{self._client.v1}/{RELATIONS}", [("org_id", organization)]
        rows = (row for some in self._client.offset_pages(path, query) for row in some)
        return {
            str(row["rel_owner_org_id"]["value"]): str(row["id"])
            for row in rows
            if row["type"] == "parent" and str(row["rel_linked_org_id"]["value"]) == organization
        }

    # -- writing ------------------------------------------------------------------------------------------------------

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Make links; those that are there are left as they are, since a second one might be a second row."""
        there: dict[str, dict[str, str]] = {}
        return [self._link(link_type, one, there) for one in links]

    def link_anew(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Make links that cannot be there. One that gets no answer is not repeated here: it might be a second row."""
        return [self._link(link_type, one, None) for one in links]

    def _link(self, link_type: LinkType, link: Link, there: dict[str, dict[str, str]] | None) -> RowResult:
        try:
            if link_type.field:
                self._set(link_type, link, int(link.to_id))
            elif there is None:
                self._add(link_type, link, Effect.ONCE)
            else:
                known = self._there(link_type, link, there)
                if link.to_id not in known:
                    self._take_others(link_type, link, known)
                    known[link.to_id] = self._add(link_type, link, Effect.REPEATABLE)
        except (Rejected, Missing, NoPermission) as error:
            return _refused(link, error)
        return RowResult(link_key(link), Outcome.LINKED)

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Take links away; one that is not there counts as taken away."""
        there: dict[str, dict[str, str]] = {}
        return [self._unlink(link_type, one, there) for one in links]

    def _unlink(self, link_type: LinkType, link: Link, there: dict[str, dict[str, str]]) -> RowResult:
        try:
            if link_type.field:
                self._set(link_type, link, None)
            elif (row := self._there(link_type, link, there).pop(link.to_id, None)) is not None:
                self._remove(link_type, link, row)
        except Missing:
            return RowResult(link_key(link), Outcome.DELETED)
        except (Rejected, NoPermission) as error:
            return _refused(link, error)
        return RowResult(link_key(link), Outcome.DELETED)

    def _set(self, link_type: LinkType, link: Link, end: int | None) -> None:
        path = f"{self._client.home(v1=STANDARD[link_type.object].v1)}/{link_type.object}/{link.from_id}"
        self._client.send("PATCH", path, body={link_type.name: end}, effect=Effect.REPEATABLE)

    def _there(self, link_type: LinkType, link: Link, there: dict[str, dict[str, str]]) -> dict[str, str]:
        if link.from_id not in there:
            find = self._participants if link_type.name == PARTICIPANTS else self._parents
            there[link.from_id] = find(link.from_id)
        return there[link.from_id]

    def _take_others(self, link_type: LinkType, link: Link, known: dict[str, str]) -> None:
        """An organization has one parent."""
        if link_type.single:
            for end in list(known):
                self._remove(link_type, link, known.pop(end))

    def _remove(self, link_type: LinkType, link: Link, row: str) -> None:
        stem = f"deals/{link.from_id}/participants" if link_type.name == PARTICIPANTS else RELATIONS
        self._client.send("DELETE", f"{self._client.v1}/{stem}/{row}", effect=Effect.REPEATABLE)

    def _add(self, link_type: LinkType, link: Link, effect: Effect) -> str:
        path, body = self._row(link_type, link)
        return str(self._client.send("POST", path, body=body, effect=effect)["data"]["id"])

    def _row(self, link_type: LinkType, link: Link) -> tuple[str, dict[str, Any]]:
        if link_type.name == PARTICIPANTS:
            return f"{self._client.v1}/deals/{link.from_id}/participants", {"person_id": int(link.to_id)}
        ends = {"rel_owner_org_id": int(link.to_id), "rel_linked_org_id": int(link.from_id)}
        return f"{self._client.v1}/{RELATIONS}", {"type": "parent", **ends}


def _refused(link: Link, error: Rejected | Missing | NoPermission) -> RowResult:
    if isinstance(error, NoPermission):
        return rejected(link_key(link), Rule.NO_ACCESS, error.words or str(error))
    words = error.words if isinstance(error, Rejected) else str(error)
    return rejected(link_key(link), Rule.BAD_REFERENCE, words)
