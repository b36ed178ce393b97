"""Links: lookup fields, and the people of a deal (see `roles`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from sdrbot_skills.crm.batching import chunks, link_key, rejected
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.zohocrm import roles
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RequestFailed, complaint
from sdrbot_skills.crm.zohocrm.records import Records
from sdrbot_skills.crm.zohocrm.roles import ROLES
from sdrbot_skills.crm.zohocrm.schema import Schema
from sdrbot_skills.crm.zohocrm.writing import NOTHING_FIRES, SUCCESS
from sdrbot_skills.errors import BatchRejected
from sdrbot_skills.model.records import Link, Outcome, RowResult
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.model.values import Kind

PEOPLE_PER_CALL = 100

STANDARD_LINKS: Mapping[tuple[str, str], str] = {
    ("Contacts", "Account_Name"): "person.company",
    ("Deals", "Account_Name"): "deal.company",
    ("Deals", ROLES): "deal.person",
    ("Accounts", "Parent_Account"): "company.parent",
}


class Links:
    """The links of an organisation."""

    def __init__(self, client: ZohoClient, schema: Schema, records: Records) -> None:
        self._client, self._schema, self._records = client, schema, records

    def types(self, object_name: str) -> list[LinkType]:
        """Lookups of one other module, and the people of a deal."""
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
            if field.kind is Kind.REFERENCE and field.references and field.creatable
        ]
        if schema.name == "Deals":
            standard = STANDARD_LINKS[("Deals", ROLES)]
            found.append(
                LinkType(name=ROLES, object="Deals", to_object="Contacts", label="Contact roles", standard=standard)
            )
        return found

    def read(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        """The links of this type that start at these ids."""
        return self._records.linked(link_type, ids)

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Make links; one that is there already stays."""
        if link_type.field:
            return self._set_lookups(link_type, links, [{"id": one.to_id} for one in links])
        role = {"id": self._role}
        results: dict[Link, RowResult] = {}
        for deal, some in _by_deal(links):
            body = {"data": [{"id": one.to_id, "Contact_Role": role} for one in some]}
            results |= self._answers("PUT", deal, some, Outcome.LINKED, body=body)
        return [results[one] for one in links]

    @cached_property
    def _role(self) -> str:
        """The role that people get whose role is not known."""
        return str(roles.default_role(self._client)["id"])

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Take links away; one that is not there counts as taken away."""
        if link_type.field:
            return self._set_lookups(link_type, links, [None] * len(links))
        results: dict[Link, RowResult] = {}
        for deal, some in _by_deal(links):
            for part in chunks(some, PEOPLE_PER_CALL // 2):
                query = {"ids": ",".join(one.to_id for one in part)}
                results |= self._answers("DELETE", deal, part, Outcome.DELETED, query=query)
        return [results[one] for one in links]

    def _answers(
        self, method: str, deal: str, links: Sequence[Link], done: Outcome, **request: Any
    ) -> dict[Link, RowResult]:
        """What one call about one deal's people answers; results come in the order of the people."""
        path = f"Deals/{deal}/{ROLES}"
        try:
            answer = repeated(lambda: self._client.send(method, path, effect=Effect.REPEATABLE, **request))
        except RequestFailed as error:
            if error.status not in (400, 404):
                raise
            found = error.complaint
            return {one: rejected(link_key(one), found.rule, found.text, field=ROLES) for one in links}
        entries = answer.get("data") or []
        return {one: _result(one, entry, done) for one, entry in zip(links, entries, strict=True)}

    def _set_lookups(
        self, link_type: LinkType, links: Sequence[Link], values: Sequence[dict[str, str] | None]
    ) -> list[RowResult]:
        rows = [{"id": one.from_id, link_type.name: value} for one, value in zip(links, values, strict=True)]
        body = {"data": rows, **NOTHING_FIRES}
        entries = self._client.send("PUT", link_type.object, body=body, effect=Effect.ONCE).get("data") or []
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


def _by_deal(links: Sequence[Link]) -> Iterable[tuple[str, list[Link]]]:
    grouped: dict[str, list[Link]] = defaultdict(list)
    for one in dict.fromkeys(links):
        grouped[one.from_id].append(one)
    for deal, some in grouped.items():
        for part in chunks(some, PEOPLE_PER_CALL):
            yield deal, list(part)


def _result(one: Link, entry: Mapping[str, Any], done: Outcome) -> RowResult:
    if entry.get("status") == SUCCESS or done is Outcome.DELETED:
        return RowResult(link_key(one), done)
    found = complaint(entry)
    return rejected(link_key(one), found.rule, found.text, field=ROLES)
