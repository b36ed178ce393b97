"""A small world for the engine's tests: a source with companies, contacts and deals, an empty target, and a plan between them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from sdrbot_skills import engine
from sdrbot_skills.engine import patience
from sdrbot_skills.model.job import Job
from sdrbot_skills.model.plan import FieldMapping, Plan
from sdrbot_skills.model.results import DryRunResult, LiveResult, UndoResult, VerifyResult
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind
from tests.engine.dummy import KEY, DummyCrm
from tests.engine.misfortune import Fate, Faults, Killed
from tests.engine.store import Store

CREATED = Field(
    name="created_at", label="Created", kind=Kind.INSTANT, vendor_type="datetime", creatable=False, updatable=False
)


def text(name: str, kind: Kind = Kind.TEXT, **more: Any) -> Field:
    return Field(name=name, label=name.title(), kind=kind, vendor_type="string", **more)


def schema(name: str, *fields: Field, key: bool = False) -> ObjectSchema:
    extra = (text(KEY, unique=True, upsert_key=True, custom=True),) if key else ()
    return ObjectSchema(
        crm="dummy", name=name, label=name, plural=name, fields=(*fields, CREATED, *extra), created_field="created_at"
    )


def source_schemas() -> list[ObjectSchema]:
    return [
        schema("companies", text("name"), text("domain", Kind.URLS)),
        schema(
            "contacts",
            text("first"),
            text("last"),
            text("mail", Kind.EMAILS, standard="person.email"),
            text("no_mail", Kind.CONSENT),
        ),
        schema("deals", text("title"), text("stage", Kind.CHOICE, standard="deal.stage")),
    ]


def dated(bare: ObjectSchema) -> ObjectSchema:
    """The same in a CRM that lets a new record have a date of creation, and tells when it was last changed."""
    given = CREATED.model_copy(update={"creatable": True})
    modified = CREATED.model_copy(update={"name": "modified_at", "label": "Modified"})
    kept = [field for field in bare.fields if field.name != CREATED.name]
    return bare.model_copy(update={"fields": (*kept, given, modified), "modified_field": modified.name})


def target_schemas(key: bool) -> list[ObjectSchema]:
    reference: dict[str, Any] = {"kind": Kind.REFERENCE, "vendor_type": "reference"}
    return [
        schema("Account", text("Name", required=True, max_length=30), text("Site", Kind.URLS),
               Field(name="ParentId", label="Parent", **reference), key=key),
        schema("Contact", text("FirstName"), text("LastName", max_length=20, required=True),
               text("Email", Kind.EMAILS, capacity=1, standard="person.email"), text("OptOut", Kind.CONSENT),
               Field(name="AccountId", label="Account", **reference), key=key),
        schema("Deal", text("Name"), text("Stage", Kind.CHOICE), key=key),
    ]  # fmt: skip


SOURCE_LINKS = [
    LinkType(name="company", object="contacts", to_object="companies", label="Company"),
    LinkType(name="parent", object="companies", to_object="companies", label="Parent"),
    LinkType(name="contact", object="deals", to_object="contacts", label="Contact"),
]
TARGET_LINKS = [
    LinkType(name="AccountId", object="Contact", to_object="Account", label="Account", field="AccountId", single=True),
    LinkType(name="ParentId", object="Account", to_object="Account", label="Parent", field="ParentId", single=True),
    LinkType(name="Role", object="Deal", to_object="Contact", label="Role"),
]


def plan_of(key: bool, lane: str = "auto", **changes: dict[str, Any]) -> Plan:
    """`changes`: per object what differs from the usual plan."""
    migration_key = KEY if key else None
    side = {"crm": "dummy", "environment": "lab"}
    usual: dict[str, dict[str, Any]] = {
        "deals": {
            "source": "deals", "target": "Deal", "migration_key": migration_key,
            "fields": [{"from": "title", "to": "Name"}, {"from": "stage", "to": "Stage"}],
            "links": [{"from": "contact", "to": "Role", "object": "contacts"}],
        },
        "contacts": {
            "source": "contacts", "target": "Contact", "migration_key": migration_key,
            "match": {"on": [{"field": "Email", "compare": "email"}]},
            "fields": [
                {"from": "first", "to": "FirstName"}, {"from": "last", "to": "LastName"},
                {"from": "mail", "to": "Email", "otherwise": "truncate"}, {"from": "no_mail", "to": "OptOut"},
            ],
            "links": [{"from": "company", "to": "AccountId", "object": "companies"}],
        },
        "companies": {
            "source": "companies", "target": "Account", "migration_key": migration_key,
            "match": {"on": [{"field": "Name", "compare": "exact"}]},
            "fields": [{"from": "name", "to": "Name", "otherwise": "truncate"}, {"from": "domain", "to": "Site"}],
            "links": [{"from": "parent", "to": "ParentId", "object": "companies"}],
        },
    }  # fmt: skip
    for name, entry in changes.items():
        usual[name].update(entry)
    return Plan.model_validate(
        {
            "source": {"connection": "a", "account_id": "s", "account_name": "s", **side},
            "target": {"connection": "b", "account_id": "t", "account_name": "t", **side},
            "objects": usual,
            "limits": {"lane": lane},
        }
    )


def transforms_of(plan: Plan) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
    def transform_of(pairs: dict[str, str]) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return lambda source: {to: source[name] for name, to in pairs.items()}

    return {
        name: transform_of({one.source[0]: one.target for one in entry.fields}) for name, entry in plan.objects.items()
    }


@dataclass
class World:
    """Two stores and a folder; every `dry`, `live` is a program of its own. `dates`: contacts keep their dates of creation."""

    folder: Path
    key: bool = True
    dates: bool = False
    lane: str = "auto"
    source: Store = field(default_factory=lambda: Store("s"))
    target: Store = field(default_factory=lambda: Store("t"))
    changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    source_settings: dict[str, Any] = field(default_factory=dict)

    @property
    def plan(self) -> Plan:
        plan = plan_of(self.key, self.lane, **self.changes)
        if self.dates:
            plan.objects["contacts"].fields.append(FieldMapping.of(CREATED.name, CREATED.name))
        return plan

    def crms(self, faults: Faults | None = None) -> tuple[DummyCrm, DummyCrm]:
        fate = Fate(faults or Faults())
        calm = Fate(Faults())
        calm.step = fate.step  # type: ignore[method-assign]  # the source is calm, but dies with the program
        return (
            DummyCrm(self.source, source_schemas(), SOURCE_LINKS, calm, **self.source_settings),
            DummyCrm(self.target, self._target_schemas(), TARGET_LINKS, fate, **self.settings),
        )

    def _target_schemas(self) -> list[ObjectSchema]:
        schemas = target_schemas(self.key)
        return [dated(one) for one in schemas] if self.dates else schemas

    def company(self, name: str, **values: Any) -> str:
        return self.source.put("companies", {"name": name, **values})

    def contact(self, last: str, mail: str | None = None, company: str | None = None, **values: Any) -> str:
        made = self.source.put("contacts", {"last": last, "mail": mail, **values})
        if company:
            self.source.links["company", made, company] = None
        return made

    def deal(self, title: str, *contacts: str, **values: Any) -> str:
        made = self.source.put("deals", {"title": title, **values})
        for contact in contacts:
            self.source.links["contact", made, contact] = None
        return made

    def job(self, mode: Literal["dry", "live"], run: str, **settings: Any) -> Job:
        work = self.folder / run
        work.mkdir(exist_ok=True)
        return Job(run=run, mode=mode, plan=work / "plan.yaml", work=work, **settings)

    def dry(self, run: str = "dry", **settings: Any) -> DryRunResult:
        result = engine.run(self.job("dry", run, **settings), self.plan, *self.crms(), transforms_of(self.plan))
        assert isinstance(result, DryRunResult)
        return result

    def live(self, run: str = "live", *, faults: Faults | None = None, **settings: Any) -> LiveResult:
        job = self.job("live", run, **settings)
        result = engine.run(job, self.plan, *self.crms(faults), transforms_of(self.plan))
        assert isinstance(result, LiveResult)
        return result

    def live_through(self, faults: Faults, run: str = "live", **settings: Any) -> LiveResult:
        """A live run that goes on after its death, with calm weather at last."""
        try:
            return self.live(run, faults=faults, **settings)
        except Killed:
            return self.live(run, **settings)

    def verify(self, run: str = "live", **settings: Any) -> VerifyResult:
        return engine.verify(
            self.plan, *self.crms(), self.folder / run / "journal.sqlite", self.target.ledger, **settings
        )

    def undo(self, run: str = "live", *, preview: bool = False) -> UndoResult:
        journal, target = self.folder / run / "journal.sqlite", self.crms()[1]
        found = engine.find_unanswered(self.plan, target, self.target.ledger)
        return engine.undo(self.plan, target, journal, engine.Completed(self.target.ledger, found), preview=preview)

    def by_key(self, object_name: str, source_id: str) -> list[Any]:
        return [
            one for one in self.target.objects[object_name].values() if one.values.get(KEY) == f"dummy:s:{source_id}"
        ]


def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses take no time."""
    monkeypatch.setattr(patience.Patience, "__init__", _without_waiting)


def _without_waiting(self: patience.Patience) -> None:
    self.stop = threading.Event()
    self._wait = lambda seconds: None
