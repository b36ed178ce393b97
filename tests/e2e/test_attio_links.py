"""Links made on Attio by a live run are taken back by its undo, through the broker: those of records that stay, and those that others made stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills import lab
from tests.e2e.harness import Workspace
from tests.e2e.judge import HubSpot
from tests.lab.attio_workspace import Workspace as Attio

OBJECTS = ("companies", "people", "deals")
OWNER = "maya.okafor@northwind-practice.example"
UNMATCHED, BY_NAME = "match: {on: [], ", "match: {on: [{field: name, compare: name}], "
CONTACT_OF_COMPANY, COMPANY_OF_DEAL, CONTACT_OF_DEAL = 1, 5, 3
FLEETING = ("active_from", "created_by_actor")


@pytest.fixture
def attio() -> Iterator[Attio]:
    with lab.running("attio") as emulator:
        emulator.control("settings", make_companies=False)
        workspace = Attio(emulator)
        yield workspace
        workspace.close()


@pytest.fixture
def hubspot() -> Iterator[lab.Emulator]:
    with lab.running("hubspot") as emulator:
        source = HubSpot(emulator.base_url, emulator.env)
        companies = source.create("companies", [{"name": f"Acme {n}", "domain": f"acme{n}.example"} for n in range(2)])
        people = source.create(
            "contacts", [{"lastname": f"P{n}", "email": f"p{n}@acme{n % 2}.example"} for n in range(4)]
        )
        stage = {"dealstage": "appointmentscheduled", "pipeline": "default", "hubspot_owner_id": "51"}
        deals = source.create("deals", [{"dealname": f"Deal {n}", **stage} for n in range(2)])
        source.link(
            "contacts", "companies", CONTACT_OF_COMPANY, [(one, companies[n % 2]) for n, one in enumerate(people)]
        )
        source.link("deals", "companies", COMPANY_OF_DEAL, list(zip(deals, companies, strict=True)))
        source.link("deals", "contacts", CONTACT_OF_DEAL, [(deal, one) for deal in deals for one in people[:3]])
        yield emulator


def people_of(attio: Attio, deal: str) -> set[str]:
    record = attio.call("GET", f"/objects/deals/records/{deal}")["data"]["values"]
    return {one["target_record_id"] for one in record["associated_people"]}


def found(attio: Attio) -> dict[str, Any]:
    """Every value of every record, without who wrote it when."""
    return {
        record["id"]["record_id"]: {
            slug: [{name: part for name, part in one.items() if name not in FLEETING} for one in entries]
            for slug, entries in record["values"].items()
            if slug != "migration_source_id"
        }
        for on in OBJECTS
        for record in attio.query(on)
    }


@pytest.mark.long
def test_an_undo_takes_back_the_links_of_records_that_stay(hubspot: lab.Emulator, attio: Attio, tmp_path: Path) -> None:
    attio.create("companies", name="Acme 0", domains=["acme0.example"])
    there = [attio.id_of(attio.create("people", email_addresses=[f"p{n}@acme{n % 2}.example"])) for n in range(3)]
    linked = [{"target_object": "people", "target_record_id": there[2]}]
    deal = attio.id_of(attio.create("deals", name="Deal 0", stage="Lead", owner=OWNER, associated_people=linked))
    before = found(attio)
    workspace = Workspace(tmp_path / "work", hubspot, attio.lab)
    workspace.plan(target="attio")
    plan = workspace.folder / "plan.yaml"
    assert UNMATCHED in plan.read_text("utf-8")
    plan.write_text(plan.read_text("utf-8").replace(UNMATCHED, BY_NAME), "utf-8")
    workspace.make_key(connection="attio")

    run = str(workspace.rehearse()["run"])
    workspace.approve(run, "attio")
    workspace.cm("live", run)
    told = workspace.proven(run)
    assert {name: one["checked"] for name, one in told["objects"].items()} == {
        "companies": 2,
        "contacts": 4,
        "deals": 2,
    }
    assert people_of(attio, deal) == set(there)
    assert len(found(attio)) == 8

    undo = workspace.json("undo", run)
    assert undo["counts"]["deals"]["unlinked"] == 2, "the third link was there before"
    workspace.approve(str(undo["run"]), "attio")
    workspace.cm("live", str(undo["run"]))
    assert people_of(attio, deal) == {there[2]}
    assert found(attio) == before
