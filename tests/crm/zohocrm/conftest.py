"""The adapter as it runs: through a real broker, against the practice Zoho CRM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sdrbot_skills.broker.launch import BrokerHandle, start
from sdrbot_skills.broker.spec import BrokerSpec, Budget
from sdrbot_skills.credentials.model import ConnectionSpec, RefreshToken
from sdrbot_skills.crm.zohocrm import Adapter
from sdrbot_skills.lab.processes import Emulator, running
from sdrbot_skills.transport.connection import find_connection

OBJECTS = ("Accounts", "Contacts", "Leads", "Deals")
LINKS = "Deals->Contacts"
PLENTY = Budget(create=100_000, update=100_000, delete=100_000, link=100_000, unlink=100_000)


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The brokers' kept tokens lie in a folder of this session."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with running("zohocrm") as lab:
        yield lab


def connection(lab: Emulator) -> ConnectionSpec:
    env = lab.env
    credential = RefreshToken.model_validate(
        {
            "client_id": env["ZOHO_CLIENT_ID"],
            "client_secret": env["ZOHO_CLIENT_SECRET"],
            "refresh_token": env["ZOHO_REFRESH_TOKEN"],
        }
    )
    return ConnectionSpec(
        name="zohocrm", crm="zohocrm", role="target", origin=env["ZOHO_BASE_URL"], credential=credential
    )


@pytest.fixture(scope="session")
def live_broker(emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerHandle]:
    spec = BrokerSpec.model_validate(
        {
            "purpose": "live",
            "connections": (connection(emulator),),
            "trusted_dir": str(tmp_path_factory.mktemp("live")),
            "objects": {"target": OBJECTS, "links": (LINKS,)},
            "budget": dict.fromkeys((*OBJECTS, LINKS), PLENTY),
        }
    )
    with start(spec) as handle:
        yield handle


@pytest.fixture
def lab(emulator: Emulator) -> Iterator[Emulator]:
    """The practice Zoho CRM, empty and without faults."""
    emulator.reset()
    yield emulator
    emulator.clear_faults()


@pytest.fixture
def zoho(lab: Emulator, live_broker: BrokerHandle) -> Adapter:
    """The adapter on a live broker."""
    return Adapter(find_connection("zohocrm", str(live_broker.socket)))


Discover = Callable[[Emulator], BrokerHandle]


@pytest.fixture
def discover() -> Iterator[Discover]:
    """`discover(lab)`: a broker that only reads."""
    handles: list[BrokerHandle] = []

    def make(lab: Emulator) -> BrokerHandle:
        handles.append(start(BrokerSpec(purpose="discover", connections=(connection(lab),))))
        return handles[-1]

    yield make
    for handle in handles:
        handle.stop()
