"""Two practice CRMs with a handful of customers whose values are easy to find again, and a working folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sdrbot_skills import lab

COMPANIES = [{"name": f"Quetzalwerk {number}", "domain": f"quetzalwerk{number}.example"} for number in range(3)]
CONTACTS = [
    {
        "email": f"xochitl{number}@quetzalwerk{number % 3}.example",
        "firstname": "Xochitl",
        "lastname": f"Wolfeschlegel{number}",
        "phone": f"+49 711 987654{number}",
        "jobtitle": "Zwiebelprüferin",
    }
    for number in range(7)
]
CONTACTS.append(
    {"email": "toolong@quetzalwerk0.example", "lastname": "Przybylski", "jobtitle": "Zwiebelprüferin " * 20}
)
PLANTED = ("quetzalwerk", "xochitl", "wolfeschlegel", "zwiebelprüferin", "przybylski", "toolong", "987654")


class Practice:
    """The two practice CRMs and how to reach them."""

    def __init__(self, hub: lab.Emulator, org: lab.Emulator) -> None:
        self.hub, self.org = hub, org
        self.environment = {**hub.env, **org.env}
        self.account = org.account["name"]

    def leads_and_contacts(self) -> list[str]:
        """The last names of people in the practice Salesforce, asked of it directly."""
        grant = {
            "grant_type": "client_credentials",
            "client_id": self.org.env["SF_CLIENT_ID"],
            "client_secret": self.org.env["SF_CLIENT_SECRET"],
        }
        with httpx.Client(base_url=self.org.base_url, trust_env=False) as http:
            token = http.post("/services/oauth2/token", data=grant).json()["access_token"]
            query = {"q": "SELECT LastName FROM Contact"}
            found = http.get(
                "/services/data/v60.0/query", params=query, headers={"Authorization": f"Bearer {token}"}
            ).json()
        return sorted(record["LastName"] for record in found["records"])


@pytest.fixture
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    """Fresh practice CRMs, the working folder entered, the environment set."""
    with lab.running("hubspot", search_lag=0.0) as hub, lab.running("salesforce") as org:
        for kind, rows in (("companies", COMPANIES), ("contacts", CONTACTS)):
            _put(hub, kind, rows)
        found = Practice(hub, org)
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
        for name, value in found.environment.items():
            monkeypatch.setenv(name, value)
        yield found


def _put(hub: lab.Emulator, kind: str, rows: list[dict[str, str]]) -> None:
    inputs = [{"properties": row} for row in rows]
    headers = {"Authorization": f"Bearer {hub.env['HUBSPOT_ACCESS_TOKEN']}"}
    with httpx.Client(base_url=hub.base_url, trust_env=False, headers=headers) as http:
        http.post(f"/crm/v3/objects/{kind}/batch/create", json={"inputs": inputs}).raise_for_status()
