"""Search (doc "Search the CRM"): filters, one sort, 200 a page, 10,000 in all, on an index that lags behind."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Doc, Record
from sdrbot_skills.lab.hubspot import errors, values
from sdrbot_skills.lab.hubspot.schema import Layout
from sdrbot_skills.lab.hubspot.show import View
from sdrbot_skills.lab.hubspot.vendor import HubSpot, paging, record_id, whole

PAGE, TOTAL = 200, 10_000
GROUPS, FILTERS, ALL_FILTERS, QUERY = 5, 6, 18, 3000
Test = Callable[[Doc], bool]
Key = Callable[[str], Any]


def add_routes(hubspot: HubSpot) -> None:
    hubspot.route("POST", "objects", "/{type}/search")(Search(hubspot).search)


class Search:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    def search(self, request: Request) -> Response:
        kind = self.hubspot.kind(request, "read")
        body = request.json()
        limit = whole(str(body.get("limit", 10)), "limit")
        after = whole(str(body.get("after") or 0), "after")
        if not 1 <= limit <= PAGE:
            raise errors.invalid(f"The requested limit of {limit} is outside of 1 to {PAGE}")
        if after + limit > TOTAL:
            raise errors.invalid(f"The search results are limited to {TOTAL} records in all; after+limit exceeds that")
        layout = self.hubspot.schema.layout(kind)
        groups = body.get("filterGroups") or []
        test = matcher(layout, groups, str(body.get("query") or ""))
        found = [record for record in self._candidates(layout, groups) if test(record.doc)]
        found = _sorted(layout, found, body.get("sorts") or [])
        hidden = self.hubspot.hidden(request, kind)
        dated = request.params["api"] != "v3"
        view = View(self.hubspot, kind, body.get("properties") or (), dated=dated, hidden=hidden)
        answer: dict[str, Any] = {"total": len(found), "results": view.rows(found[after : after + limit])}
        if after + limit < len(found):
            answer["paging"] = paging(str(after + limit), request)
        return reply(200, answer)

    def _candidates(self, layout: Layout, groups: list[dict[str, Any]]) -> Iterator[Record]:
        """By index where every group pins an indexed property, else everything; as the lagging index sees it."""
        name = layout.kind.name
        lagging = self.store.lagging(name) if self.store.lag_seconds > 0 else {}
        ids = self._pinned(layout, groups)
        if ids is not None:
            found: Iterable[Record] = self.store.get_many(name, {*ids, *lagging}).values()
        else:
            found = self.store.scan(name, _floor(groups))
        for record in found:
            if record.archived:
                continue
            if record.id in lagging:
                before = lagging[record.id]
                if before is None:
                    continue
                record = record._replace(doc=before)
            yield record

    def _pinned(self, layout: Layout, groups: list[dict[str, Any]]) -> set[int] | None:
        ids: set[int] = set()
        for group in groups:
            for rule in group.get("filters", []):
                wanted = _equals(rule)
                field = rule.get("propertyName")
                if wanted is None or field not in ("hs_object_id", *layout.unique):
                    continue
                if field == "hs_object_id":
                    ids.update(record_id(value) for value in wanted)
                else:
                    spelled = [value.lower() if field == "email" else value for value in wanted]
                    ids.update(i for found in self.store.find(layout.kind.name, field, spelled).values() for i in found)
                break
            else:
                return None
        return ids if groups else None


def _equals(rule: dict[str, Any]) -> list[str] | None:
    if rule.get("operator") == "EQ":
        return [str(rule.get("value", ""))]
    if rule.get("operator") == "IN":
        return [str(value) for value in rule.get("values") or ()]
    return None


def _floor(groups: list[dict[str, Any]]) -> int:
    """A single group's lower bound on the id: spares a keyset walk from reading all that it had before."""
    if len(groups) != 1:
        return 0
    rules = [r for r in groups[0].get("filters", []) if r.get("propertyName") == "hs_object_id"]
    return max((record_id(str(r.get("value"))) for r in rules if r.get("operator") == "GT"), default=0)


def matcher(layout: Layout, groups: list[dict[str, Any]], query: str) -> Test:
    """Groups are alternatives, the filters of a group all hold. Raises 400 as HubSpot does."""
    counts = [len(group.get("filters", [])) for group in groups]
    if len(groups) > GROUPS or any(count > FILTERS for count in counts) or sum(counts) > ALL_FILTERS:
        raise errors.invalid(
            f"Too many filters: at most {GROUPS} groups, {FILTERS} filters in a group, {ALL_FILTERS} filters in all"
        )
    if len(query) > QUERY:
        raise errors.invalid(f"The query is longer than {QUERY} characters")
    alternatives = [[_filter(layout, rule) for rule in group.get("filters", [])] for group in groups]
    words = query.casefold().split()

    def test(doc: Doc) -> bool:
        if words:
            text = " ".join(value for value in doc.values() if isinstance(value, str)).casefold()
            if not all(word in text for word in words):
                return False
        return not alternatives or any(all(check(doc) for check in checks) for checks in alternatives)

    return test


