"""The options of fields with choices: add, rename, remove (API reference v2 "options" of the fields). Records keep an option's number, not its label."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from sdrbot_skills.crm.admintools import Call, Change, Request, changes
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.crm.pipedrive.admin_tools.definitions import (
    CHOOSING,
    Kind,
    custom,
    definition,
    own_kind,
    path_of,
    whole,
)
from sdrbot_skills.crm.pipedrive.client import PipedriveClient
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Option


class Replacing(NamedTuple):
    """What makes one list of options of another; `back`: the former list, as text; `gone`: the labels that go."""

    requests: list[Request]
    says: list[str]
    gone: list[str]
    back: str


def replacing(there: dict[str, Any], wanted: Sequence[Option], path: str) -> Replacing:
    """The requests that give a field exactly these options; present ones are known by number or label."""
    _check_choosing(there)
    present = {str(one["id"]): str(one["label"]) for one in there["options"] or ()}
    numbers = {label.casefold(): number for number, label in present.items()} | {number: number for number in present}
    kept = {numbers[option.value.casefold()]: option.label for option in wanted if option.value.casefold() in numbers}
    # `31` alone keeps option 31 as it is called.
    renamed = {number: label for number, label in kept.items() if label not in (present[number], number)}
    new = [option.label for option in wanted if option.value.casefold() not in numbers]
    gone = [number for number in present if number not in kept]
    requests, says = [], []
    if new:
        requests.append(Request("POST", f"{path}/options", [{"label": label} for label in new]))
        says.append(f"gets the options {', '.join(new)}")
    if renamed:
        body = [{"id": int(number), "label": label} for number, label in renamed.items()]
        requests.append(Request("PATCH", f"{path}/options", body))
        says.append("shows " + ", ".join(f"{present[number]} as {label}" for number, label in renamed.items()))
    if gone:
        requests.append(Request("DELETE", f"{path}/options", [{"id": int(number)} for number in gone]))
        says.append(f"loses the options {', '.join(present[number] for number in gone)}, also where records have one")
    back = json.dumps([{"value": number, "label": label} for number, label in present.items()])
    return Replacing(requests, says, [present[number] for number in gone], back)


@changes
def add_field_options(client: PipedriveClient, object_type: str, field_id: int, options: str) -> Change:
    """Add options to an enum or set, by label: `Gold, Silver`. Those that are there, whatever their case, are not added again."""
    kind, there = _choosing(client, object_type, field_id)
    known = {str(one["label"]).strip().casefold() for one in there["options"] or ()}
    new = [option.label for option in read_options(options) if option.label.strip().casefold() not in known]
    request = Request("POST", f"{path_of(kind, there)}/options", [{"label": label} for label in new])
    return Change(
        requests=[request] if new else [],
        says=f"The field {there['name']} of {kind.plural} gets {len(new)} options: {', '.join(new)}.",
        before=whole(there)["options"],
        undo=lambda answers: Call(
            "pipedrive_admin_remove_field_options",
            {
                "object_type": object_type,
                "field_id": field_id,
                "option_ids": ", ".join(str(one["id"]) for one in answers[-1]["data"]),
            },
        ),
        shape=lambda answers: whole(definition(client, kind, field_id)),
    )


@changes
def rename_field_option(
    client: PipedriveClient, object_type: str, field_id: int, option_id: int, new_label: str
) -> Change:
    """Call an option otherwise; records that have it keep it."""
    kind, there = _choosing(client, object_type, field_id)
    present = _present(there, [option_id])[0]["label"]
    back = {"object_type": object_type, "field_id": field_id, "option_id": option_id, "new_label": present}
    request = Request("PATCH", f"{path_of(kind, there)}/options", [{"id": option_id, "label": new_label}])
    return Change(
        requests=[request] if new_label != present else [],
        says=f"The option {present} of {there['name']} ({kind.plural}) is called {new_label}.",
        before={"id": option_id, "label": present},
        undo=Call("pipedrive_admin_rename_field_option", back),
        shape=lambda answers: whole(definition(client, kind, field_id)),
    )


@changes
def remove_field_options(client: PipedriveClient, object_type: str, field_id: int, option_ids: str) -> Change:
    """Take options (their numbers, with commas between) away; records that had one have none then, and this cannot be taken back."""
    kind, there = _choosing(client, object_type, field_id)
    gone = _present(there, _numbers(option_ids))
    body = [{"id": one["id"]} for one in gone]
    return Change(
        requests=[Request("DELETE", f"{path_of(kind, there)}/options", body)],
        says=f"The field {there['name']} of {kind.plural} loses {', '.join(str(one['label']) for one in gone)}, also where records have one.",
        before=whole(there)["options"],
        destructive=True,
        shape=lambda answers: whole(definition(client, kind, field_id)),
    )


def _choosing(client: PipedriveClient, object_type: str, field_id: int) -> tuple[Kind, dict[str, Any]]:
    kind = own_kind(object_type)
    there = custom(client, kind, field_id)
    _check_choosing(there)
    return kind, there


def _check_choosing(there: dict[str, Any]) -> None:
    if there["field_type"] not in CHOOSING:
        raise ConfigurationError(f"{there['name']} has no options: it is of type {there['field_type']}.")


def _numbers(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isdigit() for part in parts):
        raise ConfigurationError(f"Options are named by their numbers, with commas between, not by {text!r}.")
    return [int(part) for part in dict.fromkeys(parts)]


def _present(there: dict[str, Any], numbers: Sequence[int]) -> list[dict[str, Any]]:
    known = {one["id"]: one for one in there["options"] or ()}
    if strangers := [str(number) for number in numbers if number not in known]:
        shown = ", ".join(f"{one['id']} {one['label']}" for one in known.values())
        raise ConfigurationError(f"{there['name']} has no option {', '.join(strangers)}. It has: {shown}.")
    return [known[number] for number in numbers]


TOOLS = (add_field_options, rename_field_option, remove_field_options)
