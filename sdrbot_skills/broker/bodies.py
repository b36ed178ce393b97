"""JSON bodies: read in one way only, and reached into by dotted places."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import orjson

from sdrbot_skills.broker.refusal import Refusal


def parse_body(raw: bytes) -> Any:
    """A body that has one reading: a name that stands twice in an object could be read differently by the vendor, so it is refused."""
    try:
        document = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refusal("body_unreadable", "The body is not JSON, so it cannot be judged.") from None
    # What orjson writes back byte for byte has no twins; only other spellings need the slow look.
    if orjson.dumps(document) != raw:
        json.loads(raw, object_pairs_hook=_refuse_twins)
    return document


def _refuse_twins(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) != len(pairs):
        raise Refusal("body_unreadable", "A name appears twice in one JSON object, so the body has two readings.")


def digest_of(value: Any) -> str:
    """128 bits over the value's canonical JSON."""
    return body_digest(value)[:32]


def body_digest(body: Any) -> str:
    """sha256 over the canonical JSON of a parsed body (None: there is none), so that spacing and the order of names do not count."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()


def values_at(document: Any, place: str) -> Iterator[Any]:
    """Every value at a dotted place; `x[]` steps into the list x, `*` into every member. For "" the document itself, or each of its entries."""
    current = document if isinstance(document, list) and place == "" else [document]
    for part in place.split(".") if place else ():
        name = part.removesuffix("[]")
        if name == "*":
            current = [value for item in current if isinstance(item, dict) for value in item.values()]
        else:
            current = [item[name] for item in current if isinstance(item, dict) and name in item]
        if part.endswith("[]"):
            current = [entry for item in current if isinstance(item, list) for entry in item]
    yield from current


@lru_cache(maxsize=1024)
def first_at(place: str) -> Callable[[Any], Any]:
    """The function that gives the first value at a dotted place, or None; made once per place, since it runs for every row."""
    if place and "." not in place and not place.endswith("[]"):
        return lambda document: document.get(place) if isinstance(document, dict) else None
    return lambda document: next(values_at(document, place), None)


def names_in(document: Any, places: Sequence[str]) -> list[str]:
    """The names that a schema change gives in its body."""
    return [str(value) for place in places for value in values_at(document, place)]
