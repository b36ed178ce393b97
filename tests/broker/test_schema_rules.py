"""What changes a schema goes through a schema run and through nothing else, whatever the CRM."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from sdrbot_skills.broker.canonical import read_envelope
from sdrbot_skills.broker.gate import READ_ONLY, Gate
from sdrbot_skills.broker.policy import Match
from sdrbot_skills.broker.refusal import Refusal
from sdrbot_skills.broker.spec import BrokerSpec, Budget, Purpose, Undoable, Writable
from sdrbot_skills.credentials.model import BearerToken, ConnectionSpec
from sdrbot_skills.crm.registry import crm_names
from tests.broker.schema_rules import SchemaRequest, policy_of, schema_requests

REQUESTS = schema_requests()
OBJECTS = ("contacts", "companies", "x", "X", "Contact", "CustomField", "FieldPermissions")


def gate(purpose: Purpose, crm: str) -> tuple[Gate, ConnectionSpec]:
    """One that is generous in everything else."""
    connection = ConnectionSpec(
        name=crm, crm=crm, role="target", origin="https://example.org", credential=BearerToken(token=SecretStr("x"))
    )
    spec = BrokerSpec(
        purpose=purpose,
        connections=(connection,),
        objects=Writable(target=OBJECTS, links=OBJECTS),
        budget=dict.fromkeys(OBJECTS, Budget(create=9, update=9, delete=9, link=9)),
        undo=dict.fromkeys(OBJECTS, Undoable(delete=frozenset({"x"}), update=frozenset({"x"}))),
    )
    return Gate(spec), connection


def test_every_crm_has_such_rules() -> None:
    assert {request.crm for request in REQUESTS} == set(crm_names())


@pytest.mark.parametrize("purpose", ["discover", "dry", "verify", "live", "undo"])
def test_no_other_purpose_lets_one_through(purpose: Purpose) -> None:
    gates = {crm: gate(purpose, crm) for crm in crm_names()}
    for request in REQUESTS:
        judge, connection = gates[request.crm]
        with pytest.raises(Refusal) as refused:
            judge.admit_class(connection, request.match)
        assert refused.value.code in ("write_in_dry_run", "purpose_forbids"), request


def test_a_schema_run_refuses_what_nobody_sealed() -> None:
    for request in REQUESTS:
        judge, connection = gate("schema", request.crm)
        judge.admit_class(connection, request.match)
        with pytest.raises(Refusal) as refused:
            _admit(judge, connection, request)
        assert refused.value.code == "schema_not_planned", request


def _admit(judge: Gate, connection: ConnectionSpec, request: SchemaRequest) -> None:
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    target = f"{request.path}?{query}" if query else request.path
    envelope = read_envelope(request.method, target, [(b"host", b"example.org")])
    judge.admit_schema(connection, envelope, ["x"], request.body, policy_of(request.crm))


@pytest.mark.parametrize("purpose", sorted(READ_ONLY))
@pytest.mark.parametrize("crm", crm_names())
def test_a_purpose_that_reads_lets_no_rule_through_that_is_not_one_of_reading(crm: str, purpose: Purpose) -> None:
    """Of every rule of every table, whatever its method, before anybody looks at what the plan names."""
    judge, connection = gate(purpose, crm)
    rules = [rule for group in policy_of(crm).data.groups for rule in group.rules]
    assert {rule.kind for rule in rules} >= {"read", "write", "schema"}
    for rule in rules:
        if rule.kind == "read":
            judge.admit_class(connection, Match(rule, rule.path))
            continue
        with pytest.raises(Refusal) as refused:
            judge.admit_class(connection, Match(rule, rule.path))
        expected = {"job": "job_not_planned", "never": "forbidden_operation"}.get(rule.kind, "write_in_dry_run")
        assert refused.value.code == expected, rule.path
