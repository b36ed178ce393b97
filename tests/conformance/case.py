"""One CRM as the kit needs to know it. A further CRM passes the kit by one more entry in `CASES`.

Everything else is taken from the adapter itself: objects and fields are found by their names in the shared vocabulary.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from sdrbot_skills.credentials.model import BearerToken, ClientCredentials, Credential, RefreshToken
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.values import Kind
from tests.conformance import attio, twenty


@dataclass(frozen=True)
class Case:
    """`avoid`: fields that do not simply keep what is written (they depend on others, or only move forward).

    `batch_path`: the paths of batch writes. `throttle`: the fault by which the lab refuses a read for a short while. `renews`: the broker
    gets a new token by itself when one has expired. `links`: what a broker calls the links of the plan. `read_only`: such a field of people.
    `prepare`: makes in an empty lab what an account of this CRM has to have made before the kit's vocabulary fits. `always`: canonical values
    that every new record of an object needs, beside those of `people.least`.
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
    prepare: Callable[[Emulator], None] = lambda lab: None
    always: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

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
    credential=lambda lab: BearerToken(token=SecretStr(lab.env["HUBSPOT_ACCESS_TOKEN"])),
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
        client_id=lab.env["SF_CLIENT_ID"], client_secret=SecretStr(lab.env["SF_CLIENT_SECRET"])
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

ATTIO = Case(
    crm="attio",
    origin="ATTIO_BASE_URL",
    credential=lambda lab: BearerToken(token=SecretStr(lab.env["ATTIO_API_KEY"])),
    field_name=lambda name: name.lower(),
    links=("people->records", "companies->records", "deals->records"),
    batch_path="/records$",
    throttle={"action": "form", "form": "rate_limited"},
    renews=False,
    read_only="avatar_url",
    read_only_value="https://example.org/a.png",
    custom_kinds=_COMMON,
    # Numbers that are no phone numbers are refused with the whole record.
    avoid=frozenset({"phone_numbers"}),
    variants=("unique_everywhere",),
    prepare=attio.prepare,
    always={"deals": {"owner": attio.OWNER}},
)

ZOHOCRM = Case(
    crm="zohocrm",
    origin="ZOHO_BASE_URL",
    credential=lambda lab: RefreshToken(
        client_id=lab.env["ZOHO_CLIENT_ID"],
        client_secret=SecretStr(lab.env["ZOHO_CLIENT_SECRET"]),
        refresh_token=SecretStr(lab.env["ZOHO_REFRESH_TOKEN"]),
    ),
    field_name=lambda name: name,
    links=("Deals->Contacts",),
    batch_path="/(Contacts|Accounts|Deals)(/upsert)?$",
    throttle={"action": "form", "form": "too_many_requests"},
    renews=True,
    read_only="Created_Time",
    read_only_value="2020-01-01T00:00:00+00:00",
    custom_kinds=_COMMON,
    secondary_email={"Secondary_Email": "second@example.org"},
    avoid=frozenset({"Probability", "Pipeline"}),
)

PIPEDRIVE = Case(
    crm="pipedrive",
    origin="PIPEDRIVE_BASE_URL",
    credential=lambda lab: BearerToken(token=SecretStr(lab.env["PIPEDRIVE_API_TOKEN"])),
    field_name=lambda name: name,
    links=("participants", "organizationRelationships"),
    batch_path="^/api/v2/(persons|organizations|deals)$",
    throttle={"action": "form", "form": "over_limit"},
    renews=False,
    read_only="first_name",
    read_only_value="Ada",
    custom_kinds=_COMMON,
    # What may be said of a deal's end depends on its status; a day of closing cannot be cleared; the archive is another list.
    avoid=frozenset(
        {"close_time", "won_time", "lost_time", "lost_reason", "currency", "pipeline_id", "stage_id", "is_archived"}
    ),
)

TWENTY = Case(
    crm="twenty",
    origin="TWENTY_BASE_URL",
    credential=lambda lab: BearerToken(token=SecretStr(lab.env["TWENTY_API_KEY"])),
    field_name=lambda name: "".join(w if n == 0 else w.title() for n, w in enumerate(name.lower().split("_"))),
    links=(),
    batch_path="/rest/batch/",
    throttle={"action": "form", "form": "limit_reached"},
    renews=False,
    read_only="searchVector",
    read_only_value="words",
    # A telephone number is taken apart and loses its signs, and one without a country is refused; `tests/crm/twenty` has these.
    custom_kinds=tuple(kind for kind in _COMMON if kind is not Kind.PHONES),
    secondary_email={"emails.additionalEmails": ["second@example.org"]},
    avoid=frozenset(
        {"phones", "phones.additionalPhones", "emails.additionalEmails", "domainName.secondaryLinks", "createdAt"}
    ),
    prepare=twenty.prepare,
)

CASES = (HUBSPOT, SALESFORCE, ATTIO, ZOHOCRM, PIPEDRIVE, TWENTY)
