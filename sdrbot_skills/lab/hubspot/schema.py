"""The account's schema as the record writers need it: types, compiled checks, unique properties, stages.

Read from the store and kept until something in it changes (`Store.version`).
"""

from functools import cached_property
from typing import Any

from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.hubspot.errors import invalid
from sdrbot_skills.lab.hubspot.types import STANDARD, ObjectType
from sdrbot_skills.lab.hubspot.values import Check, check_for, text

Definition = dict[str, Any]


class Layout:
    """Everything about one object type, computed when first asked for."""

    def __init__(self, store: Store, kind: ObjectType) -> None:
        self._store = store
        self.kind = kind

    @cached_property
    def properties(self) -> dict[str, Definition]:
        """Not archived ones, by name."""
        everything = self._store.things(f"property/{self.kind.name}")
        return {name: definition for name, definition in everything.items() if not definition["archived"]}

    @cached_property
    def checks(self) -> dict[str, Check]:
        owners = frozenset(self._store.things("owner"))
        return {name: check_for(definition, owners) for name, definition in self.properties.items()}

    @cached_property
    def sensitive(self) -> dict[str, str]:
        """Property -> "sensitive" or "highly_sensitive"."""
        found = {name: d["dataSensitivity"] for name, d in self.properties.items()}
        return {name: sensitivity for name, sensitivity in found.items() if sensitivity != "non_sensitive"}

    @cached_property
    def plain(self) -> frozenset[str]:
        """Properties whose text is only checked for its length."""
        return frozenset(name for name, check in self.checks.items() if check is text)

    @cached_property
    def read_only(self) -> frozenset[str]:
        names = self.properties.items()
        return frozenset(n for n, d in names if d["calculated"] or d["modificationMetadata"]["readOnlyValue"])

    @cached_property
    def multiple(self) -> frozenset[str]:
        return frozenset(name for name, d in self.properties.items() if d["fieldType"] == "checkbox")

    @cached_property
    def unique(self) -> tuple[str, ...]:
        """Properties whose value belongs to one record; a contact's e-mail is one of them."""
        own = [name for name, definition in self.properties.items() if definition["hasUniqueValue"]]
        return ("email", *own) if self.kind.name == "contacts" else tuple(own)

    @cached_property
    def keyed(self) -> tuple[str, ...]:
        """Properties that are indexed: the unique ones, and a company's domain."""
        return (*self.unique, "domain") if self.kind.name == "companies" else self.unique

    @cached_property
    def stages(self) -> dict[str, dict[str, Definition]]:
        """pipeline id -> stage id -> stage."""
        pipelines = self._store.things(f"pipeline/{self.kind.name}").values()
        ordered = sorted(pipelines, key=lambda pipeline: (pipeline["displayOrder"], pipeline["id"]))
        return {p["id"]: {stage["id"]: stage for stage in p["stages"]} for p in ordered if not p["archived"]}

    @cached_property
    def lifecycle(self) -> dict[str, int]:
        """Lifecycle stage -> its place; values move forward only."""
        definition = self.properties.get("lifecyclestage")
        return {option["value"]: i for i, option in enumerate(definition["options"])} if definition else {}

    @cached_property
    def required(self) -> Definition:
        """Rules that the 2026-09 version enforces: {"create": [...], "conditional": [{"if": {...}, "then": [...]}]}."""
        default = {"create": ["dealname", "dealstage"] if self.kind.name == "deals" else [], "conditional": []}
        return self._store.thing("required", self.kind.name) or default


class Schema:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._version = -1
        self._layouts: dict[str, Layout] = {}
        self._names: dict[str, ObjectType] = {}

    def kind(self, name: str) -> ObjectType:
        """By path name, singular, or type id; raises the 400 that HubSpot answers for an unknown type."""
        self._refresh()
        kind = self._names.get(name) or self._names.get(name.lower())
        if kind is None:
            raise invalid(f"Unable to infer object type from: {name}")
        return kind

    def kinds(self) -> list[ObjectType]:
        self._refresh()
        return list(dict.fromkeys(self._names.values()))

    def layout(self, kind: ObjectType) -> Layout:
        self._refresh()
        layout = self._layouts.get(kind.name)
        if layout is None:
            layout = self._layouts[kind.name] = Layout(self._store, kind)
        return layout

    def _refresh(self) -> None:
        if self._version == self._store.version:
            return
        self._version = self._store.version
        self._layouts = {}
        self._names = {}
        custom = [entry for entry in self._store.things("custom_object").values() if not entry["archived"]]
        for kind in (*STANDARD.values(), *map(_custom, custom)):
            for name in (kind.name, kind.singular, kind.type_id):
                self._names[name] = kind


def _custom(definition: Definition) -> ObjectType:
    return ObjectType(
        definition["fullyQualifiedName"],
        definition["name"],
        definition["objectTypeId"],
        ("hs_createdate", "hs_lastmodifieddate", "hs_object_id", definition["primaryDisplayProperty"]),
        scope="custom",
        custom=True,
    )
