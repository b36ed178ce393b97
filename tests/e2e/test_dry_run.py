"""A dry run writes nothing, whatever the script does; a migration in one sentence with a filter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.e2e.conftest import Way
from tests.e2e.harness import suggested

SNEAKY = '''
def sneak() -> None:
    """What a careless or malicious edit might do."""
    from hubspot.crm.contacts import SimplePublicObjectInputForCreate

    from sdrbot_skills.auth import hubspot, salesforce
    from sdrbot_skills.crm import registry

    def change_the_schema() -> None:
        tools, send = registry.admin_toolbox("hubspot")
        client = registry.connect("hubspot").client
        change = tools["hubspot_admin_create_property"](client, "contacts", "sneaked", "Sneaked", "string", "text")
        send(client, change.requests[0])

    for attempt in (
        lambda: salesforce.get_client().Contact.create({"LastName": "Sneaked"}),
        lambda: hubspot.get_client().crm.contacts.basic_api.create(
            SimplePublicObjectInputForCreate(properties={"email": "sneaked@there.example"})
        ),
        change_the_schema,
    ):
        try:
            attempt()
        except Exception as error:
            print("SNEAK", type(error).__name__)
        else:
            print("SNEAK went through")


sneak()
'''


def test_a_dry_run_writes_nothing_even_when_the_script_tries(back: Callable[[str], Way]) -> None:
    workspace = back("planned").workspace
    before = {crm: lab.writes() for crm, lab in workspace.labs.items()}
    workspace.cm("render", "plan.yaml", "-o", "edited.py")
    script = workspace.folder / "edited.py"
    marker = 'if __name__ == "__main__":'
    assert marker in script.read_text()
    script.write_text(script.read_text().replace(marker, f"{SNEAKY}\n\n{marker}"))

    rehearsed = workspace.rehearse("--script", "edited.py")

    assert {crm: lab.writes() for crm, lab in workspace.labs.items()} == before
    assert {name: counts["create"] for name, counts in rehearsed["counts"].items()} == {
        "companies": 40,
        "contacts": 400,
        "deals": 60,
    }
    violations = [finding for finding in rehearsed["findings"] if finding["rule"] == "policy_violation"]
    assert {finding["severity"] for finding in violations} == {"problem"}
    assert sum(finding["count"] for finding in violations) == 3, rehearsed["findings"]
    page = workspace.json("report", rehearsed["run"])
    assert "policy_violation" in (workspace.folder / page["json"]).read_text()
    assert "the broker refused it" in (workspace.folder / page["html"]).read_text()
    assert workspace.cm("live", rehearsed["run"], good=None).code == 3, "unapproved"
    assert workspace.labs["salesforce"].writes() == before["salesforce"]


def test_contacts_created_this_year_become_leads(back: Callable[[str], Way]) -> None:
    workspace, source, _ = back("seeded")
    hubspot = workspace.labs["hubspot"]
    year = 370 * 86_400
    hubspot.advance_clock(-year)
    workspace.hubspot.create("contacts", [{"email": f"old{n}@past.example", "lastname": f"Old {n}"} for n in range(30)])
    hubspot.advance_clock(year)

    workspace.plan("contacts:leads", "--where", "created this year", answers=_for_leads)
    assert "field: createdate, op: '>='" in (workspace.folder / "plan.yaml").read_text(), "for people to read"
    rehearsed = workspace.rehearse()
    assert {name: counts["read"] for name, counts in rehearsed["counts"].items()} == {"contacts": 400}
    workspace.approve(rehearsed["run"])
    workspace.cm("live", rehearsed["run"])
    workspace.proven(rehearsed["run"])

    leads = workspace.salesforce.query("SELECT Email, LastName, Company FROM Lead")
    assert Counter((lead["Email"], lead["LastName"], lead["Company"]) for lead in leads) == Counter(
        (row["email"], row["lastname"], "(private)") for row in source.rows["contacts"]
    )
    assert workspace.salesforce.count("Contact") == 0


def _for_leads(question: dict[str, Any]) -> str:
    return "constant (private)" if "Company" in question["id"] else suggested(question)
