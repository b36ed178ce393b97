"""Links: reference fields, and the contact roles that join deals and people (vendor doc "Object Reference", OpportunityContactRole)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import link_key
from sdrbot_skills.crm.salesforce import soql
from sdrbot_skills.crm.salesforce.client import Client
from sdrbot_skills.crm.salesforce.records import retrieve
from sdrbot_skills.crm.salesforce.schema import PERSON_FLAG
from sdrbot_skills.crm.salesforce.writing import change_collection, delete, row_result
from sdrbot_skills.model.records import Link, Outcome, Record, RowResult
from sdrbot_skills.model.schema import LinkType, ObjectSchema
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


def link_types(schema: ObjectSchema) -> list[LinkType]:
    """References to one other object, and the people of a deal, which are rows of an object of their own."""
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


def links_of_page(
    client: Client, types: Sequence[LinkType], records: Sequence[Record], *, person_accounts: bool
) -> list[Link]:
    """The links of these types that a page's records have; references are already among the values."""
    if not records:
        return []
    first, last = soql.ids([records[0].id, records[-1].id])
    persons: dict[str, str] = {}
    if person_accounts and any(one.standard in OF_DEALS for one in types):
        persons = _deals_of_persons(client, [f"Id >= {first}", f"Id <= {last}"])
    found: list[Link] = []
    for link_type in types:
        if link_type.field:
            found += _references(link_type, records, persons)
        else:
            # One range of ids rather than many lists of them; what a filter left out of the page is taken out again.
            between = [f"OpportunityId >= {first}", f"OpportunityId <= {last}"]
            rows = client.query_all(soql.select(ROLE_COLUMNS, ROLE_LINK, between))
            found += _roles_as_links(rows, persons, {record.id for record in records})
    return found


def read(
    client: Client, schema: ObjectSchema, link_type: LinkType, ids: Sequence[str], *, person_accounts: bool
) -> list[Link]:
    """The links of this type that start at these ids."""
    persons: dict[str, str] = {}
    if person_accounts and link_type.standard in OF_DEALS:
        for some in soql.lists(soql.ids(sorted(set(ids)))):
            persons |= _deals_of_persons(client, [f"Id IN {some}"])
    if not link_type.field:
        return _roles_as_links(_roles(client, ids), persons, set(ids))
    columns = [name for name in ("Id", link_type.field, PERSON_FLAG) if name == "Id" or schema.field(name)]
    rows = retrieve(client, schema.name, ids, columns)
    return list(_references(link_type, [Record(row["Id"], row) for row in rows], persons))


def link(client: Client, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
    """Make links. Contact roles that are already there are left as they are: a second one would be a second row."""
    if link_type.field:
        return _set_references(client, link_type, links, [one.to_id for one in links])
    there = {(row["OpportunityId"], row["ContactId"]) for row in _roles(client, [one.from_id for one in links])}
    new = [one for one in dict.fromkeys(links) if (one.from_id, one.to_id) not in there]
    kind = {"attributes": {"type": ROLE_LINK}}
    rows = [{**kind, "OpportunityId": one.from_id, "ContactId": one.to_id} for one in new]
    answers = change_collection(client, "POST", "composite/sobjects", rows)
    made = {one: row_result(link_key(one), answer, Outcome.LINKED) for one, answer in zip(new, answers, strict=True)}
    return [made.get(one) or RowResult(link_key(one), Outcome.LINKED) for one in links]


def unlink(client: Client, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
    """Take links away; one that is not there counts as taken away."""
    if link_type.field:
        return _set_references(client, link_type, links, [None] * len(links))
    wanted = {(one.from_id, one.to_id) for one in links}
    roles = [row for row in _roles(client, [one.from_id for one in links]) if _ends(row) in wanted]
    results = {result.key: result for result in delete(client, [row["Id"] for row in roles])}
    by_ends = {_ends(row): results[row["Id"]] for row in roles}
    return [_unlinked(one, by_ends.get((one.from_id, one.to_id))) for one in links]


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


def _deals_of_persons(client: Client, clauses: Sequence[str]) -> dict[str, str]:
    """Deal -> contact, for deals whose account is a person."""
    columns = ["Id", "Account.PersonContactId"]
    query = soql.select(columns, "Opportunity", [*clauses, f"Account.{PERSON_FLAG} = true"])
    return {row["Id"]: row["Account"]["PersonContactId"] for row in client.query_all(query)}


def _roles(client: Client, ids: Sequence[str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for some in soql.lists(soql.ids(sorted(set(ids)))):
        rows.extend(client.query_all(soql.select(ROLE_COLUMNS, ROLE_LINK, [f"OpportunityId IN {some}"])))
    return rows


def _ends(row: dict[str, Any]) -> tuple[str, str]:
    return row["OpportunityId"], row["ContactId"]


def _set_references(
    client: Client, link_type: LinkType, links: Sequence[Link], values: Sequence[str | None]
) -> list[RowResult]:
    kind = {"attributes": {"type": link_type.object}}
    rows = [{**kind, "id": one.from_id, link_type.name: value} for one, value in zip(links, values, strict=True)]
    answers = change_collection(client, "PATCH", "composite/sobjects", rows)
    done = Outcome.LINKED if any(values) else Outcome.DELETED
    return [row_result(link_key(one), answer, done) for one, answer in zip(links, answers, strict=True)]


def _unlinked(one: Link, result: RowResult | None) -> RowResult:
    key = link_key(one)
    return RowResult(key, Outcome.DELETED) if result is None else result._replace(key=key)
