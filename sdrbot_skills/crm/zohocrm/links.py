"""Links: lookup fields, and the people of a deal, who are its contact roles (OpenAPI v8 "deal-contact-roles").

Contact roles cost one call for each deal, to read and to write. A deal's `Contact_Name` is one of its people too, whether or not it has a role.
Zoho wants a role with each; the one that says least is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.batching import chunks, link_key, rejected
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.zohocrm.client import Client
from sdrbot_skills.crm.zohocrm.failures import RequestFailed, complaint
from sdrbot_skills.crm.zohocrm.records import get
from sdrbot_skills.crm.zohocrm.writing import NOTHING_FIRES, SUCCESS
from sdrbot_skills.errors import BatchRejected, ConfigurationError
from sdrbot_skills.model.records import Link, Outcome, Record, RowResult
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind

ROLES = "Contact_Roles"
PRIMARY = "Contact_Name"
PEOPLE_PER_CALL = 100
SAYING_LITTLE = ("contact", "other", "unknown", "participant", "influencer")
"""Names of roles that claim little about a person, the best first."""

STANDARD_LINKS: Mapping[tuple[str, str], str] = {
    ("Contacts", "Account_Name"): "person.company",
    ("Deals", "Account_Name"): "deal.company",
    ("Deals", ROLES): "deal.person",
    ("Accounts", "Parent_Account"): "company.parent",
}


def link_types(schema: ObjectSchema) -> list[LinkType]:
    """Lookups of one other module, and the people of a deal."""
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
        if field.kind is Kind.REFERENCE and field.references and field.creatable
    ]
    if schema.name == "Deals":
        standard = STANDARD_LINKS[("Deals", ROLES)]
        found.append(
            LinkType(name=ROLES, object="Deals", to_object="Contacts", label="Contact roles", standard=standard)
        )
    return found


def columns(types: Sequence[LinkType]) -> list[str]:
    """The fields that links of these types are read from."""
    return [one.field or PRIMARY for one in types]


def of_records(client: Client, types: Sequence[LinkType], records: Sequence[Record]) -> list[Link]:
    """The links of these types that records have, whose `columns` were read."""
    found: list[Link] = []
    for link_type in types:
        if link_type.field:
            found += _references(link_type.name, link_type.field, records)
        else:
            roles = [link for record in records for link in _people(client, record.id)]
            found += dict.fromkeys([*roles, *_references(ROLES, PRIMARY, records)])
    return found


def read(client: Client, schema: ObjectSchema, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
    """The links of this type that start at these ids."""
    return of_records(client, [link_type], get(client, schema, ids, columns([link_type])))


def link(client: Client, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
    """Make links; one that is there already stays."""
    if link_type.field:
        return _set_lookups(client, link_type, links, [{"id": one.to_id} for one in links])
    role = {"id": default_role(client)["id"]}
    results: dict[Link, RowResult] = {}
    for deal, some in _by_deal(links):
        body = {"data": [{"id": one.to_id, "Contact_Role": role} for one in some]}
        results |= _answers(client, "PUT", deal, some, Outcome.LINKED, body=body)
    return [results[one] for one in links]


def unlink(client: Client, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
    """Take links away; one that is not there counts as taken away."""
    if link_type.field:
        return _set_lookups(client, link_type, links, [None] * len(links))
    results: dict[Link, RowResult] = {}
    for deal, some in _by_deal(links):
        for part in chunks(some, PEOPLE_PER_CALL // 2):
            query = {"ids": ",".join(one.to_id for one in part)}
            results |= _answers(client, "DELETE", deal, part, Outcome.DELETED, query=query)
    return [results[one] for one in links]


def default_role(client: Client) -> dict[str, Any]:
    """The role that people get whose role is not known. Raises `ConfigurationError` where the organisation has none."""
    roles = sorted(client.get("contacts/roles").get("contact_roles") or [], key=lambda role: role["sequence_number"])
    if not roles:
        raise ConfigurationError(
            "Zoho has no contact roles; make one (Setup > Customization > Contact Roles), then run this again."
        )
    by_name = {str(role["name"]).strip().casefold(): role for role in roles}
    return dict(next((by_name[name] for name in SAYING_LITTLE if name in by_name), roles[0]))


def _references(name: str, field: str, records: Iterable[Record]) -> Iterable[Link]:
    for record in records:
        value = record.values.get(field)
        to_id = value.get("id") if isinstance(value, Mapping) else value
        if to_id:
            yield Link(name, record.id, str(to_id))


def _people(client: Client, deal: str) -> list[Link]:
    """All pages of one deal's contact roles."""
    found: list[Link] = []
    query = {"fields": "id"}
    while True:
        try:
            answer = client.get(f"Deals/{deal}/{ROLES}", query)
        except RequestFailed as error:  # the deal has gone meanwhile
            if error.status not in (400, 404):
                raise
            return []
        found += [Link(ROLES, deal, str(row["id"])) for row in answer.get("data") or ()]
        info = answer.get("info") or {}
        if not info.get("more_records"):
            return found
        token = info.get("next_page_token")
        further = {"page_token": str(token)} if token else {"page": str(int(info.get("page") or 1) + 1)}
        query = {"fields": "id", **further}


def _by_deal(links: Sequence[Link]) -> Iterable[tuple[str, list[Link]]]:
    grouped: dict[str, list[Link]] = defaultdict(list)
    for one in dict.fromkeys(links):
        grouped[one.from_id].append(one)
    for deal, some in grouped.items():
        for part in chunks(some, PEOPLE_PER_CALL):
            yield deal, list(part)


def _answers(
    client: Client, method: str, deal: str, links: Sequence[Link], done: Outcome, **request: Any
) -> dict[Link, RowResult]:
    """What one call about one deal's people answers; results come in the order of the people."""
    path = f"Deals/{deal}/{ROLES}"
    try:
        answer = repeated(lambda: client.send(method, path, effect=Effect.REPEATABLE, **request))
    except RequestFailed as error:
        if error.status not in (400, 404):
            raise
        found = error.complaint
        return {one: rejected(link_key(one), found.rule, found.text, field=ROLES) for one in links}
    entries = answer.get("data") or []
    return {one: _result(one, entry, done) for one, entry in zip(links, entries, strict=True)}


def _result(one: Link, entry: Mapping[str, Any], done: Outcome) -> RowResult:
    if entry.get("status") == SUCCESS or done is Outcome.DELETED:
        return RowResult(link_key(one), done)
    found = complaint(entry)
    return rejected(link_key(one), found.rule, found.text, field=ROLES)


def _set_lookups(
    client: Client, link_type: LinkType, links: Sequence[Link], values: Sequence[dict[str, str] | None]
) -> list[RowResult]:
    rows = [{"id": one.from_id, link_type.name: value} for one, value in zip(links, values, strict=True)]
    body = {"data": rows, **NOTHING_FIRES}
    entries = client.send("PUT", link_type.object, body=body, effect=Effect.ONCE).get("data") or []
    if len(entries) != len(rows):
        raise BatchRejected(f"Zoho answered {len(entries)} of {len(rows)} links.")
    done = Outcome.LINKED if any(values) else Outcome.DELETED
    results = []
    for one, entry in zip(links, entries, strict=True):
        found = complaint(entry)
        if entry.get("status") == SUCCESS:
            results.append(RowResult(link_key(one), done))
        else:
            results.append(rejected(link_key(one), found.rule, found.text, field=link_type.name))
    return results
