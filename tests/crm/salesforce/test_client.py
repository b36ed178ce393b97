"""The SDK object that scripts and agents get."""

from __future__ import annotations

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceRefusedRequest

from sdrbot_skills.auth.salesforce import get_client
from sdrbot_skills.broker.launch import BrokerHandle
from sdrbot_skills.crm.salesforce import Adapter
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.lab.processes import Emulator
from tests.crm.salesforce.conftest import Connect


def test_get_client_is_the_real_sdk_without_a_credential(
    lab: Emulator, live_broker: BrokerHandle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_MIGRATE_BROKER", str(live_broker.socket))
    client = get_client()
    assert type(client) is Salesforce
    made = client.Contact.create({"LastName": "Ada"})
    assert client.query("SELECT LastName FROM Contact")["records"][0]["LastName"] == "Ada"
    assert client.Contact.get(made["id"])["LastName"] == "Ada"
    assert lab.env["SF_CLIENT_SECRET"] not in repr(vars(client))
    with pytest.raises(ConfigurationError, match="no connection called 'other'"):
        get_client("other")


def test_the_sdk_cannot_write_in_a_dry_run(connect: Connect) -> None:
    dry = connect("dry")
    with pytest.raises(SalesforceRefusedRequest):
        dry.sdk.Contact.create({"LastName": "Ada"})
    assert dry.count("Contact") == 0


def test_a_broker_that_is_gone_is_told_from_an_answer_that_never_came(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = connect("dry")
    gone = Adapter(
        there.client.connection.__class__(**{**vars(there.client.connection), "socket": "/nonexistent.sock"})
    )
    with pytest.raises(ConfigurationError, match="not sent"):
        gone.count("Contact")
