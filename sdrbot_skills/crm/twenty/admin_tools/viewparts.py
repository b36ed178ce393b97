"""What views, columns, filters, sorts and groups have in common (the workspace's own OpenAPI document, `/rest/open-api/metadata`).

Their lists come bare, as `{"data": [...]}` or as `{"data": {"viewFields": [...]}}`, depending on the age of server and workspace.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, wording
from sdrbot_skills.crm.failures import Missing
from sdrbot_skills.crm.twenty.admin_tools.definitions import field_of
from sdrbot_skills.crm.twenty.admin_tools.sending import path, unwrapped
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.schema import TwentyObject
from sdrbot_skills.errors import ConfigurationError

PAGE = "200"
Entry = Mapping[str, Any]
Told = Callable[[Entry], Any]
"""What a tool says of an entry."""


def rows(client: TwentyClient, kind: str, **query: str) -> list[dict[str, Any]]:
    """All of a kind (`views`, `viewFields`, ...) that fit, by position."""
    found: dict[str, dict[str, Any]] = {}
    after: dict[str, str] = {}
    while True:
        answer = client.get(path(kind), {"limit": PAGE, **query, **after})
        page = answer["data"] if isinstance(answer, dict) else answer
        listed = page[kind] if isinstance(page, dict) else page
        fresh = {one["id"]: one for one in listed if not one.get("deletedAt")}
        done = fresh.keys() <= found.keys()
        found |= fresh
        info = answer.get("pageInfo") or {} if isinstance(answer, dict) else {}
        if done or not info.get("hasNextPage"):
            return sorted(found.values(), key=lambda one: one.get("position") or 0)
        after = {"starting_after": info["endCursor"]}


def one(client: TwentyClient, kind: str, thing_id: str) -> dict[str, Any]:
    """One of a kind. Raises `ConfigurationError` where there is none."""
    try:
        return unwrapped(client.get(path(kind, thing_id)))
    except Missing:
        raise ConfigurationError(
            f"This Twenty workspace has nothing with the id {thing_id!r} among its {kind}."
        ) from None


def column_field(client: TwentyClient, view: Entry, field_id: str) -> tuple[TwentyObject, Entry]:
    """The field that a part of a view is about: its id, or object and name, or the name alone. It has to be one of the view's object."""
    owner, entry = field_of(client, field_id)
    if owner.doc["id"] != view["objectMetadataId"]:
        raise ConfigurationError(
            f"{owner.plural}.{entry['name']} is no field of the object that the view {view['name']} shows."
        )
    return owner, entry


def made(kind: str, body: Entry, says: str, undo: str, told: Told) -> Change:
    """A new one. `undo`: the tool that removes it, by the parameter of the same name: `view_field` for `delete_view_field(view_field_id)`."""
    return Change(
        requests=[Request("POST", path(kind), dict(body))],
        says=says,
        undo=lambda answers: Call(f"twenty_admin_delete_{undo}", {f"{undo}_id": unwrapped(answers[0])["id"]}),
        shape=lambda answers: told(unwrapped(answers[0])),
    )


def changed(
    kind: str, there: Entry, body: Entry, what: str, noun: str, wanted: Entry, before: Entry, told: Told
) -> Change:
    """A changed one. `noun`: as in `update_view_field(view_field_id)`, which is the way back too; `wanted`, `before`: its arguments."""
    return Change(
        requests=[Request("PATCH", path(kind, there["id"]), dict(body))],
        says=f"Changes {what}: {wording(before, wanted)}.",
        before=dict(before),
        undo=Call(f"twenty_admin_update_{noun}", {f"{noun}_id": there["id"], **before}),
        shape=lambda answers: told(unwrapped(answers[0])),
    )


def removed(kind: str, there: Entry, says: str, before: Any, undo: Call | None) -> Change:
    """One removed."""
    return Change(
        requests=[Request("DELETE", path(kind, there["id"]))],
        says=says,
        before=before,
        undo=undo,
        destructive=undo is None,
        shape=lambda answers: {"removed": there["id"]},
    )
