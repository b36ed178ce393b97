"""The emulated org: its objects, its variants, its integration user and what field-level security shows that user.

Variants (`Options.variants`, or POST /__lab__/variants {"add": [...], "remove": [...]}) are named in `VARIANTS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from zlib import crc32

from sdrbot_skills.lab.core.app import Options
from sdrbot_skills.lab.core.store import Record, Store
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.described import described_objects
from sdrbot_skills.lab.salesforce.schema import (
    Field,
    SObject,
    currency_field,
    custom_field,
    person_account_fields,
    record_type_field,
    standard_objects,
    state_country_fields,
)

VARIANTS = {
    "person_accounts": "the Person Accounts feature is on",
    "multi_currency": "several currencies, each record has a CurrencyIsoCode",
    "record_types": "Account and Opportunity have two record types each",
    "state_country_picklists": "states and countries come from a list, with code fields",
    "audit_fields": "the user may set CreatedDate and its siblings on create",
    "inactive_owners": "the user may give records to inactive users",
    "hidden_opt_out": "field-level security hides the opt-out fields",
    "partial_view": "no View All Data: the user sees four records of five",
    "block_duplicates": "duplicate rules block instead of alerting",
    "no_duplicate_rules": "no duplicate rule is active",
    "assignment_rules": "a lead assignment rule gives new leads to another user",
    "restricted_stages": "StageName takes listed values only",
    "production_org": "Organization.IsSandbox is false",
    "read_only_user": "the user may read the standard objects and not write them",
}
OPT_OUT = ("HasOptedOutOfEmail", "HasOptedOutOfFax", "DoNotCall")
SHARED = frozenset({"Account", "Contact", "Lead", "Opportunity"})
_PEOPLE = {
    "integration": ("Integration", "User", "integration@northwind-practice.example", True),
    "sales": ("Mira", "Okafor", "mira.okafor@northwind-practice.example", True),
    "manager": ("Jonas", "Lindqvist", "jonas.lindqvist@northwind-practice.example", True),
    "former": ("Petra", "Vogel", "petra.vogel@northwind-practice.example", False),
}


@dataclass(frozen=True)
class View:
    """One object as the user sees it. `readable` and `writable` are by lower-case API name."""

    sobject: SObject
    readable: dict[str, Field]
    writable: frozenset[str]
    createable: bool
    updateable: bool
    deletable: bool

    def field(self, name: str) -> Field | None:
        return self.readable.get(name.lower())

    @cached_property
    def settable(self) -> dict[bool, frozenset[str]]:
        """API names that a write may set: True when it creates, False when it updates."""
        mine = [f for f in self.sobject.fields.values() if f.name.lower() in self.writable]
        return {
            True: frozenset(f.name for f in mine if f.createable),
            False: frozenset(f.name for f in mine if f.updateable),
        }


@dataclass
class Org:
    store: Store
    options: Options
    _version: int = -1
    _edition: int = 0
    _stamp: dict[str, Any] = field(default_factory=dict)
    _objects: dict[str, SObject] = field(default_factory=dict)
    _views: dict[str, View] = field(default_factory=dict)
    _grants: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    _settings: dict[str, Any] = field(default_factory=dict)
    _stages: dict[str, tuple[float, str, str, bool, bool]] = field(default_factory=dict)

    # --- what is set up ---

    @property
    def id(self) -> str:
        return ids.encode("00D", crc32(self.options.name.encode()) + 1)

    def setting(self, name: str) -> Any:
        """E.g. the id of the integration user: `setting("integration")`."""
        self._refresh()
        return self._settings[name]

    @property
    def user_id(self) -> str:
        return str(self.setting("integration"))

    def has(self, variant: str) -> bool:
        self._refresh()
        return variant in self._settings["variants"]

    def set_variants(self, add: Iterable[str], remove: Iterable[str]) -> list[str]:
        """Raises ValueError for a name that is not one of VARIANTS."""
        add = known_variants(add)
        self._refresh()
        variants = sorted((set(self._settings["variants"]) | set(add)) - set(remove))
        self.store.put("org", "settings", self._settings | {"variants": variants})
        self.changed()
        return variants

    def changed(self) -> None:
        """Say that schema or permissions changed: caches start anew, describe answers get a new Last-Modified."""
        before = self.store.thing("org", "changed") or {"number": 0}
        self.store.put("org", "changed", {"ms": self.store.clock.now_ms(), "number": before["number"] + 1})

    # --- objects and what is visible of them ---

    def sobject(self, name: str) -> SObject | None:
        """By API name in any case, whether or not the user may see it."""
        self._refresh()
        return self._objects.get(name.lower())

    def objects(self) -> list[SObject]:
        self._refresh()
        return sorted(self._objects.values(), key=lambda s: s.name)

    def by_prefix(self, prefix: str) -> SObject | None:
        self._refresh()
        return next((s for s in self._objects.values() if s.prefix == prefix), None)

    def view(self, name: str) -> View | None:
        """None where there is no such object."""
        sobject = self.sobject(name)
        if sobject is None:
            return None
        if sobject.name not in self._views:
            self._views[sobject.name] = self._make_view(sobject)
        return self._views[sobject.name]

    def default_record_type(self, sobject: str) -> str | None:
        """The id of the first business record type."""
        for record in self.store.scan("RecordType"):
            if record.doc["SobjectType"] == sobject and not record.doc.get("IsPersonType"):
                return ids.encode("012", record.id)
        return None

    def stages(self) -> dict[str, tuple[float, str, str, bool, bool]]:
        """Stage in lower case -> probability, forecast category, its name, closed, won."""
        self._refresh()
        if not self._stages:
            for row in self.store.scan("OpportunityStage"):
                doc = row.doc
                facts = (doc["DefaultProbability"], doc["ForecastCategory"], doc["ForecastCategoryName"])
                self._stages[doc["ApiName"].casefold()] = (*facts, doc["IsClosed"], doc["IsWon"])
        return self._stages

    def sees(self, sobject: str, number: int) -> bool:
        """Whether sharing shows record `number` to the user."""
        return not (sobject in SHARED and number % 5 == 0 and self.has("partial_view"))

    def _make_view(self, sobject: SObject) -> View:
        readable, writable = {}, set()
        for f in sobject.fields.values():
            read, edit = self._access(sobject.name, f)
            if read:
                readable[f.name.lower()] = f
            if edit:
                writable.add(f.name.lower())
        write = not (self.has("read_only_user") and sobject.name in SHARED)
        return View(
            sobject,
            readable,
            frozenset(writable),
            sobject.can("createable") and write,
            sobject.can("updateable") and write,
            sobject.can("deletable") and write,
        )

    def _access(self, sobject: str, f: Field) -> tuple[bool, bool]:
        if not f.permissionable:
            return True, True
        hidden = f.custom or (f.name in OPT_OUT and self.has("hidden_opt_out"))
        return self._grants.get(f"{sobject}.{f.name}".lower(), (not hidden, not hidden))

    @property
    def edition(self) -> int:
        """Grows whenever what is cached here was read anew."""
        self._refresh()
        return self._edition

    def _refresh(self) -> None:
        """Read schema and permissions anew where they changed; the store's version tells that anything did."""
        if self._version == self.store.version:
            return
        self._version = self.store.version
        stamp = self.store.thing("org", "changed") or {}
        if stamp == self._stamp and self._objects:
            return
        self._stamp = stamp
        self._edition += 1
        self._settings = self.store.thing("org", "settings") or {"variants": list(self.options.variants)}
        self._views.clear()
        self._stages.clear()
        self._objects = {s.name.lower(): s for s in self._assembled()}
        self._grants = self._read_grants()

    def _assembled(self) -> list[SObject]:
        variants = set(self._settings["variants"])
        custom: dict[str, list[Field]] = {}
        for key, doc in self.store.things("field").items():
            custom.setdefault(key.partition(".")[0], []).append(custom_field(doc))
        described = self.store.things("described")
        assembled = []
        for sobject in described_objects(standard_objects().values(), described):
            if sobject.variant and sobject.variant not in variants:
                continue
            added = [] if sobject.name in described else _variant_fields(sobject, variants)
            assembled.append(sobject.with_fields(added + custom.get(sobject.name, [])))
        return assembled

    def _read_grants(self) -> dict[str, tuple[bool, bool]]:
        """ "contact.ext__c" -> (read, edit), over all permission sets of the user."""
        grants: dict[str, tuple[bool, bool]] = {}
        if "integration" not in self._settings:
            return grants
        mine = {self._settings["profile_set"]}
        for assignment in self.store.scan("PermissionSetAssignment"):
            if assignment.doc["AssigneeId"] == self._settings["integration"]:
                mine.add(assignment.doc["PermissionSetId"])
        for row in self.store.scan("FieldPermissions"):
            if row.doc["ParentId"] in mine:
                name = row.doc["Field"].lower()
                read, edit = grants.get(name, (False, False))
                grants[name] = (read or row.doc["PermissionsRead"], edit or row.doc["PermissionsEdit"])
        return grants

    # --- a new org ---

    def fill(self) -> None:
        """The records a new org has: users, profile, permission sets, stages, organization."""
        self.store.put("org", "settings", {"variants": sorted(self.options.variants)})
        profile = self.add_rows("Profile", [{"Name": "System Administrator", "UserType": "Standard"}])[0]
        users = self.add_rows("User", [_user(*person, profile) for person in _PEOPLE.values()])
        sets = self.add_rows("PermissionSet", [
            {"Name": "X00ex00000018ozT", "Label": "System Administrator", "ProfileId": profile,
             "IsOwnedByProfile": True, "Type": "Profile"},
        ])  # fmt: skip
        queue = self.add_rows("Group", [{"Name": "Lead Queue", "DeveloperName": "Lead_Queue", "Type": "Queue"}])[0]
        settings: dict[str, Any] = dict(zip(_PEOPLE, users, strict=True))
        settings |= {
            "profile": profile,
            "profile_set": sets[0],
            "queue": queue,
            "variants": sorted(self.options.variants),
        }
        self.store.put("org", "settings", settings)
        self.changed()
        self.add_rows("PermissionSetAssignment", [{"PermissionSetId": sets[0], "AssigneeId": users[0]}])
        self.add_rows("Organization", [self._organization()])
        self.add_rows("OpportunityStage", [_stage(i, *stage) for i, stage in enumerate(STAGES, 1)])
        self.add_rows("LeadStatus", [
            {"MasterLabel": o.value, "ApiName": o.value, "SortOrder": i, "IsDefault": o.default,
             "IsConverted": o.value == "Closed - Converted"}
            for i, o in enumerate(standard_objects()["Lead"].fields["Status"].options, 1)
        ])  # fmt: skip
        self.add_rows("RecordType", RECORD_TYPES)
        self.add_rows("CurrencyType", [
            {"IsoCode": code, "ConversionRate": rate, "DecimalPlaces": 2, "IsActive": active, "IsCorporate": rate == 1.0}
            for code, rate, active in (("USD", 1.0, True), ("EUR", 0.92, True), ("GBP", 0.79, False))
        ])  # fmt: skip

    def _organization(self) -> dict[str, Any]:
        return {
            "Name": self.options.account_name, "OrganizationType": "Developer Edition", "InstanceName": "LAB1",
            "IsSandbox": True, "TimeZoneSidKey": "America/Los_Angeles", "DefaultLocaleSidKey": "en_US",
            "LanguageLocaleKey": "en_US", "DefaultAccountAccess": "Edit", "DefaultContactAccess": "ControlledByParent",
            "DefaultLeadAccess": "ReadEditTransfer", "DefaultOpportunityAccess": "Edit",
            "DefaultCaseAccess": "ReadEditTransfer",
        }  # fmt: skip

    def add_rows(self, name: str, docs: list[dict[str, Any]]) -> list[str]:
        """Rows of the setup that nobody wrote; their ids."""
        now = self.store.clock.now_ms()
        user = self.store.thing("org", "settings") or {}
        made = self.store.next_ids(len(docs))
        who = {"CreatedById": user.get("integration"), "LastModifiedById": user.get("integration")}
        self.store.insert(name, [Record(i, who | doc, now, now) for i, doc in zip(made, docs, strict=True)])
        self.store.count(f"writes/{name}/inserted", -len(made))  # what an org is born with, nobody wrote
        sobject = standard_objects()[name]
        keyed = [f for f in sobject.fields.values() if f.is_indexed]
        self.store.add_keys(name, [
            (f.name, f.key(doc[f.name]), i)
            for i, doc in zip(made, docs, strict=True) for f in keyed if doc.get(f.name)
        ])  # fmt: skip
        if name == "Organization":
            return [self.id]
        return [ids.encode(sobject.prefix, i) for i in made]


