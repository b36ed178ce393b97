"""What goes wrong on the way: limits, expired credentials, lost answers, and the broker's no."""

import time

import pytest

from sdrbot_skills.broker import launch
from sdrbot_skills.crm import registry
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.errors import OutcomeUnknown, RateLimited, ReauthenticateNeeded, Refused
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.records import Operation, Row
from tests.conformance.case import Case
from tests.conformance.conftest import Place, object_of
from tests.conformance.people import least, make, name_field, read_all, records_in, spelled


def test_a_read_waits_for_the_rate_limit(
    own_broker: Crm, case: Case, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    schema = own_broker.describe(object_of(case, "person"))
    make(own_broker, schema, 3)
    emulator.fault(**case.throttle, times=1)
    assert len(records_in(read_all(own_broker, schema.name, []))) == 3
    assert [fault["hits"] for fault in emulator.faults()] == [1]


def test_a_write_tells_of_the_rate_limit_and_was_not_carried_out(
    own_broker: Crm, case: Case, emulator: Emulator
) -> None:
    """Only a server that answers with a failure of its own, with a pause or without, leaves it open."""
    schema = own_broker.describe(object_of(case, "person"))
    emulator.fault(**case.throttle, times=1)
    with pytest.raises(OutcomeUnknown if case.throttle.get("status", 429) >= 500 else RateLimited) as caught:
        own_broker.write(schema.name, Operation.CREATE, [Row("1", spelled(own_broker, schema, least(schema, 1)))])
    if isinstance(caught.value, RateLimited):
        assert 0 < caught.value.retry_after <= 10
    assert own_broker.count(schema.name) == 0


def test_an_expired_token(own_broker: Crm, case: Case, emulator: Emulator) -> None:
    emulator.fault("expire_token")
    if case.renews:
        assert own_broker.count(object_of(case, "person")) == 0
        return
    with pytest.raises(ReauthenticateNeeded) as caught:
        own_broker.count(object_of(case, "person"))
    assert caught.value.connection == case.crm


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_a_write_without_an_answer_is_unknown(crm: Crm, case: Case, emulator: Emulator, when: str) -> None:
    schema = crm.describe(object_of(case, "person"))
    emulator.fault("reset", when=when, path=case.batch_path)
    with pytest.raises(OutcomeUnknown):
        crm.write(schema.name, Operation.CREATE, [Row("1", spelled(crm, schema, least(schema, 1)))])
    assert crm.count(schema.name) == (1 if when == "after_commit" else 0)


def test_a_read_without_an_answer_is_repeated(crm: Crm, case: Case, emulator: Emulator) -> None:
    schema = crm.describe(object_of(case, "person"))
    make(crm, schema, 2)
    emulator.fault("reset", when="before_commit", times=2)
    assert len(records_in(read_all(crm, schema.name, [name_field(schema)]))) == 2


def test_a_broken_server_is_told_apart(crm: Crm, case: Case, emulator: Emulator) -> None:
    schema = crm.describe(object_of(case, "person"))
    emulator.fault("status", status=502, body="<html>Bad gateway</html>", content_type="text/html", times=1)
    assert crm.count(schema.name) == 0
    emulator.fault("status", status=500, body="", path=case.batch_path, times=1)
    with pytest.raises(OutcomeUnknown):
        crm.write(schema.name, Operation.CREATE, [Row("1", spelled(crm, schema, least(schema, 1)))])


def test_a_dry_run_cannot_write(
    crm: Crm, case: Case, place: Place, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = crm.describe(object_of(case, "person"))
    with launch.start(place.spec("dry")) as dry:
        monkeypatch.setenv("CRM_MIGRATE_BROKER", str(dry.socket))
        rehearsal = registry.connect(case.crm)
        with pytest.raises(Refused) as caught:
            rehearsal.write(schema.name, Operation.CREATE, [Row("1", spelled(crm, schema, least(schema, 1)))])
        assert caught.value.code == "write_in_dry_run"
    assert emulator.writes() == {}
