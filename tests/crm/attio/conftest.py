"""A practice Attio as it is by default (people and companies take no unique attribute), and an adapter that may write everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from sdrbot_skills import lab
from sdrbot_skills.broker import launch
from sdrbot_skills.broker.spec import BrokerSpec, Budget, Purpose, SchemaOperation, Writable
from sdrbot_skills.credentials.model import BearerToken, ConnectionSpec
from sdrbot_skills.crm import registry
from sdrbot_skills.crm.attio import Adapter
from sdrbot_skills.transport.connection import list_connections

OBJECTS = ("people", "companies", "deals")
ENOUGH = Budget(create=9999, update=9999, delete=9999, link=9999, unlink=9999)


def spec(
    emulator: lab.Emulator, folder: Path, purpose: Purpose, operations: tuple[SchemaOperation, ...] = ()
) -> BrokerSpec:
    """A broker for this lab."""
    connection = ConnectionSpec(
        name="attio",
        crm="attio",
        role="target",
        origin=emulator.env["ATTIO_BASE_URL"],
        credential=BearerToken(token=SecretStr(emulator.env["ATTIO_API_KEY"])),
    )
    links = tuple(f"{name}->records" for name in OBJECTS)
    return BrokerSpec(
        purpose=purpose,
        connections=(connection,),
        trusted_dir=str(folder),
        objects=Writable(target=OBJECTS, links=links),
        budget=dict.fromkeys((*OBJECTS, *links), ENOUGH),
        schema_operations=operations,
    )


@pytest.fixture(scope="module")
def running() -> Iterator[lab.Emulator]:
    with lab.running("attio") as emulator:
        yield emulator


@pytest.fixture(scope="module")
def broker(running: lab.Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[launch.BrokerHandle]:
    with launch.start(spec(running, tmp_path_factory.mktemp("live"), "live")) as handle:
        yield handle


@pytest.fixture
def emulator(running: lab.Emulator) -> lab.Emulator:
    running.reset()
    running.clear_faults()
    running.control("settings", make_companies=False)
    return running


@pytest.fixture
def attio(emulator: lab.Emulator, broker: launch.BrokerHandle, monkeypatch: pytest.MonkeyPatch) -> Adapter:
    monkeypatch.setenv("CRM_MIGRATE_BROKER", str(broker.socket))
    adapter = registry.connect("attio")
    assert isinstance(adapter, Adapter)
    return adapter


@pytest.fixture(scope="module")
def admin(
    running: lab.Emulator, broker: launch.BrokerHandle, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Adapter]:
    """The adapter in a schema run approved for one attribute of each object."""
    (connection,) = list_connections(str(broker.socket))
    maker = registry.open_connection(connection)
    operations = tuple(
        SchemaOperation.model_validate(write._asdict())
        for name in OBJECTS
        for change in ("create", "delete")
        for slug in ("migration_source_id", "tags")
        for write in maker.schema_writes(change, name, slug)
    )
    with launch.start(spec(running, tmp_path_factory.mktemp("schema"), "schema", operations)) as handle:
        (connection,) = list_connections(str(handle.socket))
        adapter = registry.open_connection(connection)
        assert isinstance(adapter, Adapter)
        yield adapter
