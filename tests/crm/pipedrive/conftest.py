"""Pipedrive alone, for what only Pipedrive has: the kit's places, with one CRM in them."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from sdrbot_skills.crm.base import Crm
from tests.conformance.case import PIPEDRIVE
from tests.conformance.conftest import Place, case, changing, crm, emulator, live

__all__ = ["case", "changing", "crm", "emulator", "live"]

Ask = Callable[..., Any]


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with lab.running("pipedrive", search_lag=60.0) as running:
        yield Place(PIPEDRIVE, running, tmp_path_factory.mktemp("pipedrive"))


@pytest.fixture
def ask(crm: Crm, emulator: lab.Emulator) -> Ask:
    """The vendor asked directly, past adapter and broker: what was really stored."""

    def asking(method: str, path: str, body: Any = None) -> Any:
        headers = {"x-api-token": emulator.env["PIPEDRIVE_API_TOKEN"]}
        answer = httpx.request(method, emulator.base_url + path, json=body, headers=headers, trust_env=False)
        return answer.raise_for_status().json()["data"]

    return asking
