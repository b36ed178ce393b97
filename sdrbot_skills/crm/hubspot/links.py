"""HubSpot associations as links (HubSpot's guide "Associations v4").

A link type is named after the object at its far end: `company` for the plain association, `company:primary` for HubSpot's primary one,
`company:Billing contact` for a label of the account. The plain one holds for every pair that has any of the others. Each direction of
an association has a type id of its own; only the direction of `objects.POINTS_AT` is spoken here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sdrbot_skills.crm.batching import chunks, link_key, rejected
from sdrbot_skills.crm.failures import Effect, Missing
from sdrbot_skills.crm.hubspot.capabilities import CAPABILITIES
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import NoPermission, Rejected, first_problem
from sdrbot_skills.crm.hubspot.objects import INVERSE_TYPES, KNOWN_ASSOCIATIONS, POINTS_AT, STANDARD, Association
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Link, Outcome, RowResult
from sdrbot_skills.model.schema import LinkType

LAST_VERSION_WITH_NAMES = "2026-03"
"""From 2026-09 on answers carry type ids only, and the names in a list's inline associations are gone."""

OWN = "HUBSPOT_DEFINED"

_HARMLESS = ("NO_ASSOCIATIONS_FOUND", "OBJECT_NOT_FOUND")


class Inline(NamedTuple):
    """How the links of a type look inside a list answer."""

    link_type: LinkType
    to_object: str
    type_name: str


class _Type(NamedTuple):
    """What the wire wants to know of a link type. `plain`: the unlabelled type that goes with a primary one."""

    category: str
    type_id: int
    plain: int | None = None


