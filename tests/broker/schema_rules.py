"""A request for every rule of a policy that changes a schema, made from the rule itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from sdrbot_skills.broker.policy import Match, Policy, load_policy
from sdrbot_skills.crm.registry import crm_names

FITTING = {
    "v": "66.0",
    "date": "2026-03",
    "id": "00N000000000001AAA",
    "fields": "personFields",
    "record": "deals",
    "module": "X",
}
NUMBERED = FITTING | {"id": "1"}
IDS = ("x", "1", "00N000000000001AAA", "8d9f6f52-4f9a-4b58-9b3c-2f9c3f0a1b2c", "contacts", "66.0", "v8")


class SchemaRequest(NamedTuple):
    crm: str
    method: str
    path: str
    query: dict[str, str]
    match: Match

    @property
    def body(self) -> Any:
        """Something that the rule's names can be read from."""
        return None if self.match.rule.body == "none" else {"name": "x", "label": "x", "FullName": "X.x__c"}


def schema_requests() -> list[SchemaRequest]:
    """For every method of every such rule of all CRMs."""
    return [request for crm in crm_names() for request in _of(crm)]


@cache
def policy_of(crm: str) -> Policy:
    return load_policy(crm)


def _of(crm: str) -> Iterator[SchemaRequest]:
    policy = policy_of(crm)
    for rule in policy._rules:
        if rule.data.kind != "schema":
            continue
        for method in rule.data.method:
            path = next((path for path in _paths(rule.template) if rule.pattern.fullmatch(path)), None)
            assert path is not None, f"{crm}: no path made for {rule.template}; add what fits its placeholders"
            match = policy.match(method, path, list(rule.data.query.items()))
            if match.rule.kind == "schema":  # a rule before it may fit the same path
                yield SchemaRequest(crm, method, path, dict(rule.data.query), match)


def _paths(template: str) -> Iterator[str]:
    for filler in IDS:
        for fitting in (FITTING, NUMBERED, FITTING | {"id": filler}):
            yield _filled(template, fitting, filler)


def _filled(template: str, fitting: dict[str, str], filler: str) -> str:
    return re.sub(r"\{([a-z_]+)%?\}", lambda found: fitting.get(found[1], filler), template)
