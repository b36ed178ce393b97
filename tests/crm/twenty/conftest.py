"""A practice Twenty, and the adapter on a broker that may write to it."""

from collections.abc import Iterator

import httpx
import pytest

from sdrbot_skills import lab
from sdrbot_skills.broker import launch
from sdrbot_skills.broker.spec import BrokerSpec, Budget, Purpose, SchemaOperation, Writable
from sdrbot_skills.credentials.model import BearerToken, ConnectionSpec
from sdrbot_skills.crm.twenty import Adapter
from sdrbot_skills.transport.connection import list_connections

OBJECTS = ("companies", "people", "opportunities")
PLENTY = Budget(create=10_000, update=10_000, delete=10_000)


def spec(emulator: lab.Emulator, folder: str, purpose: Purpose, token: str = "") -> BrokerSpec:
    key = BearerToken.model_validate({"token": token or emulator.env["TWENTY_API_KEY"]})
    origin = emulator.env["TWENTY_BASE_URL"]
    fields = SchemaOperation(method="POST", path="/rest/metadata/fields", name="migrationSourceId")
    return BrokerSpec(
        purpose=purpose,
        connections=(ConnectionSpec(name="twenty", crm="twenty", role="target", origin=origin, credential=key),),
        trusted_dir=folder,
        objects=Writable(target=OBJECTS, links=()),
        budget=dict.fromkeys(OBJECTS, PLENTY),
        keys=dict.fromkeys(OBJECTS, "migrationSourceId") if purpose == "live" else {},
        schema_operations=(fields,) if purpose == "schema" else (),
    )


@pytest.fixture(scope="session")
def twenty_process() -> Iterator[lab.Emulator]:
    with lab.running("twenty") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def twenty_broker(
    twenty_process: lab.Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[launch.BrokerHandle]:
    with launch.start(spec(twenty_process, str(tmp_path_factory.mktemp("twenty")), "live")) as handle:
        yield handle


@pytest.fixture
def twenty(twenty_process: lab.Emulator) -> lab.Emulator:
    twenty_process.reset()
    twenty_process.clear_faults()
    return twenty_process


@pytest.fixture
def http(twenty: lab.Emulator) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {twenty.env['TWENTY_API_KEY']}"}
    with httpx.Client(base_url=twenty.base_url, headers=headers, trust_env=False, verify=False) as client:
        yield client


@pytest.fixture
def crm(http: httpx.Client, twenty_broker: launch.BrokerHandle) -> Adapter:
    """The adapter, the migration key made on people and companies."""
    for owner in http.get("/rest/metadata/objects").json()["data"]:
        if owner["namePlural"] in OBJECTS:
            field = {"objectMetadataId": owner["id"], "name": "migrationSourceId", "label": "Key", "type": "TEXT"}
            http.post("/rest/metadata/fields", json={**field, "isUnique": True}).raise_for_status()
    (connection,) = list_connections(str(twenty_broker.socket))
    return Adapter(connection)
