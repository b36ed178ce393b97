"""The whole list of a choice's options, as Twenty wants it at every change: those that stay with their ids, and what leaving one out does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sdrbot_skills.crm.optiontext import read_options
from sdrbot_skills.crm.optionvalues import upper_snake
from sdrbot_skills.crm.twenty.admin import spelled
from sdrbot_skills.crm.twenty.admin_tools.definitions import Entry, ordered
from sdrbot_skills.crm.twenty.admin_tools.sending import count, counted
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.model.schema import Option

CHOICES = ("SELECT", "MULTI_SELECT")


def need_choice(plural: str, entry: Entry) -> None:
    """Raises `ConfigurationError` where a field has no options of its own."""
    if entry["type"] not in CHOICES:
        raise ConfigurationError(f"{plural}.{entry['name']} is a {entry['type']} field; it has no options to change.")


def replaced(entry: Entry, wanted: Iterable[Option], *, labelled: bool = False) -> list[dict[str, Any]]:
    """The list that is wanted. What is there already is known by its value or label, and keeps id and colour; its label too, where the wanted
    one only repeats the value and is not `labelled` on purpose."""
    there, result = ordered(entry), list[dict[str, Any]]()
    for option in wanted:
        known = next((one for one in there if _same(one, option)), None)
        if known is None:
            (fresh,) = spelled([option], [one["value"] for one in (*there, *result)], len(result))
            result.append(fresh)
        else:
            named = labelled or option.label != option.value
            label = option.label.replace(",", ";") if named else known["label"]
            result.append({**known, "label": label, "position": len(result)})
    return result


def _same(known: dict[str, Any], option: Option) -> bool:
    return known["value"] in (option.value, upper_snake(option.value)) or known["label"] == option.label


def removal(client: TwentyClient, plural: str, entry: Entry, options: list[dict[str, Any]]) -> str:
    """What a new list leaves out, and how many records have one of these; empty where it leaves out none."""
    kept = {one["value"] for one in options}
    gone = [one["value"] for one in ordered(entry) if one["value"] not in kept]
    if not gone:
        return ""
    operator = "containsAny" if entry["type"] == "MULTI_SELECT" else "in"
    number = count(client, plural, f"{entry['name']}[{operator}]:[{','.join(gone)}]")
    default = entry.get("defaultValue")
    instead = f"become {default}" if default else "become empty"
    return f" The options {', '.join(gone)} go; {counted(number, plural)} have one of them and {instead}."


def read_list(entry: Entry, text: str) -> list[dict[str, Any]]:
    """The list that a person or `as_text` wrote."""
    return replaced(entry, read_options(text), labelled='"label"' in text)


def as_text(entry: Entry) -> str:
    """The options of a definition as a tool takes them."""
    return json.dumps([{"value": one["value"], "label": one["label"]} for one in ordered(entry)], ensure_ascii=False)