def known_variants(names: Iterable[str]) -> list[str]:
    """Raises ValueError for a name that is not one of VARIANTS."""
    listed = list(names)
    if unknown := [name for name in listed if name not in VARIANTS]:
        raise ValueError(f"no variant {unknown[0]!r}, expected one of {', '.join(VARIANTS)}")
    return listed


def _variant_fields(sobject: SObject, variants: set[str]) -> list[Field]:
    added: list[Field] = []
    if "person_accounts" in variants and sobject.name in person_account_fields():
        added += person_account_fields()[sobject.name]
        if sobject.name == "Account":
            added.append(replace(sobject.fields["Name"], nillable=True))
    if sobject.name == "Account" and variants & {"record_types", "person_accounts"}:
        added.append(record_type_field())
    if sobject.name == "Opportunity" and "record_types" in variants:
        added.append(record_type_field())
    if sobject.name == "RecordType" and "person_accounts" in variants:
        added.append(Field("IsPersonType", "Is Person Type", "boolean", nillable=False, createable=False))
    if "multi_currency" in variants and sobject.name in SHARED | {"User", "OpportunityContactRole"}:
        added.append(currency_field())
    if "state_country_picklists" in variants:
        added += state_country_fields(sobject)
    if sobject.name == "Opportunity" and "restricted_stages" in variants:
        added.append(replace(sobject.fields["StageName"], restricted=True))
    if "audit_fields" in variants and sobject.name in SHARED | {"Task"}:
        added += [
            replace(sobject.fields[name], createable=True)
            for name in ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById")
        ]
    return added


