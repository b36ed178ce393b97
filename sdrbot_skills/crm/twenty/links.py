"""Links between Twenty records: all of them are columns of a record (`companyId`)."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.crm.batching import link_key, rejected
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.twenty.records import Records, links_in
from sdrbot_skills.crm.twenty.schema import MEMBERS, Schema, fields_of
from sdrbot_skills.crm.twenty.writing import Writing
from sdrbot_skills.model.records import Link, Operation, Outcome, Row, RowResult
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.model.values import Kind

STANDARD_LINKS = {
    ("people", "companyId"): "person.company",
    ("opportunities", "companyId"): "deal.company",
    ("opportunities", "pointOfContactId"): "deal.person",
}


class Links:
    """Link types of the workspace, and the links themselves."""

    def __init__(self, schema: Schema, records: Records, writing: Writing) -> None:
        self._schema = schema
        self._records = records
        self._writing = writing

    def types(self, object_name: str) -> list[LinkType]:
        """Every relation to one record; members are owners, not links."""
        found = self._schema.definition(object_name, anew=False)
        fields = [field for entry in found.doc["fieldsList"] for field in fields_of(object_name, entry)]
        return [
            LinkType(
                name=field.name,
                object=object_name,
                to_object=field.references[0],
                label=field.label,
                field=field.name,
                single=True,
                standard=self._standard(object_name, field.name, field.references[0]),
            )
            for field in fields
            if field.kind is Kind.REFERENCE and field.references[0] != MEMBERS
        ]

    def _standard(self, object_name: str, name: str, target: str) -> str | None:
        """An admin's relation from companies to companies is taken for the parent, since Twenty itself has none."""
        if object_name == target == "companies" and name.lower().startswith("parent"):
            return "company.parent"
        return STANDARD_LINKS.get((object_name, name))

    def read(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        return links_in(link_type, self._records.docs(link_type.object, ids))

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Point records at others. Twenty would take a deleted one for an end, and refuse the whole batch for one that never was."""
        ends = {doc["id"] for doc in self._records.docs(link_type.to_object, [link.to_id for link in links])}
        missing = {link_key(link): _nothing_there(link) for link in links if link.to_id not in ends}
        made = self._set(link_type, [link for link in links if link_key(link) not in missing], Outcome.LINKED)
        return [missing.get(link_key(link)) or made[link_key(link)] for link in links]

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Take links away where they still are the ones named."""
        there = set(self.read(link_type, [link.from_id for link in links]))
        cleared = self._set(link_type, [link for link in links if link in there], Outcome.DELETED)
        return [cleared.get(link_key(link)) or RowResult(link_key(link), Outcome.DELETED) for link in links]

    def _set(self, link_type: LinkType, links: Sequence[Link], outcome: Outcome) -> dict[str, RowResult]:
        column = link_type.field or link_type.name
        rows = [
            Row(link_key(link), {column: link.to_id if outcome is Outcome.LINKED else None}, id=link.from_id)
            for link in links
        ]
        if not rows:
            return {}
        results = self._writing.write(link_type.object, Operation.UPDATE, rows, None)
        return {one.key: RowResult(one.key, outcome) if one.outcome is Outcome.UPDATED else one for one in results}


def _nothing_there(link: Link) -> RowResult:
    return rejected(link_key(link), Rule.BAD_REFERENCE, "The record to point at is not there.")
