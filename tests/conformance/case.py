"""One CRM as the kit needs to know it. A further CRM passes the kit by one more entry in `CASES`.

Everything else is taken from the adapter itself: objects and fields are found by their names in the shared vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.credentials.model import BearerToken, ClientCredentials, Credential
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.values import Kind


@dataclass(frozen=True)
class Case:
    """`avoid`: fields that do not simply keep what is written (they depend on others, or only move forward).

    `batch_path`: the paths of batch writes. `throttle`: the fault by which the lab refuses a read for a short while. `renews`: the broker
    gets a new token by itself when one has expired. `links`: what a broker calls the links of the plan. `read_only`: such a field of people.
    """

    crm: str
    origin: str
    credential: Callable[[Emulator], Credential]
    field_name: Callable[[str], str]
    links: tuple[str, ...]
    batch_path: str
    throttle: dict[str, Any]
    renews: bool
    read_only: str
    read_only_value: str
    custom_kinds: tuple[Kind, ...]
    secondary_email: dict[str, Any] = field(default_factory=dict)
    avoid: frozenset[str] = frozenset()
    variants: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.crm


_COMMON = (
    Kind.TEXT,
    Kind.LONG_TEXT,
    Kind.INTEGER,
    Kind.DECIMAL,
    Kind.BOOLEAN,
    Kind.DATE,
    Kind.INSTANT,
    Kind.EMAILS,
    Kind.PHONES,
    Kind.URLS,
    Kind.CHOICE,
    Kind.CHOICES,
    Kind.MONEY,
)

HUBSPOT = Case(
    crm="hubspot",
    origin="HUBSPOT_BASE_URL",
    credential=lambda lab: BearerToken(token=lab.env["HUBSPOT_ACCESS_TOKEN"]),
    field_name=lambda name: name.lower(),
    links=("contacts->companies", "deals->companies", "deals->contacts", "companies->companies"),
    batch_path="/batch/(create|update|upsert)$",
    throttle={"action": "form", "form": "secondly"},
    renews=False,
    read_only="hs_email_optout",
    read_only_value="true",
    custom_kinds=_COMMON,
    secondary_email={"hs_additional_emails": "second@example.org"},
    avoid=frozenset(
        {"lifecyclestage", "dealstage", "pipeline", "deal_currency_code", "hs_additional_emails", "domain"}
    ),
)

SALESFORCE = Case(
    crm="salesforce",
    origin="SF_LOGIN_URL",
    credential=lambda lab: ClientCredentials(
        client_id=lab.env["SF_CLIENT_ID"], client_secret=lab.env["SF_CLIENT_SECRET"]
    ),
    field_name=lambda name: f"{name}__c",
    links=("OpportunityContactRole",),
    batch_path="/composite/sobjects",
    throttle={"action": "status", "status": 503, "headers": {"Retry-After": "1"}, "body": []},
    renews=True,
    read_only="CreatedDate",
    read_only_value="2020-01-01T00:00:00.000Z",
    custom_kinds=_COMMON,
    avoid=frozenset({"CurrencyIsoCode", "Probability", "Id"}),
)

CASES = (HUBSPOT, SALESFORCE)
