"""The people of a deal are its contact roles (OpenAPI v8 "deal-contact-roles"): one call for each deal, to read and to write.

A deal's `Contact_Name` is one of its people too, whether or not it has a role. Zoho wants a role with each; the one that says least is taken.
"""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.failures import RequestFailed
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.records import Link

ROLES = "Contact_Roles"
PRIMARY = "Contact_Name"
SAYING_LITTLE = ("contact", "other", "unknown", "participant", "influencer")
"""Names of roles that claim little about a person, the best first."""


def people(client: ZohoClient, deal: str) -> list[Link]:
    """All pages of one deal's contact roles."""
    found: list[Link] = []
    query = {"fields": "id"}
    while True:
        try:
            answer = client.get(f"Deals/{deal}/{ROLES}", query)
        except RequestFailed as error:  # the deal has gone meanwhile
            if error.status not in (400, 404):
                raise
            return []
        found += [Link(ROLES, deal, str(row["id"])) for row in answer.get("data") or ()]
        info = answer.get("info") or {}
        if not info.get("more_records"):
            return found
        token = info.get("next_page_token")
        further = {"page_token": str(token)} if token else {"page": str(int(info.get("page") or 1) + 1)}
        query = {"fields": "id", **further}


def default_role(client: ZohoClient) -> dict[str, Any]:
    """The role that people get whose role is not known. Raises `ConfigurationError` where the organisation has none."""
    roles = sorted(client.get("contacts/roles").get("contact_roles") or [], key=lambda role: role["sequence_number"])
    if not roles:
        raise ConfigurationError(
            "Zoho has no contact roles; make one (Setup > Customization > Contact Roles), then run this again."
        )
    by_name = {str(role["name"]).strip().casefold(): role for role in roles}
    return dict(next((by_name[name] for name in SAYING_LITTLE if name in by_name), roles[0]))
