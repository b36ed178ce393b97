"""Sealed credentials, opened once for reading: nothing asks for a passphrase meanwhile, nothing can be written, and it ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdrbot_skills import lab
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.records import Operation, Row
from sdrbot_skills.runs import brokers, holding
from sdrbot_skills.runs.held import held_folder, held_until
from sdrbot_skills.runs.proposing import side

PASSPHRASE = "correct horse battery"


class Person:
    """Types the passphrase, as often as it is asked for."""

    def __init__(self, types: str = PASSPHRASE) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self._types = types

    def say(self, text: str = "") -> None:
        self.said.append(text)

    def ask(self, text: str) -> str:
        raise AssertionError(text)

    def secret(self, text: str) -> str:
        self.asked.append(text)
        return self._types


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plan]:
    """Both accounts connected, sealed, and their plain credentials gone; an empty plan between them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for name in [one for one in os.environ if one.startswith(("HUBSPOT_", "SF_", "CRM_MIGRATE_"))]:
        monkeypatch.delenv(name)
    with lab.running("hubspot", "salesforce") as labs:
        for emulator in labs:
            with monkeypatch.context() as plain:
                for name, value in emulator.env.items():
                    plain.setenv(name, value)
                spec = brokers.find_source(emulator.crm).spec()
                credential = spec.credential.model_dump(mode="json", context={"reveal": True})
                brokers.vault().seal(spec.name, credential, PASSPHRASE, {"crm": spec.crm, "origin": spec.origin})
        person = Person()
        holding.hold(1, person)
        assert person.asked == ["Passphrase of hubspot"] or person.asked == ["Passphrase of salesforce"], "one for both"
        assert "can read these accounts" in person.said[0] and "it ends on" in person.said[-1]
        with brokers.reading("hubspot", "salesforce") as (source, target):
            yield Plan(source=side(source, "hubspot"), target=side(target, "salesforce"), objects={})
        holding.let_go()


def test_looking_and_rehearsing_ask_for_nothing_and_cannot_write(plan: Plan) -> None:
    assert held_until() is not None
    with brokers.plan_broker(plan, "dry") as broker:
        target = brokers.adapter(broker, "salesforce")
        with pytest.raises(Refused):
            target.write("Contact", Operation.CREATE, [Row("one", {"LastName": "Stone"})])
        assert target.count("Contact") == 0
        assert [entry["code"] for entry in brokers.audited(broker, "refused")] == ["write_in_dry_run"]
    with brokers.plan_broker(plan, "verify") as again:
        assert brokers.audited(again, "refused") == [], "what another use of it was refused is not told of this one"

    with pytest.raises(Refused, match="sealed"), brokers.plan_broker(plan, "live", trusted_dir=str(held_folder())):
        pass
    elsewhere = plan.model_copy(update={"target": plan.target.model_copy(update={"account_id": "00D000000000000AAA"})})
    with pytest.raises(Refused), brokers.plan_broker(elsewhere, "dry"):
        pass

    assert holding.let_go()
    assert held_until() is None and not held_folder().exists()
    with pytest.raises(Refused, match="sealed"), brokers.reading("hubspot"):
        pass


def test_a_wrong_passphrase_opens_nothing(plan: Plan) -> None:
    holding.let_go()
    with pytest.raises(Refused):
        holding.hold(1, Person("incorrect horse"))
    with pytest.raises(ConfigurationError):
        holding.hold(48, Person())
    assert held_until() is None
