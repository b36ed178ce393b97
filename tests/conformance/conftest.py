"""The kit's places: a lab per CRM, a broker that may write to it, and an adapter that knows neither."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sdrbot_skills import lab
from sdrbot_skills.broker import launch
from sdrbot_skills.broker.spec import BrokerSpec, Budget, Purpose, SchemaOperation, Writable
from sdrbot_skills.credentials.model import ConnectionSpec
from sdrbot_skills.crm import registry
from sdrbot_skills.crm.base import Crm, SchemaAction
from sdrbot_skills.crm.standard import standard_objects
from sdrbot_skills.model.schema import Field
from sdrbot_skills.transport.connection import list_connections
from tests.conformance.case import CASES, Case

PLENTY = 1_000_000
ENOUGH = Budget(create=PLENTY, update=PLENTY, delete=PLENTY, link=PLENTY, unlink=PLENTY, unsubscribe=PLENTY)


@dataclass
class Place:
    """One CRM's lab, and how a broker for it is described."""

    case: Case
    emulator: lab.Emulator
    folder: Path
    brokers: int = 0

    def spec(self, purpose: Purpose, operations: tuple[SchemaOperation, ...] = ()) -> BrokerSpec:
        objects = (*standard_objects(self.case.crm), *(name for name in self.case.links if "->" not in name))
        self.brokers += 1
        return BrokerSpec(
            purpose=purpose,
            connections=(
                ConnectionSpec(
                    name=self.case.crm,
                    crm=self.case.crm,
                    role="target",
                    origin=self.emulator.env[self.case.origin],
                    credential=self.case.credential(self.emulator),
                ),
            ),
            trusted_dir=str(self.folder / f"broker-{self.brokers}"),
            objects=Writable(target=objects, links=self.case.links),
            budget=dict.fromkeys((*objects, *self.case.links), ENOUGH),
            schema_operations=operations,
        )


@pytest.fixture(scope="session", params=CASES, ids=str)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    case: Case = request.param
    with lab.running(case.crm, search_lag=0.0, variants=list(case.variants)) as emulator:
        yield Place(case, emulator, tmp_path_factory.mktemp(case.crm))


@pytest.fixture(scope="session")
def live(place: Place) -> Iterator[launch.BrokerHandle]:
    with launch.start(place.spec("live")) as handle:
        yield handle


@pytest.fixture
def case(place: Place) -> Case:
    return place.case


@pytest.fixture
def emulator(place: Place) -> lab.Emulator:
    """The lab, empty again and without faults."""
    place.emulator.reset()
    place.emulator.clear_faults()
    place.case.prepare(place.emulator)
    return place.emulator


@pytest.fixture
def crm(
    request: pytest.FixtureRequest, emulator: lab.Emulator, live: launch.BrokerHandle, monkeypatch: pytest.MonkeyPatch
) -> Crm:
    """The adapter on an empty lab, in a live run that may write everything. Skips what the CRM declares impossible."""
    monkeypatch.setenv("CRM_MIGRATE_BROKER", str(live.socket))
    place: Place = request.getfixturevalue("place")
    adapter = registry.connect(place.case.crm)
    why = adapter.capabilities.impossible.get(request.node.originalname)
    if why:
        pytest.skip(why)
    return adapter


@pytest.fixture
def own_broker(place: Place, emulator: lab.Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Crm]:
    """The adapter on a broker of its own, for tests that leave a broker waiting or without a credential."""
    with launch.start(place.spec("live")) as handle:
        monkeypatch.setenv("CRM_MIGRATE_BROKER", str(handle.socket))
        yield registry.connect(place.case.crm)
    place.emulator.reset()


Change = Callable[..., AbstractContextManager[Crm]]


@pytest.fixture
def changing(place: Place) -> Change:
    """`with changing(crm, "create", object, field) as admin:` the adapter in a schema run approved for exactly that."""

    @contextmanager
    def change(crm: Crm, verb: SchemaAction, object_name: str, *names: str) -> Iterator[Crm]:
        planned = [
            SchemaOperation.model_validate(write._asdict())
            for field_name in names
            for write in crm.schema_writes(verb, object_name, field_name)
        ]
        with launch.start(place.spec("schema", tuple(planned))) as handle:
            (connection,) = list_connections(str(handle.socket))
            yield registry.open_connection(connection)

    return change


@pytest.fixture(scope="session")
def key_maker(place: Place, live: launch.BrokerHandle) -> Iterator[launch.BrokerHandle]:
    """A broker of a schema run that may make the migration key on people, again after each reset."""
    person = object_of(place.case, "person")
    (connection,) = list_connections(str(live.socket))
    adapter = registry.open_connection(connection)
    planned = [
        SchemaOperation.model_validate(write._asdict())
        for write in adapter.schema_writes("create", person, adapter.capabilities.migration_key_field)
    ]
    with launch.start(place.spec("schema", tuple(planned))) as handle:
        yield handle


@pytest.fixture
def keyed(crm: Crm, case: Case, key_maker: launch.BrokerHandle) -> tuple[Crm, str]:
    """The adapter, and the migration key made on people."""
    name = crm.capabilities.migration_key_field
    (connection,) = list_connections(str(key_maker.socket))
    registry.open_connection(connection).create_field(
        object_of(case, "person"), custom_field(name, "text", unique=True)
    )
    return crm, name


def object_of(case: Case, standard: str) -> str:
    """The vendor's object for a word of the vocabulary."""
    return next(name for name, what in standard_objects(case.crm).items() if what == standard)


def custom_field(name: str, kind: str, **more: object) -> Field:
    """A field to be made."""
    unique = bool(more.pop("unique", False))
    return Field.model_validate(
        {
            "name": name,
            "label": name.replace("_", " "),
            "kind": kind,
            "vendor_type": "",
            "custom": True,
            "unique": unique,
            "upsert_key": unique,
            **more,
        }
    )
