"""What a HubSpot key may see and write, and how much of the account's limits is left.

HubSpot names the missing scope when it refuses, so reading is tried. Nothing tells what a key may write without writing: where the
broker knows the key's scopes (`Connection.facts["scopes"]`) they are the evidence, else that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import NoPermission
from sdrbot_skills.crm.hubspot.objects import STANDARD
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.schema import Allowance, Blindness, Preflight


class Check:
    """The preflight of one connection."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def run(self, object_names: Sequence[str]) -> Preflight:
        """Blindness per object, then the account's daily calls and record limits."""
        blind: list[Blindness] = []
        readable = []
        for name in object_names:
            unreadable = self._unreadable(name)
            blind += unreadable or [*self._unwritable(name), *self._settings(name)]
            readable += [] if unreadable else [name]
        blind += self._hidden_properties(readable)
        allowances = self._daily() + self._capacity(object_names)
        return Preflight(account=self._client.connection.account, blind=tuple(blind), allowances=tuple(allowances))

    def _unreadable(self, object_name: str) -> list[Blindness]:
        try:
            self._client.get(self._client.paths.objects(object_name), [("limit", "1"), ("properties", "hs_object_id")])
        except NoPermission as error:
            message = f"This HubSpot key cannot read {object_name}."
            return [Blindness(subject=object_name, message=message, cure=_scopes(error), blocks=True)]
        except Missing:
            message = f"This HubSpot account has no object {object_name}."
            return [Blindness(subject=object_name, message=message, blocks=True)]
        return []

    def _unwritable(self, object_name: str) -> list[Blindness]:
        scopes = self._client.connection.facts.get("scopes")
        own = STANDARD.get(object_name)
        if own is None or not isinstance(scopes, list):
            return []
        scope = own.scope if own.name == "tickets" else f"{own.scope}.write"
        if scope in scopes:
            return []
        message = f"This HubSpot key cannot write {object_name}; they can only be the source."
        return [Blindness(subject=object_name, message=message, cure=f"Give the key the scope {scope}.", writing=True)]

    def _hidden_properties(self, object_names: Sequence[str]) -> list[Blindness]:
        """One note for all objects and both degrees of sensitivity: it is one thing to know and one set of scopes to give."""
        hidden: list[str] = []
        cures: list[str] = []
        for name in object_names:
            for sensitivity in ("sensitive", "highly_sensitive"):
                try:
                    self._client.get(self._client.paths.properties(name), [("dataSensitivity", sensitivity)])
                except NoPermission as error:
                    hidden.append(f"{name} ({sensitivity.replace('_', ' ')})")
                    cures += error.scopes[:1]
                except Missing:
                    break
        if not hidden:
            return []
        message = f"Properties marked sensitive, if there are any, stay invisible to this key: of {', '.join(hidden)}."
        cure = (
            f"If you have such properties, give the key the scopes {', '.join(dict.fromkeys(cures))}." if cures else ""
        )
        return [Blindness(subject="sensitive properties", message=message, cure=cure)]

    def _settings(self, object_name: str) -> list[Blindness]:
        """Two switches of the account that no program can read, and that decide what creating records sets off."""
        if object_name != "contacts" or self._client.connection.role == "source":
            return []
        found = [
            Blindness(
                subject="contacts (companies made by HubSpot)",
                message="HubSpot may make a company from a new contact's e-mail domain by itself, beside the migrated ones.",
                cure="Switch off 'Create and associate companies with contacts' in HubSpot's settings until the migration is done.",
                writing=True,
            )
        ]
        try:
            self._client.get(self._client.paths.properties("contacts", "hs_marketable_status"))
        except (Missing, NoPermission):
            return found
        billed = Blindness(
            subject="contacts (marketing status)",
            message="Whether contacts made by this key become marketing contacts, which HubSpot bills, is a switch in HubSpot.",
            cure="Look at Settings > Integrations > Marketing contacts before the run; the usual setting is off.",
            writing=True,
        )
        return [*found, billed]

    # -- what is left -------------------------------------------------------------------------------------------------

    def _daily(self) -> list[Allowance]:
        answer = self._optional(self._client.paths.account("api-usage", "daily", "private-apps"))
        return [
            Allowance(
                name="calls today",
                unit="calls",
                limit=float(entry["usageLimit"]),
                remaining=float(entry["usageLimit"]) - float(entry["currentUsage"]),
            )
            for entry in answer.get("results") or ()
            if entry.get("usageLimit") is not None
        ]

    def _capacity(self, object_names: Sequence[str]) -> list[Allowance]:
        """How many more records and custom properties the account takes (HubSpot's guide "Limits tracking")."""
        records = self._optional(self._client.paths.limits("records"))
        properties = self._optional(self._client.paths.limits("custom-properties"))
        entries = [("records", entry) for entry in records.get("hubspotDefinedObjectTypes") or ()]
        entries += [("custom properties", entry) for entry in properties.get("byObjectType") or ()]
        names = {STANDARD[name].type_id: name for name in object_names if name in STANDARD}
        return [
            Allowance(
                name=f"{unit} of {names[entry['objectTypeId']]}",
                unit=unit,
                limit=float(entry["limit"]),
                remaining=float(entry["limit"]) - float(entry.get("usage") or 0),
            )
            for unit, entry in entries
            if entry.get("objectTypeId") in names and entry.get("limit") is not None
        ]

    def _optional(self, path: str) -> dict[str, Any]:
        """Figures that not every account or key is shown; without them the forecast uses the published ones."""
        try:
            answer = self._client.get(path)
        except (NoPermission, Missing, Refused):
            return {}
        return answer if isinstance(answer, dict) else {}


def _scopes(error: NoPermission) -> str:
    return f"Give the key one of the scopes {', '.join(error.scopes)}." if error.scopes else ""
