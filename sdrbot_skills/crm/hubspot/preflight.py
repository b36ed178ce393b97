"""What a HubSpot key may see and write, and how much of the account's limits is left.

HubSpot names the missing scope when it refuses, so reading is tried. Nothing tells what a key may write without writing: where the
broker knows the key's scopes (`Connection.facts["scopes"]`) they are the evidence, else that is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.failures import Missing, NoPermission
from sdrbot_skills.crm.hubspot.objects import STANDARD
from sdrbot_skills.errors import ConfigurationError, Refused
from sdrbot_skills.model.schema import Allowance, Blindness, Preflight


class Check:
    """The preflight of one connection."""

    def __init__(self, client: HubSpotClient) -> None:
        self._client = client

    def run(self, object_names: Sequence[str]) -> Preflight:
        """Blindness per object, then the account's daily calls and record limits."""
        blind: list[Blindness] = []
        for name in object_names:
            blind += self._unreadable(name) + self._unwritable(name) + self._hidden_properties(name)
        allowances = self._daily() + self._records(object_names)
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
        return [Blindness(subject=object_name, message=message, cure=f"Give the key the scope {scope}.")]

    def _hidden_properties(self, object_name: str) -> list[Blindness]:
        found = []
        for sensitivity in ("sensitive", "highly_sensitive"):
            try:
                self._client.get(self._client.paths.properties(object_name), [("dataSensitivity", sensitivity)])
            except NoPermission as error:
                words = sensitivity.replace("_", " ")
                message = (
                    f"{words.capitalize()} properties of {object_name}, if there are any, stay invisible to this key."
                )
                found.append(Blindness(subject=f"{object_name} ({words})", message=message, cure=_scopes(error)))
            except Missing:
                return []
        return found

    def _daily(self) -> list[Allowance]:
        return [
            Allowance(
                name="calls today",
                unit="calls",
                limit=float(entry["usageLimit"]),
                remaining=float(entry["usageLimit"]) - float(entry["currentUsage"]),
                resets_at=datetime.fromisoformat(entry["resetsAt"]).timestamp() if entry.get("resetsAt") else None,
            )
            for entry in self._optional(self._client.paths.account("api-usage", "daily", "private-apps"))
            if entry.get("usageLimit") is not None
        ]

    def _records(self, object_names: Sequence[str]) -> list[Allowance]:
        type_ids = {STANDARD[name].type_id: name for name in object_names if name in STANDARD}
        return [
            Allowance(
                name=f"records of {type_ids[entry['objectTypeId']]}",
                unit="records",
                limit=float(entry["limit"]),
                remaining=float(entry["limit"]) - float(entry.get("usage") or 0),
            )
            for entry in self._optional(self._client.paths.limits("records"))
            if entry.get("objectTypeId") in type_ids and entry.get("limit") is not None
        ]

    def _optional(self, path: str) -> list[dict[str, Any]]:
        """Figures that not every account or key is shown; without them the forecast uses the published ones."""
        try:
            answer = self._client.get(path)
        except (NoPermission, Missing, Refused):
            return []
        if not isinstance(answer, dict):
            raise ConfigurationError(f"HubSpot answered {path} in a form that is not known.")
        return list(answer.get("results") or answer.get("byObjectType") or ())


def _scopes(error: NoPermission) -> str:
    return f"Give the key one of the scopes {', '.join(error.scopes)}." if error.scopes else ""
