"""What an Attio token may see and write (Attio's pages "Identify", "Authentication"). Its scopes are known from `/v2/self`."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.crm.attio.client import AttioClient
from sdrbot_skills.crm.attio.failures import NoPermission
from sdrbot_skills.model.schema import Blindness, Preflight

READ_SCOPES = ("object_configuration", "record_permission", "user_management")


class Check:
    """The preflight of one connection."""

    def __init__(self, client: AttioClient) -> None:
        self._client = client

    def run(self, object_names: Sequence[str]) -> Preflight:
        """Missing scopes and objects that are switched off, then what cannot be known. Attio tells no limits."""
        scopes = set(self._client.connection.facts.get("scopes") or ())
        blind = self._scopes(scopes, object_names)
        if not any(one.blocks for one in blind):
            blind += self._objects(object_names)
        return Preflight(account=self._client.connection.account, blind=(*blind, *self._unknowable(object_names)))

    def _scopes(self, scopes: set[str], object_names: Sequence[str]) -> list[Blindness]:
        found = [
            Blindness(
                subject=", ".join(object_names),
                message=f"This Attio token lacks the scope {area}:read.",
                cure=f"Make a token with {area}:read-write.",
                blocks=True,
            )
            for area in READ_SCOPES
            if not {f"{area}:read", f"{area}:read-write"} & scopes
        ]
        if "record_permission:read-write" not in scopes and not found:
            message = "This Attio token cannot write records; they can only be the source."
            cure = "Make a token with record_permission:read-write."
            blocks = self._client.connection.role == "target"
            found.append(Blindness(subject=", ".join(object_names), message=message, cure=cure, blocks=blocks))
        return found

    def _objects(self, object_names: Sequence[str]) -> list[Blindness]:
        try:
            known = {entry["api_slug"] for entry in self._client.get("/v2/objects")}
        except NoPermission as error:
            return [Blindness(subject=", ".join(object_names), message=str(error), blocks=True)]
        return [
            Blindness(
                subject=name,
                message=f"This Attio workspace has no object {name}.",
                cure="An admin switches it on under Workspace settings > Objects; no program can."
                if name == "deals"
                else "",
                blocks=True,
            )
            for name in object_names
            if name not in known
        ]

    def _unknowable(self, object_names: Sequence[str]) -> list[Blindness]:
        found = [
            Blindness(
                subject="records",
                message="Attio counts nothing by itself, so that a partial view cannot be told from a full one.",
                cure="Compare the number of records with the one that the Attio app shows.",
            )
        ]
        if self._client.connection.facts.get("token_level") == "user":
            found.append(
                Blindness(
                    subject="records (one member's view)",
                    message="This Attio token acts for one member of the workspace, and may not see what that member does not see.",
                    cure="Make a token in the workspace settings, which acts for the whole workspace.",
                )
            )
        if "people" in object_names and self._client.connection.role != "source":
            found.append(
                Blindness(
                    subject="people (companies made by Attio)",
                    message="Attio makes a company of a new person's e-mail domain by itself, and links them, where there is none of that domain.",
                    cure="Companies are migrated first, so that the domains are known; the others stay beside the migrated ones.",
                )
            )
        return found
