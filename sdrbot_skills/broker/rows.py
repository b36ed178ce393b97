"""The rows a request would write, each with its key, read from the body as the policy's `rows` says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote

from sdrbot_skills.broker.bodies import digest_of, values_at
from sdrbot_skills.broker.policy import Match, Policy, Rows
from sdrbot_skills.broker.refusal import Refusal

DIGEST = "sha256:"
"""How a key begins that is no id but a digest."""

Query = Sequence[tuple[str, str]]

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:|/-]{1,120}")


class Row(NamedTuple):
    """One row to be written.

    `key` identifies it across sends: a record id, the source id in the migration key, or else a digest of the row; never a customer's value.
    `matched_by` is what the answer names it by (a trace id, say); it is not kept.
    """

    key: str
    matched_by: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """The rows of one object that one request would write. `kind` is the rule's class, `operation` the budget they count against."""

    kind: str
    object: str
    operation: str
    rows: tuple[Row, ...]


class _KeyPlace(NamedTuple):
    """One place where a row's key may stand. `plain`: what stands there is an id."""

    parts: tuple[str, ...]
    value: str | None
    plain: bool


def key_text(value: str, *, plain: bool) -> str:
    """How a row's key is written down: as it is where it is an id, else as a digest."""
    if plain and _PLAIN_KEY.fullmatch(value):
        return value
    return DIGEST + hashlib.sha256(value.encode()).hexdigest()[:32]


class RowReader:
    """Reads the rows of requests of one CRM. `keys`: per object, the field that holds the source id (from the plan)."""

    def __init__(self, policy: Policy, keys: Mapping[str, str]) -> None:
        self._policy = policy
        self._keys = keys

    def operation(self, match: Match, query: Query, body: Any) -> Operation:
        """What the request would write; raises `Refusal` where that cannot be told."""
        rule, spec = match.rule, match.rule.rows
        if spec is None:
            return Operation(rule.kind, self._in_path(match), rule.operation, ())
        found = _rows_in(spec, query, body)
        in_path = self._in_path(match)
        names = self._objects_of(spec, in_path, found)
        if len(names) != 1:
            raise Refusal("body_unreadable", "One call has to write rows of one object, and at least one row.")
        (name,) = names
        if spec.no_links and any(isinstance(row, dict) and row.get(spec.no_links) for row in found):
            raise Refusal(
                "link_not_planned",
                "Links inside a create cannot be counted; send them by the link calls.",
                rule.operation,
            )
        own_ends = self._policy.data.link_ends.get(name) if rule.operation == "create" else None
        if own_ends:
            rows = [self._joining(own_ends, row) for row in found]
        elif spec.ends:
            rows = [link for row in found for link in _links(spec.ends, match, row)]
        else:
            places = self._key_places(spec, match, query, name)
            rows = [self._row(spec, places, name, row) for row in found]
        joins = name in self._policy.data.link_objects and rule.kind == "write"
        return Operation("link" if joins else rule.kind, name, "link" if joins else rule.operation, tuple(rows))

    def migration_key(self, name: str) -> str | None:
        """The field of an object that holds the source id, where the plan has one."""
        return self._keys.get(name)

    def migration_keys(self) -> frozenset[str]:
        """These fields of all planned objects."""
        return frozenset(self._keys.values())

    def _objects_of(self, spec: Rows, in_path: str, found: Sequence[Any]) -> set[str]:
        """The objects that rows belong to; what the rows say is looked at once for each way of saying it."""
        parts = _parts(spec.object) if spec.object else None
        said = {
            (str(self._single(row, parts) or "") if parts else "", row[:3] if isinstance(row, str) else "")
            for row in found
        }
        return {self._object_of(in_path, named, prefix) for named, prefix in said}

    def _object_of(self, in_path: str, named: str, prefix: str) -> str:
        if named and in_path and self._policy.object_name(named) != in_path:
            raise Refusal("body_unreadable", "A row names another object than the path.")
        if named or in_path:
            return in_path or self._policy.object_name(named)
        if by_prefix := self._policy.data.id_prefixes.get(prefix):
            return by_prefix
        raise Refusal("body_unreadable", "A row does not say which object it belongs to.")

    def _in_path(self, match: Match) -> str:
        """The rule's `object` with the placeholders filled."""
        template = match.rule.object or ""
        for name, value in match.values.items():
            template = template.replace("{" + name + "}", self._policy.object_name(value))
        return template

    def _key_places(self, spec: Rows, match: Match, query: Query, name: str) -> list[_KeyPlace]:
        plain = {self._filled(place, match, name) for place in spec.plain}
        by_property = [value for parameter, value in query if parameter == "idProperty"]
        ids = all(value == self._keys.get(name) for value in by_property)
        return [
            _KeyPlace(_parts(where), _of_path(match, where), ids and where in plain)
            for where in (self._filled(place, match, name) for place in spec.key)
        ]

    def _filled(self, place: str, match: Match, name: str) -> str:
        filled = place.replace("{key_field}", self._keys.get(name, "\0"))
        for placeholder, value in match.values.items():
            filled = filled.replace("{" + placeholder + "}", value)
        return filled

    def _row(self, spec: Rows, places: Sequence[_KeyPlace], name: str, row: Any) -> Row:
        trace = str(row.get(spec.trace) or "") if spec.trace and isinstance(row, dict) else ""
        for place in places:
            value = place.value if place.value is not None else self._single(row, place.parts)
            if value not in (None, ""):
                text = str(value)
                return Row(key_text(text, plain=place.plain and self._is_id(row, name)), trace or text)
        bare = {field: value for field, value in row.items() if field != spec.trace} if trace else row
        return Row(DIGEST + digest_of(bare), trace)

    def _joining(self, ends: tuple[str, str], row: Any) -> Row:
        """A record that is a link: whichever call makes it, its key is its ends."""
        start, stop = (self._single(row, (end,)) for end in ends)
        return Row(key_text(f"{start}:{stop}", plain=True) if start and stop else DIGEST + digest_of(row))

    def _is_id(self, row: Any, name: str) -> bool:
        """False where the "id" is the value of some property (HubSpot `idProperty`) that is not the plan's migration key."""
        by_property = row.get("idProperty") if isinstance(row, dict) else None
        return by_property is None or by_property == self._keys.get(name)

    def _single(self, row: Any, parts: tuple[str, ...]) -> Any:
        if isinstance(row, str):
            return None if parts else row
        for part in parts:
            if isinstance(row, list) and len(row) == 1:
                (row,) = row  # Attio writes every value as a list
            if not isinstance(row, dict):
                return None
            row = self._member(row, part)
        return row

    def _member(self, row: dict[str, Any], name: str) -> Any:
        if not self._policy.data.fold_case:
            return row.get(name)
        spelling = _spelling_in(tuple(row), name.lower())
        return None if spelling is None else row[spelling]


