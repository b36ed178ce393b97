"""Objects and fields of the emulated org: the standard ones from `objects/*.yaml`, custom ones from the store.

In the YAML a field is an ordinary one (nillable, createable, updateable, subject to field-level security) unless its
list `is` says otherwise; the words are the keys of `_WORDS`. `{address: Mailing}` stands for the nine fields of an
address, `{audit: true}` for the fields that the platform fills.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Doc = dict[str, Any]
_FOLDER = Path(__file__).parent / "objects"
_WORDS: dict[str, dict[str, Any]] = {
    "required": {"nillable": False, "permissionable": False},
    "always": {"permissionable": False},
    "derived": {"createable": False, "updateable": False, "permissionable": False},
    "system": {
        "createable": False,
        "updateable": False,
        "permissionable": False,
        "nillable": False,
        "defaulted_on_create": True,
    },
    "owner": {"nillable": False, "defaulted_on_create": True, "permissionable": False, "indexed": True},
    "full_name": {
        "createable": False,
        "updateable": False,
        "permissionable": False,
        "nillable": False,
        "name_field": True,
    },
    "name": {"name_field": True},
    "defaulted": {"defaulted_on_create": True},
    "undefaulted": {"defaulted_on_create": False},
    "create_only": {"createable": True, "updateable": False},
    "update_only": {"createable": False, "updateable": True},
    "permissionable": {"permissionable": True},
    "restricted": {"restricted": True},
    "lookup_key": {"id_lookup": True, "indexed": True},
    "indexed": {"indexed": True},
    "prefilterable": {"prefilterable": True},
    "polymorphic": {"polymorphic": True},
    "unnamed": {"relationship": None},
}
_EXACT = frozenset(
    {"id", "reference", "id_text", "int", "double", "currency", "percent", "boolean", "date", "datetime"}
)
_LENGTHS = {"phone": 40, "email": 80, "url": 255, "reference": 18, "id": 18, "id_text": 18}


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    active: bool = True
    default: bool = False


@dataclass(frozen=True)
class Field:
    """One field with the facts that its describe shows; `metadata` is what a custom field was created from."""

    name: str
    label: str
    type: str
    length: int = 0
    bytes: int | None = None
    precision: int = 0
    scale: int = 0
    digits: int = 0
    nillable: bool = True
    createable: bool = True
    updateable: bool = True
    permissionable: bool = True
    defaulted_on_create: bool = False
    default: Any = None
    options: tuple[Option, ...] = ()
    restricted: bool = False
    to: tuple[str, ...] = ()
    relationship: str | None = None
    children: str | None = None
    polymorphic: bool = False
    prefilterable: bool = False
    part_of: str | None = None
    extra: str | None = None
    name_field: bool = False
    id_lookup: bool = False
    indexed: bool = False
    custom: bool = False
    external_id: bool = False
    unique: bool = False
    case_sensitive: bool = False
    auto_number: bool = False
    calculated: bool = False
    cascade_delete: bool = False
    html: bool = False
    help_text: str | None = None
    id: str = ""
    metadata: Doc = field(default_factory=dict, compare=False, hash=False)

    @property
    def required(self) -> bool:
        return self.createable and not self.nillable and not self.defaulted_on_create

    @property
    def is_long_text(self) -> bool:
        return self.type == "textarea" and self.length > 255

    @property
    def is_key(self) -> bool:
        """Whether a record can be addressed by this field's value."""
        return self.external_id or self.id_lookup

    @cached_property
    def is_indexed(self) -> bool:
        return self.indexed or self.external_id or self.unique

    @cached_property
    def folds_case(self) -> bool:
        """Whether values that differ by case only are the same."""
        return not self.case_sensitive and self.type not in _EXACT

    def key(self, value: Any) -> str:
        """How the key index spells a value."""
        return str(value).casefold() if self.folds_case else str(value)


