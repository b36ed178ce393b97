"""A practice HubSpot and a practice Zoho with a way that is walked once, and what the target has to look like in the end, read by plain COQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sdrbot_skills import planning
from sdrbot_skills.lab.processes import Emulator
from tests.e2e import company
from tests.e2e.company import Company
from tests.e2e.ends import State
from tests.e2e.harness import Workspace
from tests.e2e.stage import Stage
from tests.lab.zoho_org import ZohoOrg

PLANNED = "planned"
Furnish = Callable[[Workspace, Company], None]


class Walked:
    """Companies, contacts and deals planned into Zoho, the migration keys made.

    `lane`: as the plan says it; `furnish`: changes what was found before anything is planned.
    """

    def __init__(
        self,
        root: Path,
        *labs: Emulator,
        lane: str = "auto",
        furnish: Furnish | None = None,
        **counts: int,
    ) -> None:
        self._stage = Stage(root, *labs)
        workspace = self._stage.workspace
        self.source = company.found(workspace.hubspot, **counts)
        if furnish is not None:
            furnish(workspace, self.source)
        objects = ",".join(kind for kind in ("companies", "contacts", "deals") if self.source.ids[kind])
        workspace.plan(objects, target="zohocrm")
        path = workspace.folder / "plan.yaml"
        plan = planning.load_plan(path)
        plan.limits.lane = lane  # type: ignore[assignment]  # one of the plan's words
        planning.save_plan(plan, path)
        workspace.make_key(connection="zohocrm")
        self._stage.keep(PLANNED)

    def back(self, folder: Path) -> Workspace:
        """To that moment again."""
        return self._stage.back(PLANNED, folder)


def expected(made: Company) -> State:
    """Every record and link once, every value as mapped."""
    firms, people, deals = (made.by_id(kind) for kind in ("companies", "contacts", "deals"))
    home = {one: firms[firm]["name"] for one, firm in made.links.get("contacts", ())}
    customer = {one: firms[firm]["name"] for one, firm in made.links.get("deals", ())}
    return {
        "accounts": Counter((row["name"], row["phone"], row["city"]) for row in firms.values()),
        "contacts": Counter(
            (row["email"], row["firstname"], row["lastname"], row["phone"], home.get(one))
            for one, row in people.items()
        ),
        "deals": Counter(
            (row["dealname"], float(row["amount"]), row["closedate"][:10], customer.get(one))
            for one, row in deals.items()
        ),
    }


def found(lab: Emulator) -> State:
    """The same, as the target has it."""
    org = ZohoOrg(lab)
    try:
        accounts = _rows(org, "Accounts", "Account_Name", "Phone", "Billing_City")
        contacts = _rows(org, "Contacts", "Email", "First_Name", "Last_Name", "Phone", "Account_Name")
        deals = _rows(org, "Deals", "Deal_Name", "Amount", "Closing_Date", "Account_Name")
    finally:
        org.http.close()
    names = {row["id"]: row["Account_Name"] for row in accounts}
    for row in (*contacts, *deals):
        row["Account_Name"] = names[row["Account_Name"]["id"]] if row["Account_Name"] else None
    every = {"accounts": accounts, "contacts": contacts, "deals": deals}
    return {
        kind: Counter(tuple(value for name, value in row.items() if name != "id") for row in rows)
        for kind, rows in every.items()
    }


def _rows(org: ZohoOrg, module: str, *fields: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        last = rows[-1]["id"] if rows else "0"
        query = f"select {', '.join(fields)} from {module} where id > '{last}' order by id asc limit 2000"
        answer = org.query(query)
        if answer.status_code == 204:
            return rows
        assert answer.status_code == 200, answer.text
        rows += [{"id": row["id"], **{name: row.get(name) for name in fields}} for row in answer.json()["data"]]
