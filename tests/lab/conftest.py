"""One HubSpot emulator for the whole folder, emptied before each test; and a plain HTTP client on it."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from tests.lab.salesforce_org import Org


def client_for(emulator: lab.Emulator, token: str | None = None) -> httpx.Client:
    bearer = token or emulator.env["HUBSPOT_ACCESS_TOKEN"]
    headers = {"Authorization": f"Bearer {bearer}"}
    return httpx.Client(base_url=emulator.base_url, headers=headers, timeout=30, trust_env=False, verify=False)


@pytest.fixture(scope="session")
def hubspot_process() -> Iterator[lab.Emulator]:
    with lab.running("hubspot") as emulator:
        yield emulator


@pytest.fixture
def hubspot(hubspot_process: lab.Emulator) -> lab.Emulator:
    hubspot_process.reset()
    hubspot_process.set_search_lag(0)
    return hubspot_process


@pytest.fixture
def http(hubspot: lab.Emulator) -> Iterator[httpx.Client]:
    with client_for(hubspot) as client:
        yield client


@pytest.fixture
def create(http: httpx.Client) -> Callable[..., str]:
    """`create("contacts", email=...)` -> id"""

    def make(kind: str, **properties: Any) -> str:
        answer = http.post(f"/crm/v3/objects/{kind}", json={"properties": properties})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return make


@pytest.fixture(scope="session")
def salesforce_process() -> Iterator[lab.Emulator]:
    with lab.running("salesforce") as emulator:
        yield emulator


@pytest.fixture
def org(salesforce_process: lab.Emulator) -> Iterator[Org]:
    """A new, empty Salesforce org and a client logged in to it."""
    salesforce_process.reset()
    with Org(salesforce_process) as client:
        yield client
    salesforce_process.clear_faults()
