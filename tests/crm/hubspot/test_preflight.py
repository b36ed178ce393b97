"""What a key with too few scopes is told, before anything is moved."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from sdrbot_skills.broker import launch
from sdrbot_skills.broker.spec import BrokerSpec
from sdrbot_skills.credentials.model import BearerToken
from sdrbot_skills.crm import registry
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.lab import Emulator
from tests.conformance.conftest import Place

READ = ["crm.objects.contacts.read", "crm.schemas.contacts.read"]

Holding = Callable[..., Crm]


@pytest.fixture
def holding(place: Place, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holding]:
    """The adapter with a key that has just these scopes."""
    with ExitStack() as open_brokers:

        def connect(*scopes: str, role: str = "target") -> Crm:
            answer = httpx.post(
                f"{emulator.base_url}/__lab__/tokens",
                json={"scopes": list(scopes)},
                headers={"X-Lab-Control": emulator.control_token},
                trust_env=False,
            )
            spec: BrokerSpec = place.spec("discover")
            connection = spec.connections[0].model_copy(
                update={"credential": BearerToken(token=answer.json()["access_token"]), "role": role}
            )
            handle = open_brokers.enter_context(launch.start(spec.model_copy(update={"connections": (connection,)})))
            monkeypatch.setenv("CRM_MIGRATE_BROKER", str(handle.socket))
            return registry.connect("hubspot")

        yield connect


def test_an_object_that_cannot_be_read_blocks_and_names_the_scope(holding: Holding) -> None:
    told = holding(*READ).preflight(["contacts", "deals"])
    (blocking,) = [one for one in told.blind if one.blocks]
    assert blocking.subject == "deals"
    assert "crm.objects.deals.read" in blocking.cure


def test_sensitive_properties_out_of_sight_are_told_in_one_note(holding: Holding) -> None:
    hidden = [one for one in holding(*READ).preflight(["contacts"]).blind if "sensitive" in one.message]
    (note,) = hidden
    assert "contacts (sensitive), contacts (highly sensitive)" in note.message
    assert "crm.objects.contacts.sensitive.read.v2" in note.cure and ".highly_sensitive.read.v2" in note.cure
    seeing = holding(*READ, "crm.objects.contacts.sensitive.read.v2", "crm.objects.contacts.highly_sensitive.read.v2")
    assert not [one for one in seeing.preflight(["contacts"]).blind if "sensitive" in one.message]


def test_switches_nobody_can_read_are_named_where_contacts_are_made(holding: Holding) -> None:
    switches = {"contacts (marketing status)", "contacts (companies made by HubSpot)"}
    assert switches <= {one.subject for one in holding(*READ).preflight(["contacts"]).blind}
    assert not switches & {one.subject for one in holding(*READ, role="source").preflight(["contacts"]).blind}


def test_what_is_left_is_told_per_object(holding: Holding) -> None:
    told = holding(*READ).preflight(["contacts"])
    left = {one.name: one.remaining for one in told.allowances}
    assert set(left) == {"calls today", "records of contacts", "custom properties of contacts"}
    assert all(remaining is not None and remaining > 0 for remaining in left.values())
