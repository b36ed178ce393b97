"""Objects, attributes, options and statuses: the standard ones of `standard.yaml`, made ones beside them (docs "Objects", "Attributes")."""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from ruamel.yaml import YAML

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.account import Account
from sdrbot_skills.lab.attio.ids import number_of, uid
from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.store import Doc

NO_UNIQUE = ("people", "companies")
"""Objects on which unique attributes cannot be made, unless the variant `unique_everywhere` is on: client authors say so, nobody tried it here."""

STAGES = ("Lead", "In Progress", "Won 🎉", "Lost")
CATEGORIES = ("SaaS", "Manufacturing", "Logistics")
PAIRS = (
    (("people", "company", "Company", False), ("companies", "team", "Team", True)),
    (("deals", "associated_people", "Associated people", True), ("people", "associated_deals", "Associated deals", True)),
    (("deals", "associated_company", "Associated company", False), ("companies", "associated_deals", "Associated deals", True)),
)  # fmt: skip
COMMON = {"record_id": "text", "created_at": "timestamp", "created_by": "actor-reference"}


@dataclass(frozen=True, eq=False)
class Attribute:
    """One attribute; `doc` is how it is stored. `key` names its values in a record, whatever becomes of the slug."""

    object: str
    doc: Doc

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, Attribute) and bool(self.doc["n"] == other.doc["n"])

    def __hash__(self) -> int:
        return hash(self.doc["n"])

    @property
    def key(self) -> str:
        return str(self.doc["n"])

    @property
    def slug(self) -> str:
        return str(self.doc["slug"])

    @property
    def type(self) -> str:
        return str(self.doc["type"])

    @property
    def id(self) -> str:
        return uid("attribute", self.doc["n"])

    @property
    def multi(self) -> bool:
        return bool(self.doc.get("multi"))

    @property
    def unique(self) -> bool:
        return bool(self.doc.get("unique"))

    @property
    def partner(self) -> int | None:
        """The number of the attribute at the other side of a relationship."""
        return self.doc.get("partner")


