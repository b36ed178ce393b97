"""`auth.hubspot.get_client()` is the vendor's own client, and every way out of it ends at the broker."""

import pytest
import requests
from hubspot import HubSpot
from hubspot.crm.contacts.exceptions import ForbiddenException

from sdrbot_skills.auth import hubspot
from sdrbot_skills.broker import launch
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.lab import Emulator


def test_typed_calls_read_through_the_broker(discover: launch.BrokerHandle) -> None:
    client = hubspot.get_client()
    assert isinstance(client, HubSpot)
    assert client.crm.contacts.get_all() == []
    assert {owner.id for owner in client.crm.owners.owners_api.get_page().results} >= {"51"}
    assert hubspot.get_client("hubspot").crm.deals.basic_api.get_page(limit=1).results == []


def test_typed_writes_are_refused_outside_a_run(discover: launch.BrokerHandle, emulator: Emulator) -> None:
    client = hubspot.get_client()
    with pytest.raises(ForbiddenException) as caught:
        client.crm.contacts.basic_api.create({"properties": {"lastname": "Ada"}})
    assert "write_in_dry_run" in str(caught.value.body)
    assert emulator.writes() == {}


def test_api_request_goes_the_same_way(discover: launch.BrokerHandle, monkeypatch: pytest.MonkeyPatch) -> None:
    def escape(*_: object, **__: object) -> None:
        raise AssertionError("a request left past the broker")

    for verb in ("get", "post", "request"):
        monkeypatch.setattr(requests, verb, escape)
    client = hubspot.get_client()
    answer = client.api_request({"path": "/account-info/v3/details"})
    assert answer.status_code == 200
    refused = client.api_request({"path": "/crm/v3/objects/contacts", "method": "POST", "body": {"properties": {}}})
    assert refused.headers["X-Broker-Refused"] == "1"
    elsewhere = client.api_request({"base_url": "https://elsewhere.example", "path": "/"})
    assert elsewhere.json()["code"] == "wrong_host"


def test_the_client_holds_no_credential(discover: launch.BrokerHandle, emulator: Emulator) -> None:
    client = hubspot.get_client()
    assert emulator.env["HUBSPOT_ACCESS_TOKEN"] not in repr(client.config)
    with pytest.raises(ConfigurationError, match="salesforce"):
        hubspot.get_client("salesforce-second")