def _user(first: str, last: str, email: str, active: bool, profile: str) -> dict[str, Any]:
    return {
        "Username": email, "FirstName": first, "LastName": last, "Name": f"{first} {last}", "Email": email,
        "Alias": (first[:1] + last)[:8].lower(), "IsActive": active, "UserType": "Standard", "ProfileId": profile,
        "TimeZoneSidKey": "America/Los_Angeles", "LocaleSidKey": "en_US", "LanguageLocaleKey": "en_US",
        "EmailEncodingKey": "UTF-8",
    }  # fmt: skip


# label, probability, forecast category, its name, closed, won
STAGES: list[tuple[str, int, str, str, bool, bool]] = [
    ("Prospecting", 10, "Pipeline", "Pipeline", False, False),
    ("Qualification", 10, "Pipeline", "Pipeline", False, False),
    ("Needs Analysis", 20, "Pipeline", "Pipeline", False, False),
    ("Value Proposition", 50, "Pipeline", "Pipeline", False, False),
    ("Id. Decision Makers", 60, "Pipeline", "Pipeline", False, False),
    ("Perception Analysis", 70, "Pipeline", "Pipeline", False, False),
    ("Proposal/Price Quote", 75, "Pipeline", "Pipeline", False, False),
    ("Negotiation/Review", 90, "Pipeline", "Pipeline", False, False),
    ("Closed Won", 100, "Closed", "Closed", True, True),
    ("Closed Lost", 0, "Omitted", "Omitted", True, False),
]
RECORD_TYPES: list[dict[str, Any]] = [
    {"Name": "Business Account", "DeveloperName": "Business_Account", "SobjectType": "Account", "IsActive": True},
    {"Name": "Partner", "DeveloperName": "Partner", "SobjectType": "Account", "IsActive": True},
    {"Name": "Person Account", "DeveloperName": "PersonAccount", "SobjectType": "Account", "IsActive": True,
     "IsPersonType": True},
    {"Name": "New Business", "DeveloperName": "New_Business", "SobjectType": "Opportunity", "IsActive": True},
    {"Name": "Renewal", "DeveloperName": "Renewal", "SobjectType": "Opportunity", "IsActive": True},
]  # fmt: skip


def _stage(
    order: int, label: str, probability: int, category: str, category_name: str, closed: bool, won: bool
) -> dict[str, Any]:
    return {
        "MasterLabel": label, "ApiName": label, "IsActive": True, "SortOrder": order, "IsClosed": closed, "IsWon": won,
        "ForecastCategory": category, "ForecastCategoryName": category_name, "DefaultProbability": float(probability),
    }  # fmt: skip
