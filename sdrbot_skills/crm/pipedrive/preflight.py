"""What a Pipedrive user may see and write, and how much of the day's tokens is left.

A token acts as one user, and what that user may not see is absent without a word (lists are shorter). What can be known is asked: whether
the user is an administrator of deals, and the user's permissions (API reference "Users").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.pipedrive.client import PipedriveClient
from sdrbot_skills.crm.pipedrive.failures import NoPermission
from sdrbot_skills.crm.pipedrive.objects import STANDARD
from sdrbot_skills.errors import Refused
from sdrbot_skills.model.schema import Allowance, Blindness, Preflight

LIMIT, LEFT = "x-daily-ratelimit-token-limit", "x-daily-ratelimit-token-remaining"


class Check:
    """The preflight of one connection."""

    def __init__(self, client: PipedriveClient) -> None:
        self._client = client

    def run(self, object_names: Sequence[str]) -> Preflight:
        me = self._client.get(f"{self._client.v1}/users/me")["data"]
        blind: list[Blindness] = []
        for name in object_names:
            blind += self._unreadable(name)
        if not _is_administrator(me):
            blind.append(
                Blindness(
                    subject="records of other people",
                    message="The user of this key is no administrator of deals: what others own and do not share is missing without a sign.",
                    cure="Use the key of a deals administrator.",
                )
            )
        if self._client.connection.role != "source":
            blind += self._unwritable(str(me["id"])) + _of_targets()
        return Preflight(account=self._client.connection.account, blind=tuple(blind), allowances=tuple(self._tokens()))

    def _unreadable(self, object_name: str) -> list[Blindness]:
        if object_name not in STANDARD:
            message = f"Pipedrive has no object {object_name} here."
            return [Blindness(subject=object_name, message=message, blocks=True)]
        try:
            self._client.get(f"{self._client.home(v1=STANDARD[object_name].v1)}/{object_name}", [("limit", "1")])
        except NoPermission:
            message = f"This Pipedrive key cannot read {object_name}."
            return [Blindness(subject=object_name, message=message, cure="Use an administrator's key.", blocks=True)]
        return []

    def _unwritable(self, user_id: str) -> list[Blindness]:
        try:
            rights = self._client.get(f"{self._client.v1}/users/{user_id}/permissions")["data"] or {}
        except (NoPermission, Missing, Refused):
            return []
        missing = {
            "can_add_custom_fields": "cannot make custom fields, and so no migration key",
            "can_change_visibility_of_items": "cannot set who sees a record",
            "can_delete_deals": "cannot delete deals, so that an undo would leave them",
        }
        return [
            Blindness(subject=right, message=f"The user of this key {words}.", cure="Use an administrator's key.")
            for right, words in missing.items()
            if rights.get(right) is False
        ]

    def _tokens(self) -> list[Allowance]:
        """The day's tokens, shared by everything the company has connected; the headers are not always there."""
        told = self._client.allowances
        if not told.get(LIMIT, "").isdigit() or not told.get(LEFT, "").isdigit():
            return []
        limit, remaining = float(told[LIMIT]), float(told[LEFT])
        return [Allowance(name="tokens today", unit="tokens", limit=limit, remaining=remaining)]


def _is_administrator(me: dict[str, Any]) -> bool:
    return any(entry.get("app") == "sales" and entry.get("admin") for entry in me.get("access") or ())


def _of_targets() -> list[Blindness]:
    """What nothing can be asked about, and what follows for a run that writes."""
    return [
        Blindness(
            subject="automations",
            message="Pipedrive runs automations, webhooks and e-mail sequences for what a program writes, too, and cannot be told not to.",
            cure="Pause them until the migration is done.",
        ),
        Blindness(
            subject="who sees the records",
            message="Records that the plan gives no `visible_to` get the default of this key's user; what 3 means depends on Pipedrive's plan.",
            cure="Look at one record of the pilot with another user.",
        ),
    ]
