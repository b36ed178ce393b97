"""Options of choice fields one by one; Twenty itself knows only the whole list."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Call, Change, Request, changes, reads
from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.crm.twenty.admin_tools.definitions import Entry, field_of, ordered, told_option, whole
from sdrbot_skills.crm.twenty.admin_tools.optionlists import as_text, need_choice, removal, replaced
from sdrbot_skills.crm.twenty.admin_tools.sending import path, unwrapped
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Option


@reads
def list_options(client: TwentyClient, field_id: str) -> list[dict[str, Any]]:
    """The options of a choice field: `opportunities.stage` for the stages of opportunities. `value` is what records hold."""
    return [told_option(option) for option in ordered(field_of(client, field_id)[1])]


@changes
def add_options(client: TwentyClient, field_id: str, options: str) -> Change:
    """Add options to a choice field, keeping those it has. `options`: `Gold, Silver` or `GOLD=Gold, SILVER=Silver`."""
    owner, there = field_of(client, field_id)
    need_choice(owner.plural, there)
    known = ordered(there)
    fresh = replaced(there, [*_as_options(known), *read_options(options)])[len(known) :]
    values = {one["value"] for one in known}
    added = [one for one in fresh if one["value"] not in values]
    what = f"Adds {', '.join(one['label'] for one in added)} to" if added else "Nothing new for"
    return _replacing(owner.plural, there, [*known, *added] if added else [], f"{what} the options of")


@changes
def rename_option(client: TwentyClient, field_id: str, value: str, label: str) -> Change:
    """Change the label of an option; records keep its value."""
    owner, there = field_of(client, field_id)
    _option(owner.plural, there, value)
    renamed = [{**one, "label": label} if one["value"] == value else one for one in ordered(there)]
    return _replacing(owner.plural, there, renamed, f"Calls the option {value} {label} in")


@changes
def remove_options(client: TwentyClient, field_id: str, options: str) -> Change:
    """Remove options from a choice field. Records that have one lose it: they get the field's default, or nothing. `options`: their values."""
    owner, there = field_of(client, field_id)
    chosen = {_option(owner.plural, there, one.value)["value"] for one in read_options(options)}
    kept = [one for one in ordered(there) if one["value"] not in chosen]
    gone = removal(client, owner.plural, there, kept)
    return _replacing(owner.plural, there, kept, f"Removes {', '.join(sorted(chosen))} from the options of", gone)


def _replacing(plural: str, there: Entry, options: list[dict[str, Any]], what: str, gone: str = "") -> Change:
    body = {"options": options}
    return Change(
        requests=[Request("PATCH", path("fields", there["id"]), body)] if options else [],
        says=f"{what} {there['label']} ({plural}.{there['name']}).{gone}",
        before=[told_option(option) for option in ordered(there)],
        undo=Call("twenty_admin_update_field", {"field_id": there["id"], "options": as_text(there)}),
        destructive=bool(gone),
        shape=lambda answers: whole(plural, unwrapped(answers[0])),
    )


def _option(plural: str, there: Entry, value: str) -> dict[str, Any]:
    need_choice(plural, there)
    for one in ordered(there):
        if one["value"] == value:
            return one
    values = ", ".join(one["value"] for one in ordered(there))
    raise ConfigurationError(f"{plural}.{there['name']} has no option {value!r}. It has: {values}.")


def _as_options(known: list[dict[str, Any]]) -> list[Option]:
    return [Option(value=one["value"], label=one["label"]) for one in known]


TOOLS = (list_options, add_options, rename_option, remove_options)
