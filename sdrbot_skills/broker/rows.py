"""The rows a request would write, each with its key, and the results in the answer: read from bodies as the policy's `rows` and `answers` say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson

from sdrbot_skills.broker.policy import Answers, Match, Policy, Rows
from sdrbot_skills.broker.refusal import Refusal

_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.:|/-]{1,120}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be written. `key` identifies it across sends; it is a record id, a source id or else a digest, never a customer's value."""

    key: str
    digest: str
    matched_by: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """Rows of one object that one request would write. `kind` is the rule's class, `operation` the budget they count against."""

    kind: str
    object: str
    operation: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What the vendor answered for one row. `key` is None where the answer does not tell which row it was."""

    id: str
    created: bool
    key: str | None


def parse_body(raw: bytes) -> Any:
    """JSON in one reading only: a name that appears twice in an object could be read differently by the vendor, so it is refused."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refusal("body_unreadable", "The body is not JSON, so it cannot be judged.") from None
    if orjson.dumps(document) != raw:
        json.loads(raw, object_pairs_hook=_refuse_twins)
    return document


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Refusal("body_unreadable", "A name appears twice in one JSON object, so the body has two readings.")


def key_text(value: str, *, plain: bool) -> str:
    """How a row's key is written down: as it is where it is an id, else as a digest."""
    if plain and _PLAIN_KEY.fullmatch(value):
        return value
    return "sha256:" + hashlib.sha256(value.encode()).hexdigest()[:32]


