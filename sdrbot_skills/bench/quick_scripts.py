"""What a quick script does, for comparison: everything in memory and one bulk insert, or one call per record. No sandbox, journal, matching or proof.

Run as a process of its own, so that its memory and processor time are its own:
`python -m sdrbot_skills.bench.quick_scripts all_in_memory|one_by_one|back_in_memory|back_one_by_one [SECONDS]`; the last two go from Salesforce to the second
HubSpot. SECONDS: between two looks at a bulk job, the SDK's own 5 otherwise.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import requests
from hubspot import HubSpot
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce

FIELD_MAP = {
    "email": "Email",
    "firstname": "FirstName",
    "lastname": "LastName",
    "jobtitle": "Title",
    "phone": "Phone",
    "mobilephone": "MobilePhone",
    "address": "Street",
    "city": "City",
    "country": "Country",
    "zip": "PostalCode",
    "company": "Company",
}
BACK_MAP = {
    "Email": "email",
    "FirstName": "firstname",
    "LastName": "lastname",
    "Title": "jobtitle",
    "Phone": "phone",
    "MobilePhone": "mobilephone",
    "MailingCity": "city",
    "MailingCountry": "country",
    "MailingPostalCode": "zip",
}
PAGE = 100


def hubspot(suffix: str = "") -> Any:
    """The SDK's client, straight at the practice CRM."""
    origin = os.environ[f"HUBSPOT_BASE_URL{suffix}"]
    return HubSpot(access_token=os.environ[f"HUBSPOT_ACCESS_TOKEN{suffix}"], host=origin, base_url=origin)


def salesforce() -> Any:
    """The SDK's client, signed in by the client-credentials grant."""
    login = os.environ["SF_LOGIN_URL"]
    pair = (os.environ["SF_CLIENT_ID"], os.environ["SF_CLIENT_SECRET"])
    told = httpx.post(f"{login}/services/oauth2/token", data={"grant_type": "client_credentials"}, auth=pair).json()
    session = requests.Session()
    session.mount("https://", _InTheClear())
    return Salesforce(instance_url=login, session_id=told["access_token"], session=session, version="66.0")


class _InTheClear(HTTPAdapter):
    """The SDK only knows https; a practice CRM speaks http."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        request.url = (request.url or "").replace("https://", "http://", 1)
        return super().send(request, **options)


def hubspot_contacts(client: Any) -> Iterator[list[Any]]:
    """Page by page, by the cursor."""
    after = None
    while True:
        page = client.crm.contacts.basic_api.get_page(limit=PAGE, after=after, properties=list(FIELD_MAP))
        yield page.results
        if not page.paging or not page.paging.next:
            return
        after = page.paging.next.after


def to_lead(contact: Any) -> dict[str, str]:
    """A lead; "Unknown" where a required field is empty, as quick scripts do."""
    lead = {target: contact.properties[name] for name, target in FIELD_MAP.items() if contact.properties.get(name)}
    return {**lead, "LastName": lead.get("LastName") or "Unknown", "Company": lead.get("Company") or "Unknown"}


def all_in_memory(wait: float) -> int:
    """Read everything, then insert everything; how many went in."""
    leads: list[dict[str, str]] = []
    for page in hubspot_contacts(hubspot()):
        leads.extend(to_lead(contact) for contact in page)
    names = sorted({name for lead in leads for name in lead})
    rows = [{name: lead.get(name, "") for name in names} for lead in leads]
    told = salesforce().bulk2.Lead.insert(records=rows, wait=wait)
    return sum(int(part["numberRecordsProcessed"]) - int(part["numberRecordsFailed"]) for part in told)


def one_by_one(_: float) -> int:
    """A call per record; how many went in."""
    target, made = salesforce(), 0
    for page in hubspot_contacts(hubspot()):
        for contact in page:
            made += bool(target.Lead.create(to_lead(contact))["success"])
    return made


def salesforce_contacts() -> Iterator[dict[str, str]]:
    """One by one, as contacts of HubSpot."""
    for row in salesforce().query_all_iter(f"SELECT {','.join(BACK_MAP)} FROM Contact"):
        yield {target: row[name] for name, target in BACK_MAP.items() if row[name]}


def back_in_memory(_: float) -> int:
    """Read everything, then create everything in batches; how many went in."""
    rows = list(salesforce_contacts())
    target, made = hubspot("__BACK").crm.contacts.batch_api, 0
    for start in range(0, len(rows), PAGE):
        inputs = [{"properties": row} for row in rows[start : start + PAGE]]
        made += len(target.create(batch_input_simple_public_object_batch_input_for_create={"inputs": inputs}).results)
    return made


def back_one_by_one(_: float) -> int:
    """A call per record; how many went in."""
    target, made = hubspot("__BACK").crm.contacts.basic_api, 0
    for row in salesforce_contacts():
        made += bool(target.create(simple_public_object_input_for_create={"properties": row, "associations": []}).id)
    return made


WAYS = {
    "all_in_memory": all_in_memory,
    "one_by_one": one_by_one,
    "back_in_memory": back_in_memory,
    "back_one_by_one": back_one_by_one,
}

if __name__ == "__main__":
    began, used = time.monotonic(), time.process_time()
    made = WAYS[sys.argv[1]](float([*sys.argv, "5"][2]))
    seconds, cpu = time.monotonic() - began, time.process_time() - used
    sys.stdout.write(f'{{"made": {made}, "seconds": {seconds:.3f}, "cpu": {cpu:.3f}}}\n')
