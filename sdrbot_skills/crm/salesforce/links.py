"""Links: reference fields, and the contact roles that join deals and people (vendor doc "Object Reference", OpportunityContactRole)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import link_key
from sdrbot_skills.crm.salesforce import soql
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.schema import PERSON_FLAG, Schema
from sdrbot_skills.crm.salesforce.writing import Writing, row_result
from sdrbot_skills.model.records import Link, Outcome, Record, RowResult
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.model.values import Kind

ROLE_LINK = "OpportunityContactRole"

STANDARD_LINKS: Mapping[tuple[str, str], str] = {
    ("Contact", "AccountId"): "person.company",
    ("Opportunity", "AccountId"): "deal.company",
    ("Opportunity", ROLE_LINK): "deal.person",
    ("Account", "ParentId"): "company.parent",
}

NO_LINKS_TO = frozenset({"User", "Group", "RecordType"})
"""References that are settings of a record, not links between records."""

ROLE_ENDS = ("OpportunityId", "ContactId")
ROLE_COLUMNS = ["Id", *ROLE_ENDS]
OF_DEALS = frozenset({"deal.company", "deal.person"})


class Links:
    """The links of an organisation."""

    def __init__(self, client: SalesforceClient, schema: Schema, writing: Writing) -> None:
        self._client, self._schema, self._writing = client, schema, writing

    def types(self, object_name: str) -> list[LinkType]:
        """References to one other object, and the people of a deal, which are rows of an object of their own."""
        schema = self._schema.known(object_name)
        found = [
            LinkType(
                name=field.name,
                object=schema.name,
                to_object=field.references[0],
                label=field.label,
                field=field.name,
                single=True,
                required=field.required,
                standard=STANDARD_LINKS.get((schema.name, field.name)),
            )
            for field in schema.fields
            if field.kind is Kind.REFERENCE and len(field.references) == 1 and field.creatable
            if field.references[0] not in NO_LINKS_TO
        ]
        if schema.name == "Opportunity":
            found.append(
                LinkType(
                    name=ROLE_LINK,
                    object="Opportunity",
                    to_object="Contact",
                    label="Contact roles",
                    counted_as=ROLE_LINK,
                    standard=STANDARD_LINKS[("Opportunity", ROLE_LINK)],
                )
            )
        return found

    def of_page(self, records: Sequence[Record], types: Sequence[LinkType]) -> list[Link]:
        """The links of these types that a page's records have; references are already among the values."""
        if not records:
            return []
        first, last = soql.ids([records[0].id, records[-1].id])
        persons: dict[str, str] = {}
        if self._persons_own_deals(types):
            persons = self._deals_of_persons([f"Id >= {first}", f"Id <= {last}"])
        found: list[Link] = []
        for link_type in types:
            if link_type.field:
                found += _references(link_type, records, persons)
            else:
                # One range of ids rather than many lists of them; what a filter left out of the page is taken out again.
                between = [f"OpportunityId >= {first}", f"OpportunityId <= {last}"]
                rows = self._client.query_all(soql.select(ROLE_COLUMNS, ROLE_LINK, between))
                found += _roles_as_links(rows, persons, {record.id for record in records})
        return found

    def read(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        """The links of this type that start at these ids."""
        persons: dict[str, str] = {}
        if self._persons_own_deals([link_type]):
            for some in soql.lists(soql.ids(sorted(set(ids)))):
                persons |= self._deals_of_persons([f"Id IN {some}"])
        if not link_type.field:
            return _roles_as_links(self._roles(ids), persons, set(ids))
        schema = self._schema.known(link_type.object)
        columns = [name for name in ("Id", link_type.field, PERSON_FLAG) if name == "Id" or schema.field(name)]
        rows = self._client.retrieve(schema.name, ids, columns)
        return list(_references(link_type, [Record(row["Id"], row) for row in rows], persons))

    def _persons_own_deals(self, types: Sequence[LinkType]) -> bool:
        """Whether deals may belong to person accounts; asked only where links of deals are read."""
        if not any(one.standard in OF_DEALS for one in types):
            return False
        return self._schema.known("Contact").field(PERSON_FLAG) is not None

    def _deals_of_persons(self, clauses: Sequence[str]) -> dict[str, str]:
        """Deal -> contact, for deals whose account is a person."""
        columns = ["Id", "Account.PersonContactId"]
        query = soql.select(columns, "Opportunity", [*clauses, f"Account.{PERSON_FLAG} = true"])
        return {row["Id"]: row["Account"]["PersonContactId"] for row in self._client.query_all(query)}

    def _roles(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for some in soql.lists(soql.ids(sorted(set(ids)))):
            rows.extend(self._client.query_all(soql.select(ROLE_COLUMNS, ROLE_LINK, [f"OpportunityId IN {some}"])))
        return rows

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Make links. Contact roles that are already there are left as they are: a second one would be a second row."""
        if link_type.field:
            return self._set_references(link_type, links, [one.to_id for one in links])
        there = {_ends(row) for row in self._roles([one.from_id for one in links])}
        new = [one for one in dict.fromkeys(links) if (one.from_id, one.to_id) not in there]
        made = self._made(new)
        return [made.get(one) or RowResult(link_key(one), Outcome.LINKED) for one in links]

    def link_anew(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Make links that cannot be there."""
        if link_type.field:
            return self.link(link_type, links)
        made = self._made(list(dict.fromkeys(links)))
        return [made[one] for one in links]

    def _made(self, new: Sequence[Link]) -> dict[Link, RowResult]:
        """Contact roles, one row each, by one call."""
        kind = {"attributes": {"type": ROLE_LINK}}
        rows = [{**kind, "OpportunityId": one.from_id, "ContactId": one.to_id} for one in new]
        answers = self._writing.change_collection("POST", "composite/sobjects", rows)
        return {
            one: row_result(link_key(one), answer, Outcome.LINKED) for one, answer in zip(new, answers, strict=True)
        }

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Take links away; one that is not there counts as taken away."""
        if link_type.field:
            return self._set_references(link_type, links, [None] * len(links))
        wanted = {(one.from_id, one.to_id) for one in links}
        roles = [row for row in self._roles([one.from_id for one in links]) if _ends(row) in wanted]
        results = {result.key: result for result in self._writing.delete(ROLE_LINK, [row["Id"] for row in roles])}
        by_ends = {_ends(row): results[row["Id"]] for row in roles}
        return [_unlinked(one, by_ends.get((one.from_id, one.to_id))) for one in links]

    def _set_references(
        self, link_type: LinkType, links: Sequence[Link], values: Sequence[str | None]
    ) -> list[RowResult]:
        kind = {"attributes": {"type": link_type.object}}
        rows = [{**kind, "id": one.from_id, link_type.name: value} for one, value in zip(links, values, strict=True)]
        answers = self._writing.change_collection("PATCH", "composite/sobjects", rows)
        done = Outcome.LINKED if any(values) else Outcome.DELETED
        return [row_result(link_key(one), answer, done) for one, answer in zip(links, answers, strict=True)]


def _references(link_type: LinkType, records: Sequence[Record], persons: Mapping[str, str]) -> Iterable[Link]:
    """A person account is no company: neither for its own contact, whose AccountId it is, nor for its deals."""
    name = link_type.field
    assert name is not None
    to_company = link_type.standard in ("person.company", "deal.company")
    for record in records:
        to_id = record.values.get(name)
        if to_id and not (to_company and (record.values.get(PERSON_FLAG) or record.id in persons)):
            yield Link(link_type.name, record.id, to_id)


def _roles_as_links(rows: Iterable[dict[str, Any]], persons: Mapping[str, str], ids: Container[str]) -> list[Link]:
    """Each pair once, whatever the roles; a person account's deals belong to its contact."""
    pairs = dict.fromkeys([*(_ends(row) for row in rows), *persons.items()])
    return [Link(ROLE_LINK, *pair) for pair in pairs if pair[0] in ids]


def _ends(row: dict[str, Any]) -> tuple[str, str]:
    return row["OpportunityId"], row["ContactId"]


def _unlinked(one: Link, result: RowResult | None) -> RowResult:
    key = link_key(one)
    return RowResult(key, Outcome.DELETED) if result is None else result._replace(key=key)