@lru_cache(maxsize=2048)
def _spelling_in(names: tuple[str, ...], wanted: str) -> str | None:
    """How a row spells a name, where the vendor takes any spelling. The rows of a call mostly have the same names, so this is kept."""
    found = [name for name in names if name.lower() == wanted]
    if len(found) > 1:
        raise Refusal("body_unreadable", f"A row has {wanted!r} in two spellings.")
    return found[0] if found else None


def _rows_in(spec: Rows, query: Query, body: Any) -> list[Any]:
    if spec.at.startswith("query."):
        name = spec.at.removeprefix("query.")
        values = [value for parameter, value in query if parameter == name]
        if len(values) != 1:
            raise Refusal("bad_request", f"The query parameter {name!r} has to appear once.")
        return values[0].split(",")
    if not spec.at:
        return body if isinstance(body, list) else [body]
    if not isinstance(body, dict) or not isinstance(body.get(spec.at), list):
        raise Refusal("body_unreadable", f"The body has no list {spec.at!r}, so its rows cannot be counted.")
    return list(body[spec.at])


def _links(ends: tuple[str, str], match: Match, row: Any) -> list[Row]:
    """Every pair that one entry joins; the key of a link is `from:to`."""
    starts, stops = (
        [value] if (value := _of_path(match, place)) else [str(each) for each in values_at(row, place)]
        for place in ends
    )
    pairs = [f"{start}:{stop}" for start in starts for stop in stops]
    if not pairs:
        raise Refusal("body_unreadable", "A link does not name both of its ends.")
    return [Row(key_text(pair, plain=True), pair) for pair in pairs]


@lru_cache(maxsize=2048)
def _parts(place: str) -> tuple[str, ...]:
    return tuple(place.split(".")) if place else ()


def _of_path(match: Match, place: str) -> str | None:
    if not place.startswith("path."):
        return None
    return unquote(match.values[place.removeprefix("path.")])
