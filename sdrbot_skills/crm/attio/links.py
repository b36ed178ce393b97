"""Links: every reference is an attribute of the record, and most are one side of a relationship (Attio's page "Linking referenced records").

Only one side of each relationship is spoken here, so that no link is carried twice. A single reference is a field; of one that holds several,
links are appended, all of a record by one PATCH, and taken away by writing what is left (PUT).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.attio.client import AttioClient, records
from sdrbot_skills.crm.attio.failures import Rejected
from sdrbot_skills.crm.attio.records import Records
from sdrbot_skills.crm.attio.schema import Schema
from sdrbot_skills.crm.attio.wire import links_of
from sdrbot_skills.crm.attio.writing import Writing
from sdrbot_skills.crm.batching import link_key, rejected
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.repeat import repeated
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.model.records import Link, Operation, Outcome, Row, RowResult
from sdrbot_skills.model.schema import LinkType

STANDARD_LINKS = {
    ("people", "company"): "person.company",
    ("deals", "associated_company"): "deal.company",
    ("deals", "associated_people"): "deal.person",
    ("companies", "parent_company"): "company.parent",
}
"""Attio has no parent of a company; an attribute of that slug is taken for one."""

OTHER_SIDES = frozenset(
    {
        ("companies", "team"),
        ("people", "associated_deals"),
        ("companies", "associated_deals"),
        ("people", "associated_users"),
    }
)


class Links:
    """Link types of the workspace, and the links themselves."""

    def __init__(self, client: AttioClient, schema: Schema, kept: Records, writing: Writing) -> None:
        self._client, self._schema, self._kept, self._writing = client, schema, kept, writing

    def types(self, object_name: str) -> list[LinkType]:
        """References to records of one object."""
        attributes, slugs = self._schema.references(object_name)
        found = []
        for entry in attributes:
            allowed: list[str] = entry["config"]["record_reference"]["allowed_object_ids"] or []
            if entry["type"] != "record-reference" or len(allowed) != 1 or not entry["is_writable"]:
                continue
            if allowed[0] in slugs and not _far_side(object_name, entry):
                found.append(_link_type(object_name, entry, slugs[allowed[0]]))
        return found

    def read(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        """The links of this type that these records have."""
        return [one for row in self._kept.rows(link_type.object, ids) for one in links_of(link_type, row)]

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Set a single reference, append to several; one that is there already is absorbed."""
        if link_type.field is not None:
            return self._point(link_type, links, Outcome.LINKED)
        results: dict[str, RowResult] = {}
        for some in _by_record(links):
            results |= self._append(link_type, some)
        return [results[link_key(one)] for one in links]

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Empty a single reference; of several, write what is left. A record that is gone has no links any more."""
        if link_type.field is not None:
            return self._point(link_type, links, Outcome.DELETED)
        rows = self._kept.rows(link_type.object, [one.from_id for one in links])
        left = {row["id"]["record_id"]: [one.to_id for one in links_of(link_type, row)] for row in rows}
        return [self._remove(link_type, link, left.get(link.from_id, [])) for link in links]

    def _point(self, link_type: LinkType, links: Sequence[Link], done: Outcome) -> list[RowResult]:
        """A single reference is a value of the record."""
        rows = [
            Row(link_key(one), {link_type.name: one.to_id if done is Outcome.LINKED else None}, one.from_id)
            for one in links
        ]
        results = self._writing.write(link_type.object, Operation.UPDATE, rows, None)
        return [one._replace(outcome=done) if one.outcome is Outcome.UPDATED else one for one in results]

    def _append(self, link_type: LinkType, links: Sequence[Link]) -> dict[str, RowResult]:
        """The links of one record. Attio takes all or none; refused, each is tried alone, so that one bad end does not cost the others."""
        references = [{"target_object": link_type.to_object, "target_record_id": one.to_id} for one in links]
        result = self._change("PATCH", link_type, links[0], references, Outcome.LINKED)
        if result.outcome is not Outcome.LINKED and len(links) > 1:
            return {key: one for link in links for key, one in self._append(link_type, [link]).items()}
        return {link_key(one): result._replace(key=link_key(one)) for one in links}

    def _remove(self, link_type: LinkType, link: Link, left: list[str]) -> RowResult:
        """Take one of the ids in `left` out, and write the others."""
        if link.to_id not in left:
            return RowResult(link_key(link), Outcome.DELETED)
        left.remove(link.to_id)
        references = [{"target_object": link_type.to_object, "target_record_id": one} for one in left]
        return self._change("PUT", link_type, link, references, Outcome.DELETED)

    def _change(
        self, method: str, link_type: LinkType, link: Link, references: list[dict[str, str]], done: Outcome
    ) -> RowResult:
        path, key = records(link_type.object, link.from_id), link_key(link)
        body = {"data": {"values": {link_type.name: references}}}
        try:
            repeated(lambda: self._client.send(method, path, body=body, effect=Effect.REPEATABLE))
        except Missing:
            return rejected(key, Rule.NOT_FOUND, f"The {link_type.object} record is not there.")
        except Rejected as error:
            rule = Rule.BAD_REFERENCE if error.problem.code == "value_not_found" else error.problem.rule
            return rejected(key, rule, error.problem.message, field=link_type.name)
        return RowResult(key, done)


def _by_record(links: Sequence[Link]) -> list[list[Link]]:
    """Each link once, together with those that start at the same record."""
    grouped: dict[str, list[Link]] = defaultdict(list)
    for one in dict.fromkeys(links):
        grouped[one.from_id].append(one)
    return list(grouped.values())


def _far_side(object_name: str, entry: Mapping[str, Any]) -> bool:
    """Of the two sides of a relationship one is spoken: the known one, else the single one, else the first by name."""
    slug, other = entry["api_slug"], entry["relationship"]
    if (object_name, slug) in STANDARD_LINKS or other is None:
        return False
    if (object_name, slug) in OTHER_SIDES:
        return True
    if entry["is_multiselect"] != other["is_multiselect"]:
        return bool(entry["is_multiselect"])
    return (object_name, slug) > (other["object_slug"], other["api_slug"])


def _link_type(object_name: str, entry: Mapping[str, Any], to_object: str) -> LinkType:
    slug, single = entry["api_slug"], not entry["is_multiselect"]
    return LinkType(
        name=slug,
        object=object_name,
        to_object=to_object,
        label=entry["title"],
        field=slug if single else None,
        single=single,
        required=bool(entry["is_required"]),
        counted_as=f"{object_name}->records",
        standard=STANDARD_LINKS.get((object_name, slug)),
    )