@dataclass(frozen=True)
class SObject:
    name: str
    label: str
    plural: str
    prefix: str
    flags: frozenset[str]
    fields: dict[str, Field]
    variant: str | None = None
    record_types: bool = False
    _by_lower: dict[str, Field] = field(default_factory=dict, compare=False)
    _by_relationship: dict[str, Field] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        self._by_lower.update({name.lower(): f for name, f in self.fields.items()})
        self._by_relationship.update({f.relationship.lower(): f for f in self.fields.values() if f.relationship})

    def field(self, name: str) -> Field | None:
        """By API name in any case."""
        return self._by_lower.get(name.lower())

    def parent(self, relationship: str) -> Field | None:
        """The reference field behind a relationship name, e.g. AccountId for Account."""
        return self._by_relationship.get(relationship.lower())

    @cached_property
    def indexed(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields.values() if f.is_indexed)

    @cached_property
    def unique(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields.values() if f.unique)

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """What an insert must give."""
        return tuple(f for f in self.fields.values() if f.required)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields.values() if f.type == "reference")

    @cached_property
    def defaults(self) -> Doc:
        return {f.name: f.default for f in self.fields.values() if f.default is not None}

    def can(self, verb: str) -> bool:
        """verb: createable, updateable, deletable, undeletable, mergeable, ..."""
        return f"not {verb}" not in self.flags

    def with_fields(self, fields: Iterable[Field]) -> "SObject":
        return replace(self, fields=self.fields | {f.name: f for f in fields}, _by_lower={}, _by_relationship={})


@cache
def standard_objects() -> dict[str, SObject]:
    """Every object of the YAML tables, variants included, by API name."""
    lists = {name: _options(values) for name, values in _load("picklists").items()}
    objects = {}
    for path in sorted(_FOLDER.glob("[A-Z]*.yaml")):
        objects[path.stem] = _sobject(path.stem, _load(path.stem), lists)
    for name, spec in _load("security").items():
        objects[name] = _sobject(name, spec, lists)
    return objects


@cache
def setup_objects() -> dict[str, SObject]:
    """Objects whose rows are computed, by API name; those of the tooling endpoint have variant "tooling"."""
    lists = {name: _options(values) for name, values in _load("picklists").items()}
    found = {}
    for name, spec in _load("setup").items():
        found[name] = _sobject(name, spec | {"variant": "tooling" if spec.get("tooling") else None}, lists)
    return found


@cache
def person_account_fields() -> dict[str, tuple[Field, ...]]:
    """object -> fields that the Person Accounts feature adds."""
    lists = {name: _options(values) for name, values in _load("picklists").items()}
    return {name: tuple(_fields(specs, lists)) for name, specs in _load("person_accounts").items()}


@cache
def _load(name: str) -> Doc:
    loaded: Doc = YAML(typ="safe").load(_FOLDER / f"{name}.yaml")
    return loaded


def _sobject(name: str, spec: Doc, lists: dict[str, tuple[Option, ...]]) -> SObject:
    fields = {f.name: f for f in _fields(spec["fields"], lists)}
    flags = frozenset(spec.get("flags", ()))
    return SObject(name, spec["label"], spec["plural"], spec["prefix"], flags, fields, spec.get("variant"))


def _fields(specs: list[Doc], lists: dict[str, tuple[Option, ...]]) -> Iterator[Field]:
    for spec in specs:
        if "address" in spec:
            yield from _address(spec["address"], spec.get("label"), lists["geocode"])
        elif "audit" in spec:
            yield from _audit()
        else:
            yield _field(spec, lists)