def _filter(layout: Layout, rule: dict[str, Any]) -> Test:
    name, operator = str(rule.get("propertyName", "")), str(rule.get("operator", ""))
    definition = layout.properties.get(name)
    if definition is None:
        raise errors.invalid(f"There was a problem with the request: property {name} does not exist")
    if operator == "HAS_PROPERTY":
        return lambda doc: bool(doc.get(name))
    if operator == "NOT_HAS_PROPERTY":
        return lambda doc: not doc.get(name)
    key = _key(definition)
    wanted = _operands(rule, operator, key)
    return _comparison(name, operator, key, wanted, definition["fieldType"] == "checkbox")


def _operands(rule: dict[str, Any], operator: str, key: Key) -> list[Any]:
    if operator in ("IN", "NOT_IN"):
        given = rule.get("values")
        if not isinstance(given, list) or not given:
            raise errors.invalid(f"values must be a list for the operator {operator}")
    elif operator == "BETWEEN":
        given = [rule.get("value"), rule.get("highValue")]
    else:
        given = [rule.get("value")]
    if any(value is None for value in given):
        raise errors.invalid(f"a value is required for the operator {operator}")
    try:
        return [key(str(value)) for value in given]
    except (ValueError, values.BadValue) as error:
        raise errors.invalid(f"There was a problem with the request: {error}") from error


def _comparison(name: str, operator: str, key: Key, wanted: list[Any], multiple: bool) -> Test:
    first = wanted[0]

    def among(doc: Doc) -> bool:
        value = doc.get(name)
        if not value:
            return False
        return any(key(part) in wanted for part in value.split(";")) if multiple else key(value) in wanted

    def has_token(doc: Doc) -> bool:
        return bool(_token(str(first)).search(doc.get(name, "").casefold()))

    tests: dict[str, Test] = {
        "EQ": among,
        "IN": among,
        "NEQ": lambda doc: not among(doc),
        "NOT_IN": lambda doc: not among(doc),
        "LT": lambda doc: bool(doc.get(name)) and key(doc[name]) < first,
        "LTE": lambda doc: bool(doc.get(name)) and key(doc[name]) <= first,
        "GT": lambda doc: bool(doc.get(name)) and key(doc[name]) > first,
        "GTE": lambda doc: bool(doc.get(name)) and key(doc[name]) >= first,
        "BETWEEN": lambda doc: bool(doc.get(name)) and first <= key(doc[name]) <= wanted[1],
        "CONTAINS_TOKEN": has_token,
        "NOT_CONTAINS_TOKEN": lambda doc: not has_token(doc),
    }
    if operator not in tests:
        raise errors.invalid(f"Invalid operator: {operator}")
    return tests[operator]


def _token(word: str) -> re.Pattern[str]:
    """A whole word; * stands for the rest of one."""
    return re.compile(r"(?<!\w)" + re.escape(word.casefold()).replace(r"\*", r"\w*") + r"(?!\w)")


def _key(definition: dict[str, Any]) -> Key:
    """How values of a property compare."""
    if definition["type"] == "number":
        return float
    if definition["type"] in ("date", "datetime"):
        return values.instant
    return str.casefold


def _sort(given: Any) -> dict[str, Any]:
    """An object, the same as JSON text (the SDKs' type is text), or a name, with - for descending."""
    if isinstance(given, str):
        if given.startswith("{"):
            given = orjson.loads(given)
        else:
            given = {"propertyName": given.lstrip("-"), "direction": "DESCENDING" if given[:1] == "-" else "ASCENDING"}
    if not isinstance(given, dict):
        raise errors.invalid("A sort must name a property")
    return given


def _sorted(layout: Layout, found: list[Record], sorts: list[Any]) -> list[Record]:
    """By id where nothing is asked; records without the value come last either way."""
    if not sorts:
        return found
    if len(sorts) > 1:
        raise errors.invalid("Only one sort is supported")
    sort = _sort(sorts[0])
    name = sort.get("propertyName", "")
    definition = layout.properties.get(name)
    if definition is None:
        raise errors.invalid(f"There was a problem with the request: property {name} does not exist")
    if name == "hs_object_id":
        return found if sort.get("direction") != "DESCENDING" else found[::-1]
    key = _key(definition)
    having = [record for record in found if record.doc.get(name)]
    having.sort(key=lambda record: key(record.doc[name]), reverse=sort.get("direction") == "DESCENDING")
    return having + [record for record in found if not record.doc.get(name)]
