"""HubSpot alone, for what only HubSpot has: the kit's places, with one CRM in them."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from sdrbot_skills.broker import launch
from sdrbot_skills.crm.base import Crm
from tests.conformance.case import HUBSPOT
from tests.conformance.conftest import Place, case, changing, crm, emulator, key_maker, keyed, live

__all__ = ["case", "changing", "crm", "emulator", "key_maker", "keyed", "live"]

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with lab.running("hubspot", search_lag=0.0) as running:
        yield Place(HUBSPOT, running, tmp_path_factory.mktemp("hubspot"))


@pytest.fixture
def ask(crm: Crm, emulator: lab.Emulator) -> Ask:
    """The vendor asked directly, past adapter and broker: what was really stored."""

    def asking(method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {emulator.env['HUBSPOT_ACCESS_TOKEN']}"}
        answer = httpx.request(method, emulator.base_url + path, json=body, headers=headers, trust_env=False)
        return answer.raise_for_status().json() if answer.content else None

    return asking


@pytest.fixture
def discover(place: Place, emulator: lab.Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[launch.BrokerHandle]:
    """A broker that only reads."""
    with launch.start(place.spec("discover")) as handle:
        monkeypatch.setenv("CRM_MIGRATE_BROKER", str(handle.socket))
        yield handle
