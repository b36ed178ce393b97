"""HubSpot's admin tools against its emulator: one row per tool."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sdrbot_skills.broker import launch
from sdrbot_skills.errors import ConfigurationError, Refused
from tests.conformance.conftest import Place
from tests.crm.admin_kit import Bench, check_table

PATH = "/crm/v3/properties/contacts"


@pytest.fixture(scope="module")
def bench(place: Place) -> Iterator[Bench]:
    place.emulator.reset()
    with launch.start(place.spec("discover")) as reader:
        yield Bench(place, reader)


def test_names_and_parameters() -> None:
    check_table(
        "hubspot",
        [
            ("list_properties", "object_type, include_hidden:bool=False"),
            ("get_property", "object_type, property_name"),
            (
                "create_property",
                "object_type, name, label, property_type, field_type, group_name=contactinformation, description?, options?",
            ),
            ("delete_property", "object_type, property_name"),
        ],
    )


def test_a_property_is_made_and_removed(bench: Bench) -> None:
    new = {"object_type": "contacts", "name": "tier", "label": "Tier", "property_type": "enumeration"}
    made = bench.do("create_property", **new, field_type="select", options="gold=Gold, silver=Silver")
    assert made.sent == [("POST", PATH)]
    assert [option["value"] for option in made.result["options"]] == ["gold", "silver"]
    assert bench.call("get_property", object_type="contacts", property_name="tier")["label"] == "Tier"
    (removed,) = bench.back(made)
    assert removed.sent == [("DELETE", f"{PATH}/tier")]
    assert "0 contacts have one" in removed.change.says
    with pytest.raises(ConfigurationError, match="no property 'tier'"):
        bench.call("get_property", object_type="contacts", property_name="tier")


def test_the_broker_sends_what_was_sealed_and_nothing_else(bench: Bench) -> None:
    new = {"object_type": "contacts", "name": "one", "property_type": "string", "field_type": "text"}
    sealed, other = (bench.call("create_property", label=label, **new) for label in ("One", "Other"))
    with bench.sending(sealed) as client:
        with pytest.raises(Refused) as refused:
            bench.box.send(client, other.requests[0])
        assert refused.value.code == "schema_not_planned"
        assert bench.box.send(client, sealed.requests[0])["label"] == "One"