class Links:
    """Link types of the account, and the links themselves."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client
        self._types: dict[tuple[str, str], _Type] = {}

    # -- types --------------------------------------------------------------------------------------------------------

    def types(self, object_name: str) -> list[LinkType]:
        """HubSpot's own types and the account's labels, seen from this object."""
        found: list[LinkType] = []
        for to_object in POINTS_AT.get(object_name, tuple(STANDARD)):
            found += self._types_between(object_name, to_object)
        return found

    def named(self, object_name: str, names: Collection[str]) -> list[LinkType]:
        """The types of these names. HubSpot's own are the same in every account: only for labels is the account asked."""
        found: list[LinkType] = []
        for to_object in POINTS_AT.get(object_name, tuple(STANDARD)):
            wanted = {name for name in names if name.partition(":")[0] == STANDARD[to_object].singular}
            own = self._own_types(object_name, to_object) if wanted else []
            known = wanted <= {one.name for one in own}
            found += own if known else self._types_between(object_name, to_object)
        return [one for one in found if one.name in names]

    def _own_types(self, object_name: str, to_object: str) -> list[LinkType]:
        known = KNOWN_ASSOCIATIONS.get((object_name, to_object), ())
        return [self._type(object_name, to_object, (OWN, one.type_id), None, one) for one in known]

    def _types_between(self, object_name: str, to_object: str) -> list[LinkType]:
        known = {(OWN, entry.type_id): entry for entry in KNOWN_ASSOCIATIONS.get((object_name, to_object), ())}
        path = self._client.paths.associations(object_name, to_object, "labels")
        try:
            answered = self._client.get(path)["results"]
        except (NoPermission, Missing):
            answered = []
        # The ids of an account's labels start at 1 as well: only category and id together name a type.
        labels = {(entry["category"], int(entry["typeId"])): entry.get("label") for entry in answered}
        return [
            self._type(object_name, to_object, wire, label, known.get(wire))
            for wire, label in sorted((dict.fromkeys(known) | labels).items())
            if wire[0] != OWN or wire[1] not in INVERSE_TYPES
        ]

    def _type(
        self, object_name: str, to_object: str, wire: tuple[str, int], label: str | None, known: Association | None
    ) -> LinkType:
        far_end = STANDARD[to_object]
        suffix = known.name if known else label or ""
        name = f"{far_end.singular}:{suffix}" if suffix else far_end.singular
        self._types[(object_name, name)] = _Type(*wire, known.with_unlabelled if known else None)
        made = LinkType(
            name=name,
            object=object_name,
            to_object=to_object,
            label=f"{far_end.label} ({suffix})" if suffix else far_end.label,
            single=known.single if known else False,
            standard=known.standard if known else None,
        )
        return made.model_copy(update={"read_apart": self.inline(made) is None})

    def _wire(self, link_type: LinkType) -> _Type:
        key = (link_type.object, link_type.name)
        if key not in self._types:
            self.named(link_type.object, (link_type.name,))
        if key not in self._types:
            raise ConfigurationError(
                f"HubSpot has no association {link_type.name!r} from {link_type.object} to {link_type.to_object}."
            )
        return self._types[key]

    # -- reading ------------------------------------------------------------------------------------------------------

    def inline(self, link_type: LinkType) -> Inline | None:
        """How this type looks in a list answer; `None` for labels and parents, which lists do not tell apart."""
        version = self._client.connection.api_version
        if not version.startswith("v") and version > LAST_VERSION_WITH_NAMES:
            return None
        wire = self._wire(link_type)
        for entry in KNOWN_ASSOCIATIONS.get((link_type.object, link_type.to_object), ()):
            if wire.category == OWN and entry.type_id == wire.type_id and entry.inline is not None:
                return Inline(link_type, link_type.to_object, entry.inline)
        return None

    def of_types(self, link_types: Sequence[LinkType], ids: Sequence[str]) -> list[Link]:
        """The links of several types that start at any number of ids. Types between the same two objects come with the same calls."""
        found: list[Link] = []
        by_ends: dict[tuple[str, str], list[LinkType]] = {}
        for link_type in link_types:
            by_ends.setdefault((link_type.object, link_type.to_object), []).append(link_type)
        for same_ends in by_ends.values():
            for some in chunks(ids, CAPABILITIES.link_read_batch):
                found += self._between(same_ends, some)
        return found

    def read(self, link_type: LinkType, ids: Sequence[str]) -> list[Link]:
        """The links of one type that start at these ids."""
        return self._between([link_type], ids)

    def _between(self, link_types: Sequence[LinkType], ids: Sequence[str]) -> list[Link]:
        """The links of types between the same two objects, each record's pages followed to their end."""
        ends = link_types[0]
        names = {self._wire(one)[:2]: one.name for one in link_types}
        path = self._client.paths.associations(ends.object, ends.to_object, "batch", "read")
        inputs: list[dict[str, str]] = [{"id": record_id} for record_id in dict.fromkeys(ids)]
        found: dict[Link, None] = {}
        while inputs:
            answer = self._client.read(path, {"inputs": inputs})
            _check(answer, ends)
            inputs = []
            for row in answer["results"]:
                from_id = str(row["from"]["id"])
                for target in row["to"]:
                    for kind in target["associationTypes"]:
                        if (name := names.get((kind["category"], int(kind["typeId"])))) is not None:
                            found[Link(name, from_id, str(target["toObjectId"]))] = None
                after = ((row.get("paging") or {}).get("next") or {}).get("after")
                if after is not None:
                    inputs.append({"id": from_id, "after": str(after)})
        return list(found)

    # -- writing ------------------------------------------------------------------------------------------------------

    def link(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Make links; making one that is there already succeeds. The primary type is sent with the plain one it stands on."""
        wire = self._wire(link_type)
        types = [{"associationCategory": wire.category, "associationTypeId": wire.type_id}]
        if wire.plain is not None:
            types.append({"associationCategory": OWN, "associationTypeId": wire.plain})
        inputs = [{"from": {"id": link.from_id}, "to": {"id": link.to_id}, "types": types} for link in links]
        path = self._client.paths.associations(link_type.object, link_type.to_object, "batch", "create")
        return self._write(path, inputs, links, Outcome.LINKED)

    def unlink(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        """Take links away: a label or the primary mark alone where the link has one, the whole association where it is plain."""
        wire = self._wire(link_type)
        marked = ":" in link_type.name
        tail = ("batch", "labels", "archive") if marked else ("batch", "archive")
        path = self._client.paths.associations(link_type.object, link_type.to_object, *tail)
        types = [{"associationCategory": wire.category, "associationTypeId": wire.type_id}]
        inputs = [
            {"from": {"id": link.from_id}, "to": {"id": link.to_id}, "types": types}
            if marked
            else {"from": {"id": link.from_id}, "to": [{"id": link.to_id}]}
            for link in links
        ]
        return self._write(path, inputs, links, Outcome.DELETED)

    def _write(
        self, path: str, inputs: Sequence[Mapping[str, Any]], links: Sequence[Link], outcome: Outcome
    ) -> list[RowResult]:
        try:
            answer = self._client.send("POST", path, body={"inputs": inputs}, effect=Effect.REPEATABLE) or {}
        except Rejected as error:
            if len(links) > 1:
                raise
            problem = error.problem
            return [rejected(link_key(links[0]), problem.rule, problem.message)]
        refused = _refused(answer, links)
        return [refused.get(link_key(link)) or RowResult(link_key(link), outcome) for link in links]


def _check(answer: Mapping[str, Any], link_type: LinkType) -> None:
    """A partial answer is fine where records have no associations or are gone, and wrong for any other reason."""
    for error in answer.get("errors") or ():
        codes = (str(error.get("category") or ""), str(error.get("subCategory") or ""))
        if not any(code.endswith(harmless) for code in codes for harmless in _HARMLESS):
            raise ConfigurationError(f"Reading the links {link_type.name!r}: HubSpot left some out ({codes[0]}).")


def _refused(answer: Mapping[str, Any], links: Sequence[Link]) -> dict[str, RowResult]:
    """Refusals by link key. HubSpot names the ends of a refused link in the error's context; where it does not, none is called made."""
    results: dict[str, RowResult] = {}
    for error in answer.get("errors") or ():
        problem = first_problem(error)
        named = {str(value) for values in (error.get("context") or {}).values() for value in _listed(values)}
        touched = [link for link in links if link.from_id in named or link.to_id in named]
        for link in touched:
            results[link_key(link)] = rejected(link_key(link), problem.rule, problem.message)
    if int(answer.get("numErrors") or 0) and not results:
        words = "HubSpot refused some links of this batch without naming them."
        results = {link_key(link): rejected(link_key(link), Rule.UNANSWERED, words, retriable=True) for link in links}
    return results


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