def _field(spec: Doc, lists: dict[str, tuple[Option, ...]]) -> Field:
    facts: Doc = {key: value for key, value in spec.items() if key not in ("is", "options", "to")}
    facts.setdefault("length", _LENGTHS.get(spec["type"], 0))
    options = spec.get("options", ())
    facts["options"] = lists[options] if isinstance(options, str) else _options(options)
    facts["to"] = tuple(spec.get("to", ()))
    if spec["type"] == "reference":
        facts.setdefault("relationship", spec["name"].removesuffix("Id"))
    if spec["type"] == "id":
        facts |= _WORDS["system"] | {"id_lookup": True}
    if spec["type"] == "boolean":
        facts |= {"nillable": False, "defaulted_on_create": True}
    if spec["type"] == "textarea":
        facts.setdefault("extra", "plaintextarea")
    if facts.get("default"):
        facts["options"] = tuple(replace(o, default=o.value == facts["default"]) for o in facts["options"])
    for word in spec.get("is", ()):
        facts |= _WORDS[word]
    return Field(**facts)


def _options(values: Iterable[Any]) -> tuple[Option, ...]:
    pairs = (str(value).partition(" | ") for value in values)
    return tuple(Option(value, label or value) for value, _, label in pairs)


def _address(prefix: str, label: str | None, geocode: tuple[Option, ...]) -> Iterator[Field]:
    compound = f"{prefix}Address"
    lead = f"{prefix if label is None else label} ".lstrip()
    for name, caption, length in (
        ("City", "City", 40),
        ("State", "State/Province", 80),
        ("PostalCode", "Zip/Postal Code", 20),
        ("Country", "Country", 80),
    ):
        if name == "City":
            yield Field(f"{prefix}Street", f"{lead}Street", "textarea", 255, part_of=compound, extra="plaintextarea")
        yield Field(prefix + name, lead + caption, "string", length, part_of=compound)
    for name in ("Latitude", "Longitude"):
        yield Field(prefix + name, lead + name, "double", precision=18, scale=15, part_of=compound)
    accuracy, caption = f"{prefix}GeocodeAccuracy", f"{lead}Geocode Accuracy"
    yield Field(accuracy, caption, "picklist", 40, options=geocode, restricted=True, part_of=compound)
    yield Field(compound, f"{lead}Address", "address", createable=False, updateable=False)


def _audit() -> Iterator[Field]:
    system = _WORDS["system"]
    for name, label, type_ in (
        ("CreatedDate", "Created Date", "datetime"),
        ("CreatedById", "Created By ID", "reference"),
        ("LastModifiedDate", "Last Modified Date", "datetime"),
        ("LastModifiedById", "Last Modified By ID", "reference"),
        ("SystemModstamp", "System Modstamp", "datetime"),
    ):
        if type_ == "reference":
            yield Field(name, label, type_, 18, to=("User",), relationship=name.removesuffix("Id"), **system)
        else:
            yield Field(name, label, type_, **system)


# --- what variants and custom fields add ---


def record_type_field() -> Field:
    return Field(
        "RecordTypeId", "Record Type ID", "reference", 18, to=("RecordType",), relationship="RecordType",
        permissionable=False,
    )  # fmt: skip


def currency_field() -> Field:
    lists = _load("picklists")
    return Field(
        "CurrencyIsoCode", "Currency ISO Code", "picklist", 3, options=_options(lists["currency"]), restricted=True,
        defaulted_on_create=True, permissionable=False,
    )  # fmt: skip


def state_country_fields(sobject: SObject) -> list[Field]:
    """The code fields that State and Country/Territory Picklists add to every address."""
    lists = _load("picklists")
    added = []
    for part in ("State", "Country"):
        for f in sobject.fields.values():
            if f.part_of and f.name.endswith(part) and f.part_of.endswith("Address"):
                label = f.label.replace("State/Province", "State/Province Code").replace("Country", "Country Code")
                options = _options(lists[part.lower()])
                code = replace(f, name=f"{f.name}Code", label=label, type="picklist", length=10, options=options)
                added.append(replace(code, restricted=True))
    return added


def custom_field(doc: Doc) -> Field:
    """From what the tooling module stored: the describe facts and the metadata of the field."""
    facts = {key: value for key, value in doc.items() if key not in ("options", "to")}
    options = tuple(Option(**option) for option in doc.get("options", ()))
    return Field(**facts, options=options, to=tuple(doc.get("to", ())), custom=True)
