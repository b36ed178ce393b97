"""From a describe answer back to the facts it was made of: the other way round of `describe.describe_field`."""

from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

from sdrbot_skills.lab.salesforce.schema import Field, Option, SObject

Doc = dict[str, Any]
_SAME = ("name", "label", "type", "length", "precision", "scale", "digits", "nillable", "createable", "updateable",
         "permissionable", "custom", "unique", "calculated")  # fmt: skip
_CALLED = {
    "bytes": "byteLength", "defaulted_on_create": "defaultedOnCreate", "restricted": "restrictedPicklist",
    "to": "referenceTo", "relationship": "relationshipName", "polymorphic": "polymorphicForeignKey",
    "prefilterable": "searchPrefilterable", "part_of": "compoundFieldName", "extra": "extraTypeInfo",
    "name_field": "nameField", "external_id": "externalId", "case_sensitive": "caseSensitive",
    "auto_number": "autoNumber", "cascade_delete": "cascadeDelete", "html": "htmlFormatted", "help_text": "inlineHelpText",
}  # fmt: skip
_KEPT = frozenset({"children", "indexed", "id", "metadata"})
_FACTS = {one.name for one in fields(Field)} - _KEPT


def facts_of(raw: Doc) -> Doc:
    """What a `Field` is made of, as plain JSON."""
    made: Doc = {name: raw[name] for name in _SAME} | {name: raw[told] for name, told in _CALLED.items()}
    made["default"] = None if raw["type"] == "boolean" else raw["defaultValue"]
    made["id_lookup"] = raw["idLookup"] and not raw["externalId"]
    made["options"] = [
        {"value": one["value"], "label": one["label"], "active": one["active"], "default": one["defaultValue"]}
        for one in raw["picklistValues"]
    ]
    return made


def field_of(facts: Doc) -> Field:
    """The field; one that records are looked up by is indexed."""
    more = {"options": tuple(Option(**one) for one in facts["options"]), "to": tuple(facts["to"])}
    return Field(**{**facts, **more}, indexed=facts["id_lookup"])


def overlaid(standard: SObject | None, name: str, doc: Doc) -> SObject:
    """An object as it was described, with what describe does not tell from the standard one. `doc`: label, plural, prefix and fields' facts."""
    known = standard.fields if standard else {}
    found = {facts["name"]: _overlaid(known.get(facts["name"]), field_of(facts)) for facts in doc["fields"]}
    prefix, flags = (standard.prefix, standard.flags) if standard else (doc["prefix"], frozenset[str]())
    return SObject(name, doc["label"], doc["plural"], prefix, flags, found)


def _overlaid(standard: Field | None, told: Field) -> Field:
    if standard is None:
        return told
    taken = {name: getattr(told, name) for name in _FACTS}
    if standard.type == "id_text":  # described as a string
        taken["type"] = "id_text"
    return replace(standard, **taken)


def described_objects(standard: Iterable[SObject], described: dict[str, Doc]) -> list[SObject]:
    """Every object: those described as they were told, the others as they are."""
    by_name = {one.name: one for one in standard}
    told = [overlaid(by_name.get(name), name, doc) for name, doc in described.items()]
    return [*(one for name, one in by_name.items() if name not in described), *told]