class Schema:
    """What is defined, read from the store and kept until a definition changes."""

    def __init__(self, account: Account, *, unique_everywhere: bool) -> None:
        self.account, self.store = account, account.store
        self.unique_everywhere = unique_everywhere
        self._version = -1
        self._objects: dict[str, Doc] = {}
        self._attributes: dict[str, list[Attribute]] = {}
        self._choices: dict[tuple[str, int], list[Doc]] = {}

    def _load(self) -> None:
        if self._version == self.store.version:
            return
        self._objects = {doc["slug"]: doc for doc in self.store.things("object").values()}
        self._attributes, self._choices = {}, {}
        for doc in self.store.things("attribute").values():
            self._attributes.setdefault(doc["object"], []).append(Attribute(doc["object"], doc))
        for kind in ("option", "status"):
            for doc in self.store.things(kind).values():
                self._choices.setdefault((kind, doc["attribute"]), []).append(doc)
        self._version = self.store.version

    # --- looking up ---

    def objects(self) -> list[Doc]:
        self._load()
        return [doc for doc in self._objects.values() if not doc.get("disabled") and "parent" not in doc]

    def lists(self) -> list[Doc]:
        """Lists are kept as objects that have a parent: what has attributes is the same for both."""
        self._load()
        return [doc for doc in self._objects.values() if "parent" in doc]

    def object(self, key: str) -> Doc:
        """By slug or UUID; 404 for unknown and for switched-off ones."""
        return _meant("Object", key, self.objects())

    def owner(self, target: str, key: str) -> Doc:
        """What attributes are defined on: `objects` or `lists`."""
        return self.object(key) if target == "objects" else _meant("List", key, self.lists())

    def attributes(self, object_slug: str, *, archived: bool = False) -> list[Attribute]:
        self._load()
        return [one for one in self._attributes.get(object_slug, ()) if archived or not one.doc.get("archived")]

    def find(self, object_slug: str, key: str) -> Attribute | None:
        """By slug or UUID, archived ones too."""
        number = number_of("attribute", key)
        for one in self.attributes(object_slug, archived=True):
            if one.slug == key or one.doc["n"] == number:
                return one
        return None

    def by_number(self, number: int) -> Attribute:
        self._load()
        return next(one for some in self._attributes.values() for one in some if one.doc["n"] == number)

    def choices(self, attribute: Attribute) -> list[Doc]:
        self._load()
        kind = "status" if attribute.type == "status" else "option"
        return self._choices.get((kind, attribute.doc["n"]), [])

    # --- making ---

    def add_object(self, slug: str, singular: str, plural: str, *, system: bool = False, disabled: bool = False) -> Doc:
        """`slug` in a document is where its records and attributes are kept, for good; `api_slug` is what the outside calls it."""
        self._load()
        number, api_slug = self.store.next_ids(1)[0], slug
        if slug in self._objects:
            slug = f"{slug}_{number}"  # an object that has another name by now has begun with this one
        doc = {"n": number, "slug": slug, "api_slug": api_slug, "singular": singular, "plural": plural}
        doc |= {"system": system, "disabled": disabled, "created": self.store.clock.now_ms()}
        self.put_object(doc)
        for name, kind in COMMON.items():
            self.add_attribute(slug, name, kind, name.replace("_", " ").capitalize(), system=True, readonly=True)
        return doc

    def add_list(self, api_slug: str, name: str, parent: Doc) -> Doc:
        number = self.store.next_ids(1)[0]
        doc = {"n": number, "slug": f"list {number}", "api_slug": api_slug, "name": name, "parent": parent["slug"]}
        doc["created"] = self.store.clock.now_ms()
        self.put_object(doc)
        for slug, kind in {"entry_id": "text", **COMMON}.items():
            if slug != "record_id":
                title = slug.replace("_", " ").capitalize()
                self.add_attribute(doc["slug"], slug, kind, title, system=True, readonly=True)
        return doc

    def put_object(self, doc: Doc) -> None:
        self.store.put("object", f"{doc['n']:09d}", doc)

    def drop_object(self, doc: Doc) -> None:
        """An object with its attributes, their other sides, options and statuses."""
        for one in self.attributes(doc["slug"], archived=True):
            for choice in self.choices(one) if one.type in ("select", "status") else ():
                self.store.remove("status" if one.type == "status" else "option", f"{choice['n']:09d}")
            for number in (one.doc["n"], one.partner):
                if number is not None:
                    self.store.remove("attribute", f"{number:09d}")
        self.store.remove("object", f"{doc['n']:09d}")

    def set_currency(self, object_slug: str, slug: str, code: str) -> None:
        attribute = self.find(object_slug, slug)
        assert attribute is not None
        self.store.put("attribute", f"{attribute.doc['n']:09d}", {**attribute.doc, "currency": code})

    def add_attribute(self, object_slug: str, slug: str, kind: str, title: str, **more: Any) -> Attribute:
        number = self.store.next_ids(1)[0]
        doc = {"n": number, "object": object_slug, "slug": slug, "type": kind, "title": title, **more}
        doc.setdefault("created", self.store.clock.now_ms())
        self.put(doc)
        return Attribute(object_slug, doc)

    def put(self, doc: Doc) -> None:
        self.store.put("attribute", f"{doc['n']:09d}", doc)

    def pair(self, one: Attribute, other: Attribute) -> None:
        """Make two references the two sides of one relationship."""
        self.put({**one.doc, "partner": other.doc["n"], "allowed": [other.object]})
        self.put({**other.doc, "partner": one.doc["n"], "allowed": [one.object]})

    def add_choice(self, attribute: Attribute, title: str, **more: Any) -> Doc:
        number = self.store.next_ids(1)[0]
        doc = {"n": number, "attribute": attribute.doc["n"], "title": title, "archived": False, **more}
        self.store.put("status" if attribute.type == "status" else "option", f"{number:09d}", doc)
        return doc

    def fill(self, *, without: Iterable[str] = ()) -> None:
        """The standard schema."""
        path = files("sdrbot_skills.lab.attio").joinpath("standard.yaml")
        for slug, entry in YAML(typ="safe").load(path.read_text(encoding="utf-8")).items():
            disabled = bool(entry.get("disabled")) or slug in without
            self.add_object(slug, entry["singular"], entry["plural"], system=True, disabled=disabled)
            for name, (kind, title, *flags) in entry["attributes"].items():
                currency = {"currency": "USD"} if kind == "currency" else {}
                self.add_attribute(slug, name, kind, title, system=True, **dict.fromkeys(flags, True), **currency)
        for sides in PAIRS:
            made = [
                self.add_attribute(on, name, "record-reference", title, system=True, multi=many)
                for on, name, title, many in sides
            ]
            self.pair(made[0], made[1])
        for on, name, titles in (("deals", "stage", STAGES), ("companies", "categories", CATEGORIES)):
            attribute = self.find(on, name)
            assert attribute is not None
            for title in titles:
                self.add_choice(attribute, title)

    # --- showing ---

    def show_object(self, doc: Doc) -> Doc:
        return {
            "id": {"workspace_id": self.account.workspace, "object_id": uid("object", doc["n"])},
            "api_slug": doc["api_slug"],
            "singular_noun": doc["singular"],
            "plural_noun": doc["plural"],
            "created_at": stamp(doc["created"]),
        }

    def show_list(self, doc: Doc) -> Doc:
        return {
            "id": {"workspace_id": self.account.workspace, "list_id": uid("object", doc["n"])},
            "api_slug": doc["api_slug"],
            "name": doc["name"],
            "parent_object": [self.shown_slug(doc["parent"])],
            "workspace_access": "full-access",
            "workspace_member_access": [],
            "created_by_actor": self.account.actor(),
            "created_at": stamp(doc["created"]),
        }

    def shown_slug(self, slug: str) -> str:
        """What the outside calls an object now."""
        self._load()
        return str(self._objects[slug]["api_slug"])

    def object_id(self, slug: str) -> str:
        self._load()
        return uid("object", self._objects[slug]["n"])

    def attribute_id(self, one: Attribute) -> Doc:
        return {
            "workspace_id": self.account.workspace,
            "object_id": self.object_id(one.object),
            "attribute_id": one.id,
        }

    def show_attribute(self, one: Attribute) -> Doc:
        doc, currency = one.doc, one.doc.get("currency")
        allowed = doc.get("allowed")
        return {
            "id": self.attribute_id(one),
            "title": doc["title"],
            "description": doc.get("description"),
            "api_slug": one.slug,
            "type": one.type,
            "is_system_attribute": bool(doc.get("system")),
            "is_writable": not doc.get("readonly"),
            "is_required": bool(doc.get("required")),
            "is_unique": one.unique,
            "is_multiselect": one.multi,
            "is_default_value_enabled": doc.get("default") is not None,
            "is_archived": bool(doc.get("archived")),
            "default_value": doc.get("default"),
            "relationship": self._relationship(one),
            "created_at": stamp(doc["created"]),
            "config": {
                "currency": {"default_currency_code": currency, "display_type": "symbol" if currency else None},
                "record_reference": {
                    "allowed_object_ids": [self.object_id(slug) for slug in allowed] if allowed else None
                },
            },
        }

    def _relationship(self, one: Attribute) -> Doc | None:
        if one.partner is None:
            return None
        other = self.by_number(one.partner)
        return {
            "id": self.attribute_id(other),
            "object_slug": self.shown_slug(other.object),
            "title": other.doc["title"],
            "api_slug": other.slug,
            "is_multiselect": other.multi,
        }

    def show_choice(self, attribute: Attribute, doc: Doc) -> Doc:
        """A select option or a status, as read by itself and inside a value."""
        kind = "status" if attribute.type == "status" else "option"
        shown = {
            "id": {**self.attribute_id(attribute), f"{kind}_id": uid(kind, doc["n"])},
            "title": doc["title"],
            "is_archived": doc["archived"],
        }
        if kind == "status":
            shown |= {
                "celebration_enabled": bool(doc.get("celebration")),
                "target_time_in_status": doc.get("target_time"),
            }
        return shown


def _meant(what: str, key: str, docs: list[Doc]) -> Doc:
    """The one of this slug or UUID; 404 where there is none."""
    number = number_of("object", key)
    for doc in docs:
        if doc["api_slug"] == key or doc["n"] == number:
            return doc
    raise errors.not_found(what, key)


def stamp(milliseconds: int, below: int = 0) -> str:
    """Nine decimals, as Attio writes times; `below` are the six after the milliseconds."""
    return f"{iso_z(milliseconds)[:-1]}{below % 1_000_000:06d}Z"
