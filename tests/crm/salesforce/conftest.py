"""The adapter as it runs: through a real broker, against the practice Salesforce."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdrbot_skills.broker.launch import BrokerHandle, start
from sdrbot_skills.broker.spec import BrokerSpec
from sdrbot_skills.crm.salesforce import Adapter
from sdrbot_skills.lab.processes import Emulator, running
from sdrbot_skills.transport.connection import find_connection

OBJECTS = ("Account", "Contact", "Lead", "Opportunity")
ROLES = "OpportunityContactRole"
PLENTY = {"create": 100_000, "update": 100_000, "delete": 100_000}

Connect = Callable[..., Adapter]


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with running("salesforce") as lab:
        yield lab


@pytest.fixture(scope="session")
def live_broker(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerHandle]:
    """A broker that lets this session's tests write whatever a plan could name."""
    budget = dict.fromkeys(OBJECTS, PLENTY) | {ROLES: {"link": 100_000, "delete": 100_000, "unlink": 100_000}}
    with _start(
        emulator,
        tmp_path_factory.mktemp("live"),
        "live",
        objects={"target": [*OBJECTS, ROLES], "links": [ROLES]},
        budget=budget,
    ) as handle:
        yield handle


@pytest.fixture
def lab(emulator: Emulator) -> Iterator[Emulator]:
    """The practice Salesforce, empty and without faults."""
    emulator.reset()
    yield emulator
    emulator.clear_faults()


@pytest.fixture
def sf(lab: Emulator, live_broker: BrokerHandle) -> Adapter:
    """The adapter on a live broker."""
    return Adapter(find_connection("salesforce", str(live_broker.socket)))


@pytest.fixture
def connect(lab: Emulator, tmp_path: Path) -> Iterator[Connect]:
    """`connect("schema", schema_operations=[...])`: the adapter on a broker of that purpose."""
    handles: list[BrokerHandle] = []

    def make(purpose: str, **more: object) -> Adapter:
        handles.append(_start(lab, tmp_path / f"{purpose}{len(handles)}", purpose, **more))
        return Adapter(find_connection("salesforce", str(handles[-1].socket)))

    yield make
    for handle in handles:
        handle.stop()


def _start(lab: Emulator, folder: Path, purpose: str, **more: object) -> BrokerHandle:
    connection = {
        "name": "salesforce",
        "crm": "salesforce",
        "role": "target",
        "origin": lab.env["SF_LOGIN_URL"],
        "credential": {
            "kind": "client_credentials",
            "client_id": lab.env["SF_CLIENT_ID"],
            "client_secret": lab.env["SF_CLIENT_SECRET"],
        },
    }
    document = {"purpose": purpose, "trusted_dir": str(folder), "connections": [connection], **more}
    return start(BrokerSpec.model_validate(document))
