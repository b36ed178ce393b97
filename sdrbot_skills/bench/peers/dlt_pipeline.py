"""Contacts from one practice CRM to the other by dlt: its REST source, and a destination of our own that sends batches.

`dlt_pipeline.py there` (HubSpot to Salesforce, leads in collections of 200) or `back` (Salesforce to HubSpot, contacts in batches of 100).
Environment: HUBSPOT_BASE_URL, HUBSPOT_ACCESS_TOKEN, with __BACK for the way back; SF_LOGIN_URL, SF_CLIENT_ID, SF_CLIENT_SECRET.
Prints how many went in, seconds and processor seconds of its own process.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import dlt
import requests
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator, JSONResponseCursorPaginator

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
QUERY = f"SELECT {','.join(BACK_MAP)} FROM Contact"
session = requests.Session()
made = 0


def salesforce_token() -> str:
    """By the client-credentials grant."""
    pair = (os.environ["SF_CLIENT_ID"], os.environ["SF_CLIENT_SECRET"])
    grant = {"grant_type": "client_credentials"}
    told = session.post(f"{os.environ['SF_LOGIN_URL']}/services/oauth2/token", data=grant, auth=pair, timeout=30)
    return str(told.json()["access_token"])


def hubspot_contacts() -> Iterator[list[dict[str, Any]]]:
    """Page by page."""
    client = RESTClient(
        os.environ["HUBSPOT_BASE_URL"],
        auth=BearerTokenAuth(os.environ["HUBSPOT_ACCESS_TOKEN"]),
        paginator=JSONResponseCursorPaginator(cursor_path="paging.next.after", cursor_param="after"),
    )
    params = {"limit": 100, "properties": ",".join(FIELD_MAP)}
    for page in client.paginate("/crm/v3/objects/contacts", params=params, data_selector="results"):
        yield [entry["properties"] for entry in page]


def salesforce_contacts() -> Iterator[list[dict[str, Any]]]:
    """Page by page."""
    client = RESTClient(
        os.environ["SF_LOGIN_URL"],
        auth=BearerTokenAuth(salesforce_token()),
        paginator=JSONLinkPaginator(next_url_path="nextRecordsUrl"),
    )
    for page in client.paginate("/services/data/v66.0/query", params={"q": QUERY}, data_selector="records"):
        yield [{name: entry.get(name) for name in BACK_MAP} for entry in page]


@dlt.destination(batch_size=200, name="salesforce", naming_convention="direct")  # type: ignore[untyped-decorator]
def to_salesforce(items: list[dict[str, Any]], table: Any, token: str = dlt.secrets.value) -> None:
    """Leads in collections of 200."""
    records = []
    for item in items:
        lead = {target: item[name] for name, target in FIELD_MAP.items() if item.get(name)}
        lead |= {"LastName": lead.get("LastName") or "Unknown", "Company": lead.get("Company") or "Unknown"}
        records.append({"attributes": {"type": "Lead"}, **lead})
    url = f"{os.environ['SF_LOGIN_URL']}/services/data/v66.0/composite/sobjects"
    answer = session.post(
        url, json={"allOrNone": False, "records": records}, headers={"Authorization": f"Bearer {token}"}, timeout=60
    )
    answer.raise_for_status()
    _count(sum(1 for one in answer.json() if one["success"]))


@dlt.destination(batch_size=100, name="hubspot", naming_convention="direct")  # type: ignore[untyped-decorator]
def to_hubspot(items: list[dict[str, Any]], table: Any, token: str = dlt.secrets.value) -> None:
    """Contacts in batches of 100."""
    inputs = [
        {"properties": {target: item[name] for name, target in BACK_MAP.items() if item.get(name)}} for item in items
    ]
    url = f"{os.environ['HUBSPOT_BASE_URL__BACK']}/crm/v3/objects/contacts/batch/create"
    answer = session.post(url, json={"inputs": inputs}, headers={"Authorization": f"Bearer {token}"}, timeout=60)
    answer.raise_for_status()
    _count(len(answer.json()["results"]))


def _count(number: int) -> None:
    global made
    made += number


def main(way: str) -> None:
    """Extract, normalise, load: dlt's own three steps."""
    began, used = time.monotonic(), time.process_time()
    if way == "there":
        rows, destination = hubspot_contacts(), to_salesforce(token=salesforce_token())
    else:
        rows, destination = salesforce_contacts(), to_hubspot(token=os.environ["HUBSPOT_ACCESS_TOKEN__BACK"])
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(pipeline_name=f"bench_{way}", destination=destination, pipelines_dir=folder)
        pipeline.run(dlt.resource(rows, name="contacts"), table_name="contacts")
    cpu = time.process_time() - used
    print(json.dumps({"made": made, "seconds": time.monotonic() - began, "cpu": cpu}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(sys.argv[1])
