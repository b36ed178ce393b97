"""What the check before a run has just seen of an account is not asked of the vendor again by the run's script."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from sdrbot_skills.broker.forward import Call
from sdrbot_skills.broker.looks import GOOD_FOR, LARGEST, Looks
from sdrbot_skills.broker.policy import load_policy
from sdrbot_skills.broker.spec import Purpose
from tests.broker.conftest import Brokers
from tests.broker.recorder import Recorder
from tests.broker.test_writing import LIVE, answer_upserts, contact, upsert

CRMS = ("attio", "hubspot", "pipedrive", "salesforce", "twenty", "zohocrm")
FIELDS = "/crm/v3/properties/contacts"
RECORDS = "/crm/v3/objects/contacts?limit=1"


def asked(upstream: Recorder, target: str) -> int:
    return sum(one.target == target for one in upstream.seen)


def test_a_live_broker_asks_once_until_something_is_written(brokers: Brokers, upstream: Recorder) -> None:
    upstream.json("GET", FIELDS, 200, {"results": [{"name": "email"}]}, {"X-HubSpot-RateLimit-Max": "190"})
    upstream.json("GET", RECORDS, 200, {"results": []})
    handle = brokers.start("live", remembers=True, **LIVE)
    with brokers.client(handle) as client, brokers.client(handle, "salesforce") as target:
        first, second = client.get(FIELDS), client.get(FIELDS)
        assert (second.content, dict(second.headers)) == (first.content, dict(first.headers)), "the very same answer"
        assert asked(upstream, FIELDS) == 1
        client.get(f"{FIELDS}?archived=true")
        assert asked(upstream, f"{FIELDS}?archived=true") == 1, "another question is another answer"
        client.get(RECORDS)
        client.get(RECORDS)
        assert asked(upstream, RECORDS) == 2, "records are never taken from memory"
        answer_upserts(upstream)
        assert upsert(target, contact("1")).status_code == 200
        client.get(FIELDS)
        assert asked(upstream, FIELDS) == 2, "after a write the vendor is asked"
    assert handle.status()["counts"]["reads"] == 5
    events = [json.loads(line) for line in (brokers.trusted / "audit.jsonl").read_text().splitlines()]
    assert [one["path"] for one in events if one["event"] == "known"] == [FIELDS]


@pytest.mark.parametrize("purpose", ["discover", "dry", "verify", "live"])
def test_a_broker_that_is_not_told_to_remember_sees_what_is_now(
    brokers: Brokers, upstream: Recorder, purpose: Purpose
) -> None:
    upstream.json("GET", FIELDS, 200, {"results": []})
    with brokers.client(brokers.start(purpose, **(LIVE if purpose == "live" else {}))) as client:
        client.get(FIELDS)
        client.get(FIELDS)
    assert asked(upstream, FIELDS) == 2


def test_a_refusal_is_not_kept(brokers: Brokers, upstream: Recorder) -> None:
    upstream.json("GET", FIELDS, 403, {"category": "MISSING_SCOPES"})
    with brokers.client(brokers.start("live", remembers=True, **LIVE)) as client:
        assert [client.get(FIELDS).status_code for _ in range(2)] == [403, 403]
    assert asked(upstream, FIELDS) == 2


def test_an_answer_is_good_for_two_minutes_and_not_without_end_of_size() -> None:
    now = [0.0]
    looks = Looks(keeps=True, clock=lambda: now[0])
    looks.keep(call(FIELDS), b"", web.Response(body=b"x"))
    looks.keep(call("/crm/v3/properties/deals"), b"", web.Response(body=b"x" * (LARGEST + 1)))
    now[0] = GOOD_FOR
    assert looks.find(call(FIELDS), b"") is not None
    assert looks.find(call(FIELDS), b"another body") is None
    assert looks.find(call(FIELDS, connection="hubspot-second"), b"") is None
    assert looks.find(call("/crm/v3/properties/deals"), b"") is None
    now[0] += 0.1
    assert looks.find(call(FIELDS), b"") is None


@pytest.mark.parametrize("crm", CRMS)
def test_only_reads_describe(crm: str) -> None:
    rules = [rule for group in load_policy(crm).data.groups for rule in group.rules if rule.describes]
    assert rules and all(rule.kind == "read" and rule.bin is None for rule in rules)


def call(target: str, connection: str = "hubspot") -> Call:
    made: Any = SimpleNamespace(
        account=SimpleNamespace(upstream=SimpleNamespace(spec=SimpleNamespace(name=connection))),
        match=load_policy("hubspot").match("GET", target),
        line=lambda: ("GET", target),
    )
    return made  # what Looks knows of a call
