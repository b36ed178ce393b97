"""The shared vocabulary, and how each CRM spells it.

A CRM's folder holds `standard_fields.yaml`:

    contacts:                  # the vendor's object
      standard: person         # what it is in the vocabulary
      fields:
        first_name: firstname  # vocabulary name: API name
    leads:
      standard: lead
      vocabulary: person       # whose field names it uses, where that is not the object's own
      fields: {...}
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML


@cache
def vocabulary() -> dict[str, dict[str, dict[str, Any]]]:
    """The vocabulary itself: standard object -> field -> `{kind, label, ...}`; under `links`, the standard links."""
    text = files("sdrbot_skills.crm").joinpath("vocabulary.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))


@cache
def standard_fields(crm: str) -> dict[str, dict[str, str]]:
    """Of each vendor object, the standard name of an API name: `{"contacts": {"firstname": "person.first_name"}}`."""
    return {
        name: {
            api_name: f"{_vocabulary_of(entry)}.{field}"
            for field, names in entry.get("fields", {}).items()
            for api_name in ([names] if isinstance(names, str) else names)
        }
        for name, entry in _entries(crm).items()
    }


def first_of_each(names: Mapping[str, str], there: Collection[str]) -> dict[str, str]:
    """Of `standard_fields` of an object, the API names that are there, one for each standard name."""
    found: dict[str, str] = {}
    for api_name, standard in names.items():
        if api_name in there and standard not in found.values():
            found[api_name] = standard
    return found


@cache
def standard_objects(crm: str) -> dict[str, str]:
    """What each vendor object is in the vocabulary: `{"contacts": "person"}`."""
    return {name: entry["standard"] for name, entry in _entries(crm).items()}


@cache
def _entries(crm: str) -> dict[str, dict[str, Any]]:
    text = files(f"sdrbot_skills.crm.{crm}").joinpath("standard_fields.yaml").read_text(encoding="utf-8")
    return dict(YAML(typ="safe").load(text))


def _vocabulary_of(entry: dict[str, Any]) -> str:
    return str(entry.get("vocabulary", entry["standard"]))
