"""A real broker process in front of a recording upstream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sdrbot_skills.broker.launch import BrokerHandle, start
from sdrbot_skills.broker.spec import BrokerSpec
from tests.broker.recorder import Recorder, RecorderThread

HUBSPOT_TOKEN = "pat-na1-planted-hubspot-secret"
SF_SECRET = "planted-salesforce-client-secret"


@pytest.fixture
def upstream() -> Iterator[Recorder]:
    with RecorderThread() as recorder:
        yield recorder


class Brokers:
    """Starts brokers and stops them at the end of the test."""

    def __init__(self, upstream: Recorder, folder: Path) -> None:
        self.upstream = upstream
        self.trusted = folder / "trusted"
        self.running: list[BrokerHandle] = []
        self._clients: list[httpx.Client] = []

    def spec(self, purpose: str = "discover", **more: Any) -> BrokerSpec:
        roles = more.pop("roles", {"hubspot": "source", "salesforce": "target"})
        document = {
            "purpose": purpose,
            "trusted_dir": str(self.trusted),
            "connections": [
                {
                    "name": "hubspot",
                    "crm": "hubspot",
                    "role": roles["hubspot"],
                    "origin": self.upstream.origin,
                    "credential": {"kind": "bearer", "token": HUBSPOT_TOKEN},
                },
                {
                    "name": "salesforce",
                    "crm": "salesforce",
                    "role": roles["salesforce"],
                    "origin": self.upstream.origin,
                    "credential": {"kind": "client_credentials", "client_id": "key", "client_secret": SF_SECRET},
                },
            ],
            **more,
        }
        return BrokerSpec.model_validate(document)

    def start(self, purpose: str = "discover", **more: Any) -> BrokerHandle:
        handle = start(self.spec(purpose, **more))
        self.running.append(handle)
        return handle

    def client(self, handle: BrokerHandle, connection: str = "hubspot") -> httpx.Client:
        base = next(each["base_url"] for each in handle.connections if each["name"] == connection)
        client = httpx.Client(
            transport=httpx.HTTPTransport(uds=str(handle.socket), verify=False),
            base_url=base.replace("https://", "http://"),
            headers={"X-CRM-Connection": connection},
            timeout=30,
        )
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        for handle in self.running:
            handle.stop()


@pytest.fixture
def brokers(upstream: Recorder, tmp_path: Path) -> Iterator[Brokers]:
    made = Brokers(upstream, tmp_path)
    yield made
    made.close()
