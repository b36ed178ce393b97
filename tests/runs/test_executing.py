"""A script of one's own in the sandbox finds the clients by the names that scripts elsewhere use, and reads through them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdrbot_skills import lab
from sdrbot_skills.runs.executing import execute

SCRIPT = """
from auth.attio import AttioClient
from auth.hubspot import get_client
from auth.pipedrive import get_pipedrive_client
from auth.twenty import TwentyClient
from auth.zohocrm import get_zoho_client
from auth import salesforce
from sdrbot_cli.auth.hubspot import get_client as get_hubspot_client
from sdrbot_cli.auth.salesforce import get_client as get_salesforce_client
import sdrbot_skills.auth.hubspot

for make in (get_client, get_hubspot_client, sdrbot_skills.auth.hubspot.get_client):
    print(type(make()).__mro__[1].__name__, len(make().crm.contacts.basic_api.get_page(limit=1).results))
print(salesforce.get_client().query("SELECT COUNT() FROM Contact")["totalSize"])
try:
    get_salesforce_client().Contact.create({"LastName": "Never"})
except Exception as error:
    print("refused" if "write" in str(error) else error)
"""


def test_the_clients_by_the_names_that_scripts_elsewhere_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    script = tmp_path / "look.py"
    script.write_text(SCRIPT)
    with lab.running("hubspot", "salesforce") as (hubspot, salesforce):
        for name, value in {**hubspot.env, **salesforce.env}.items():
            monkeypatch.setenv(name, value)
        ended = execute(script)
        assert salesforce.writes() == {}
    assert ended.outcome.ok, ended.lines
    assert ended.lines == ["HubSpot 0", "HubSpot 0", "HubSpot 0", "0", "refused"]
