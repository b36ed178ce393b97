"""The broker between the real adapters and the practice CRMs: discovery, a refused write, a live batch, links and their undo."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sdrbot_skills import lab
from sdrbot_skills.broker.launch import start
from sdrbot_skills.broker.ledger import Ledger
from sdrbot_skills.broker.spec import BrokerSpec
from sdrbot_skills.credentials.connections import list_connections
from sdrbot_skills.crm.base import Crm
from sdrbot_skills.crm.registry import open_connection
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.records import Link, Operation, Outcome, Row
from sdrbot_skills.transport.connection import find_connection


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with lab.running("hubspot", "salesforce") as emulators:
        yield {name: value for emulator in emulators for name, value in emulator.env.items()}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def spec(variables: dict[str, str], purpose: str, target: str = "salesforce", **more: Any) -> BrokerSpec:
    sources = [source for source in list_connections(variables) if source.where == "the environment"]
    roles = {source.name: "target" if source.name == target else "source" for source in sources}
    connections = tuple(source.spec(role=roles[source.name]) for source in sources)  # type: ignore[arg-type]
    return BrokerSpec.model_validate({"purpose": purpose, "connections": connections, **more})


def adapter(handle: Any, name: str) -> Crm:
    return open_connection(find_connection(name, str(handle.socket)))


def test_both_are_found_and_read(variables: dict[str, str]) -> None:
    with start(spec(variables, "discover")) as handle:
        assert {each["environment"] for each in handle.connections} == {"lab"}
        for name, object_name in (("hubspot", "contacts"), ("salesforce", "Contact")):
            crm = adapter(handle, name)
            assert crm.describe(object_name).fields
            assert crm.preflight([object_name]).account.id == crm.account().id
            crm.users()
        counts = handle.status()["counts"]
    assert counts["reads"] > 10
    assert counts["refused"] == counts["writes"] == 0


def test_a_dry_run_cannot_write(variables: dict[str, str]) -> None:
    with start(spec(variables, "dry")) as handle, pytest.raises(Refused) as caught:
        adapter(handle, "salesforce").write("Contact", Operation.CREATE, [Row("1", {"LastName": "x"})])
    assert caught.value.code == "write_in_dry_run"


def test_a_live_run_into_salesforce_and_back_out(variables: dict[str, str], tmp_path: Path) -> None:
    more: dict[str, Any] = {
        "objects": {"target": ["Contact", "Account"]},
        "budget": {"Contact": {"create": 3}, "Account": {"create": 1}},
    }
    live = spec(variables, "live", trusted_dir=str(tmp_path / "trusted"), **more)
    with start(live) as handle:
        crm = adapter(handle, "salesforce")
        rows = [Row(str(number), {"LastName": f"Person {number}"}) for number in range(3)]
        made = crm.write("Contact", Operation.CREATE, rows)
        assert [result.outcome for result in made] == [Outcome.CREATED] * 3
        with pytest.raises(Refused) as caught:
            crm.write("Contact", Operation.CREATE, [Row("9", {"LastName": "One too many"})])
    assert caught.value.code == "budget_exceeded"
    book = Ledger(tmp_path / "trusted" / "ledger.sqlite", read_only=True)
    ids = book.created_ids("Contact")
    book.close()
    assert ids == [result.id for result in made]
    undo = spec(variables, "undo", trusted_dir=str(tmp_path / "undone"), undo={"Contact": {"delete": ids}})
    with start(undo) as handle:
        crm = adapter(handle, "salesforce")
        assert {result.outcome for result in crm.delete("Contact", ids)} == {Outcome.DELETED}


def test_a_live_run_into_hubspot_with_links(variables: dict[str, str], tmp_path: Path) -> None:
    more = {
        "objects": {"target": ["contacts", "companies"], "links": ["contacts->companies"]},
        "budget": {"contacts": {"create": 120}, "companies": {"create": 1}, "contacts->companies": {"link": 1}},
    }
    live = spec(variables, "live", target="hubspot", trusted_dir=str(tmp_path / "trusted"), **more)
    with start(live) as handle:
        crm = adapter(handle, "hubspot")
        people: list[Any] = []
        for first in (0, 60):
            rows = [Row(str(n), {"email": f"p{n}@example.com", "lastname": "L"}) for n in range(first, first + 60)]
            people += crm.write("contacts", Operation.CREATE, rows)
        (company,) = crm.write("companies", Operation.CREATE, [Row("c", {"name": "Acme"})])
        kind = next(each for each in crm.link_types("contacts") if each.to_object == "companies")
        (linked,) = crm.link(kind, [Link(kind.name, str(people[0].id), str(company.id))])
        assert linked.outcome is Outcome.LINKED
        with pytest.raises(Refused) as caught:
            crm.link(kind, [Link(kind.name, str(people[1].id), str(company.id))])
    assert caught.value.code == "budget_exceeded"
    book = Ledger(tmp_path / "trusted" / "ledger.sqlite", read_only=True)
    assert sorted(book.created_ids("contacts")) == sorted(str(person.id) for person in people)
    assert book.links() == [("contacts->companies", f"{people[0].id}:{company.id}")]
    book.close()