class RowReader:
    """Reads the rows of requests of one CRM. `keys`: per object, the field that holds the source id (from the plan)."""

    def __init__(self, policy: Policy, keys: Mapping[str, str]) -> None:
        self._policy = policy
        self._keys = keys

    def operations(self, match: Match, query: Sequence[tuple[str, str]], body: Any) -> list[Operation]:
        """What the request would write: one operation on one object, and one more for each kind of link inside it."""
        rule, spec = match.rule, match.rule.rows
        if spec is None:
            return [Operation(rule.kind, self._named(rule.object, match), rule.operation, ())]
        found: dict[str, list[Row]] = {}
        links: dict[str, list[Row]] = {}
        for row in self._rows(spec, match, query, body):
            name = self._object_of(spec, match, row)
            read = self._links(spec, match, row) if spec.ends else [self._row(spec, match, query, name, row)]
            found.setdefault(name, []).extend(read)
            if spec.inline_links and isinstance(row, dict):
                self._inline_links(name, row.get(spec.inline_links), read[0], links)
        if len(found) != 1:
            raise Refusal("body_unreadable", "One call has to write rows of one object, and at least one row.")
        ((name, written),) = found.items()
        own = Operation(self._kind(rule.kind, name), name, self._operation(rule.operation, name), tuple(written))
        return [own] + [Operation("link", link, "link", tuple(rows)) for link, rows in links.items()]

    def results(self, match: Match, operations: Sequence[Operation], status: int, body: Any) -> list[Result]:
        """The records that the answer says were written. Rows that failed are not in it."""
        spec = match.rule.answers
        rows = [row for operation in operations if operation.kind != "link" for row in operation.rows]
        if status >= 300:
            return []
        if spec is None or body is None:
            return (
                [Result(row.key, False, row.key) for row in rows]
                if match.rule.kind == "write" and len(rows) == 1
                else []
            )
        by_match = {row.matched_by: row.key for row in rows}
        entries = [entry for entry in _places(body, spec.at) if isinstance(entry, dict)]
        return [
            Result(
                str(entry[spec.id]),
                self._created(spec, entry),
                self._key_of(spec, match, entry, number, rows, by_match),
            )
            for number, entry in enumerate(entries)
            if spec.id and entry.get(spec.id) and (spec.success is None or entry.get(spec.success) is True)
        ]

    # --- rows ------------------------------------------------------------------------------------------------------------------

    def _rows(self, spec: Rows, match: Match, query: Sequence[tuple[str, str]], body: Any) -> list[Any]:
        if spec.at.startswith("query."):
            values = [value for name, value in query if name == spec.at.removeprefix("query.")]
            if len(values) != 1:
                raise Refusal(
                    "bad_request", f"The query parameter {spec.at.removeprefix('query.')!r} has to appear once."
                )
            return values[0].split(",")
        if not spec.at:
            return [body]
        if not isinstance(body, dict) or not isinstance(body.get(spec.at), list):
            raise Refusal("body_unreadable", f"The body has no list {spec.at!r}, so its rows cannot be counted.")
        return list(body[spec.at])

    def _object_of(self, spec: Rows, match: Match, row: Any) -> str:
        in_path = self._named(match.rule.object, match)
        named = self._single(row, spec.object) if spec.object else None
        if named and in_path and self._policy.object_name(named) != in_path:
            raise Refusal("body_unreadable", "A row names another object than the path.")
        if named or in_path:
            return in_path or self._policy.object_name(str(named))
        if isinstance(row, str) and (by_prefix := self._policy.data.id_prefixes.get(row[:3])):
            return by_prefix
        raise Refusal("body_unreadable", "A row does not say which object it belongs to.")

    def _row(self, spec: Rows, match: Match, query: Sequence[tuple[str, str]], name: str, row: Any) -> Row:
        digest = hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
        for place in spec.key:
            where = self._filled(place, name, match)
            value = (
                match.values.get(where.removeprefix("path.")) if where.startswith("path.") else self._single(row, where)
            )
            if value not in (None, ""):
                text = unquote(str(value)) if where.startswith("path.") else str(value)
                plain = place in spec.plain or where in {self._filled(one, name, match) for one in spec.plain}
                return Row(key_text(text, plain=plain and self._is_id(row, query, name)), digest, text)
        return Row("sha256:" + digest, digest)

    def _is_id(self, row: Any, query: Sequence[tuple[str, str]], name: str) -> bool:
        """False where the "id" is the value of some property (HubSpot `idProperty`) that is not the plan's migration key."""
        in_query = [value for parameter, value in query if parameter == "idProperty"]
        in_row = [row["idProperty"]] if isinstance(row, dict) and row.get("idProperty") else []
        return all(value == self._keys.get(name) for value in in_query + in_row)

    def _links(self, spec: Rows, match: Match, row: Any) -> list[Row]:
        assert spec.ends is not None
        ends: list[list[str]] = []
        for place in spec.ends:
            in_path = match.values.get(place.removeprefix("path.")) if place.startswith("path.") else None
            ends.append([in_path] if in_path else [str(value) for value in _places(row, place)])
        digest = hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]
        pairs = [f"{start}:{end}" for start in ends[0] for end in ends[1]]
        if not pairs:
            raise Refusal("body_unreadable", "A link does not name both of its ends.")
        return [Row(key_text(pair, plain=True), digest, pair) for pair in pairs]

    def _inline_links(self, name: str, entries: Any, owner: Row, links: dict[str, list[Row]]) -> None:
        types = self._policy.data.association_types.get(name, {})
        for entry in entries or ():
            target = str(self._single(entry, "to.id") or "")
            for kind in entry.get("types") or [{}]:
                other = (
                    types.get(kind.get("associationTypeId"))
                    if kind.get("associationCategory") == "HUBSPOT_DEFINED"
                    else None
                )
                if other is None or not target:
                    raise Refusal(
                        "link_not_planned",
                        "A link inside a create has a type that is not known; send it by the link calls.",
                    )
                rows = links.setdefault(f"{name}->{other}", [])
                rows.append(Row(key_text(f"{owner.key}:{target}", plain=True), owner.digest))

    # --- names -----------------------------------------------------------------------------------------------------------------

    def _kind(self, kind: str, name: str) -> str:
        return "link" if kind == "write" and name in self._policy.data.link_objects else kind

    def _operation(self, operation: str, name: str) -> str:
        return (
            "link"
            if operation in ("create", "upsert", "update") and name in self._policy.data.link_objects
            else operation
        )

    def _named(self, template: str | None, match: Match) -> str:
        if not template:
            return ""
        for name, value in match.values.items():
            template = template.replace("{" + name + "}", self._policy.object_name(value))
        return template

    def _filled(self, place: str, name: str, match: Match) -> str:
        if "{" not in place:
            return place
        filled = place.replace("{key_field}", self._keys.get(name, "\0"))
        for placeholder, value in match.values.items():
            filled = filled.replace("{" + placeholder + "}", value)
        return filled

    def _single(self, row: Any, place: str) -> Any:
        if isinstance(row, str):
            return row if place == "" else None
        for part in place.split("."):
            if not isinstance(row, dict):
                return None
            row = self._member(row, part)
        return row

    def _member(self, row: dict[str, Any], name: str) -> Any:
        if not self._policy.data.fold_case:
            return row.get(name)
        found = [value for key, value in row.items() if key.lower() == name.lower()]
        if len(found) > 1:
            raise Refusal("body_unreadable", f"A row has {name!r} in two spellings.")
        return found[0] if found else None

    # --- answers ---------------------------------------------------------------------------------------------------------------

    def _created(self, spec: Answers, entry: dict[str, Any]) -> bool:
        return spec.created if isinstance(spec.created, bool) else entry.get(spec.created) is True

    def _key_of(
        self,
        spec: Answers,
        match: Match,
        entry: dict[str, Any],
        number: int,
        rows: Sequence[Row],
        by_match: Mapping[str, str],
    ) -> str | None:
        if spec.in_order:
            return rows[number].key if number < len(rows) else None
        properties = set(self._keys.values())
        for place in spec.match:
            names = [place.replace("{idProperty}", name) for name in properties] if "{idProperty}" in place else [place]
            for name in names:
                value = next(iter(_places(entry, name)), None)
                if value is not None and str(value) in by_match:
                    return by_match[str(value)]
        return None


def _places(document: Any, place: str) -> Iterator[Any]:
    """Every value at a dotted place; `x[]` steps into a list. The document itself (or each of its entries) for ""."""
    current = document if isinstance(document, list) and place == "" else [document]
    for part in place.split(".") if place else ():
        name = part.removesuffix("[]")
        current = [item[name] for item in current if isinstance(item, dict) and name in item]
        if part.endswith("[]") or (current and isinstance(current[0], list)):
            current = [entry for item in current if isinstance(item, list) for entry in item]
    yield from current


def names_in(document: Any, places: Sequence[str]) -> list[str]:
    """The names a schema change gives in its body."""
    return [str(value) for place in places for value in _places(document, place)]
