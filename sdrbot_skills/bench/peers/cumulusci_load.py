"""Leads into a practice Salesforce by CumulusCI's own loading step (REST collections of 200), from Singer messages on standard input.

Environment: SF_LOGIN_URL, SF_CLIENT_ID, SF_CLIENT_SECRET. Prints how many went in, seconds and processor seconds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import requests
from cumulusci.tasks.bulkdata.step import DataOperationType, RestApiDmlOperation
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


cpu_before: list[float] = []
"""What the program before this one took."""


class _InTheClear(HTTPAdapter):
    """The SDK only knows https; a practice CRM speaks http."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        request.url = (request.url or "").replace("https://", "http://", 1)
        return super().send(request, **options)


def salesforce() -> Any:
    """The SDK's client, signed in by the client-credentials grant."""
    login = os.environ["SF_LOGIN_URL"]
    pair = (os.environ["SF_CLIENT_ID"], os.environ["SF_CLIENT_SECRET"])
    grant = {"grant_type": "client_credentials"}
    told = requests.post(f"{login}/services/oauth2/token", data=grant, auth=pair, timeout=30).json()
    session = requests.Session()
    session.mount("https://", _InTheClear())
    return Salesforce(instance_url=login, session_id=told["access_token"], session=session, version="66.0")


def leads() -> Iterator[list[str | None]]:
    """Rows in the order of the map's fields; a person without a name or company is called "Unknown", as Salesforce wants some."""
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "BENCH":
            cpu_before.append(message["cpu"])
        elif message["type"] == "RECORD":
            record = message["record"]
            values = [_value(record, name) for name in FIELD_MAP]
            yield [
                value or ("Unknown" if name in ("lastname", "company") else None)
                for name, value in zip(FIELD_MAP, values, strict=True)
            ]


def _value(record: dict[str, Any], name: str) -> str | None:
    """The tap lifts a property to `property_<name>`, an object with its `value`."""
    lifted = record.get(f"property_{name}")
    if isinstance(lifted, dict):
        lifted = lifted.get("value")
    return None if lifted is None else str(lifted)


def main() -> None:
    """Load what comes in."""
    began, used = time.monotonic(), time.process_time()
    context = SimpleNamespace(
        sf=salesforce(), bulk=None, logger=SimpleNamespace(info=_silent, warning=_silent, debug=_silent)
    )
    step = RestApiDmlOperation(
        sobject="Lead",
        operation=DataOperationType.INSERT,
        api_options={},
        context=context,
        fields=list(FIELD_MAP.values()),
    )
    with step:
        step.load_records(leads())
    made = sum(1 for result in step.get_results() if result.success)
    cpu = time.process_time() - used + sum(cpu_before)
    print(json.dumps({"made": made, "seconds": time.monotonic() - began, "cpu": cpu}))  # noqa: T201 - the answer


def _silent(*_: object) -> None:
    pass


if __name__ == "__main__":
    main()
