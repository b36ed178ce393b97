"""Carrying chosen records into a target by the engine: a source that holds canonical values, a plan onto standard fields, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sdrbot_skills.crm.base import Codec, Crm, Decode, Encode, Normalise
from sdrbot_skills.model.plan import Plan
from sdrbot_skills.model.schema import Field, LinkType, ObjectSchema
from sdrbot_skills.model.values import Kind
from sdrbot_skills.script import transforms
from tests.conformance.people import by_standard
from tests.engine.dummy import DummyCrm
from tests.engine.misfortune import Fate, Faults
from tests.engine.store import Store
from tests.engine.world import CREATED


class Bad(NamedTuple):
    """A record with something wrong: `values` replace good ones, by the vocabulary's name; `points_at`: what its link leads to;
    `refused`: the rule it is quarantined by, on the CRMs that cannot hold it; elsewhere it lands, where `told` as the finding said."""

    name: str
    object: str
    values: Mapping[str, Any] = {}
    points_at: str | None = None
    refused: Mapping[str, str] = {}
    told: Mapping[str, str] = {}


KINDS = {
    "company": {
        "name": Kind.TEXT,
        "description": Kind.LONG_TEXT,
        "industry": Kind.CHOICE,
        "domain": Kind.URLS,
        "employees": Kind.INTEGER,
    },
    "person": {"first_name": Kind.TEXT, "last_name": Kind.TEXT, "email": Kind.EMAILS, "phone": Kind.PHONES},
    "deal": {
        "name": Kind.TEXT,
        "amount": Kind.MONEY,
        "close_date": Kind.DATE,
        "stage": Kind.CHOICE,
        "probability": Kind.DECIMAL,
        "owner": Kind.USER,
    },
}
LINKS = {"company": "company.parent", "person": "person.company"}


class AsItIs(Codec):
    """The source holds canonical values."""

    def reads(self, field: Field) -> tuple[str, ...]:
        return (field.name,)

    def decoder(self, field: Field) -> Decode:
        return lambda values: values.get(field.name)

    def encoder(self, field: Field) -> Encode:
        raise NotImplementedError

    def normaliser(self, field: Field) -> Normalise:
        return lambda value: value


def source_schema(word: str) -> ObjectSchema:
    fields = [
        Field(name=name, label=name, kind=kind, vendor_type="any", standard=f"{word}.{name}")
        for name, kind in KINDS[word].items()
    ]
    return ObjectSchema(
        crm="dummy",
        name=word,
        label=word,
        plural=word,
        standard=word,
        fields=(*fields, CREATED),
        created_field="created_at",
    )


def source_of(bad: tuple[Bad, ...], crm: Crm) -> tuple[DummyCrm, dict[str, str]]:
    """The source with good values everywhere else, and the records' ids by their names."""
    store, ids = Store("s"), {}
    for number, one in enumerate(bad):
        values = {**_good(one.object, number, crm), **one.values}
        ids[one.name] = store.put(one.object, values, f"s{number:03}")
    for one in bad:
        if one.points_at:
            store.links[LINKS[one.object], ids[one.name], ids.get(one.points_at, "s999")] = None
    links = [LinkType(name=LINKS[word], object=word, to_object="company", label=word) for word in LINKS]
    source = DummyCrm(store, [source_schema(word) for word in KINDS], links, Fate(Faults()))
    source.codec = AsItIs()
    account = source.account().model_copy(update={"currency": crm.account().currency or "EUR"})
    source.account = lambda: account  # type: ignore[method-assign]
    return source, ids


def _good(word: str, number: int, crm: Crm) -> dict[str, Any]:
    if word == "person":
        mail, phone = [f"p{number}@example.org"], ["+44 20 7946 0958"]
        return {"first_name": "Ada", "last_name": f"Person {number:03}", "email": mail, "phone": phone}
    if word == "company":
        return {"name": f"Firm {number:03}", "description": "Makes things."}
    users = [user.id for user in crm.users() if user.active]
    money = {"amount": Decimal("1250.5"), "currency": None}
    return {
        "name": f"Deal {number:03}",
        "amount": money,
        "close_date": "2030-01-31",
        "stage": "open",
        "owner": users[0],
    }


def plan_to(crm: Crm, schemas: Mapping[str, ObjectSchema]) -> tuple[Plan, dict[str, Callable[[Any], Any]]]:
    """Each field onto the one of its standard name; of people the whole name where the target takes names apart by itself."""
    side = {"account_id": "x", "account_name": "x", "environment": "lab"}
    objects, scripts = {}, {}
    for word, schema in schemas.items():
        pairs = {name: _target(schema, f"{word}.{name}") for name in KINDS[word]}
        fields: list[dict[str, Any]] = [{"from": name, "to": field.name} for name, field in pairs.items() if field]
        whole = _target(schema, "person.full_name") if word == "person" and not pairs["last_name"] else None
        if whole:
            fields.append({"from": ["first_name", "last_name"], "to": whole.name})
        stage = pairs.get("stage")
        stages = {"open": stage.options[0].value} if stage else {}
        for entry in fields:
            if stage and entry["to"] == stage.name:
                entry["value_map"] = stages
        links = [
            {"from": LINKS.get(word), "to": one.name, "object": "company"}
            for one in crm.link_types(schema.name)
            if word in LINKS and one.standard == LINKS[word]
        ]
        objects[word] = {"source": word, "target": schema.name, "fields": fields, "links": links}
        scripts[word] = _script({entry["to"]: entry["from"] for entry in fields}, stage.name if stage else "", stages)
    plan = {
        "source": {"connection": "a", "crm": "dummy", **side},
        "target": {"connection": "b", "crm": crm.crm, **side},
        "objects": objects,
    }
    return Plan.model_validate(plan), scripts


def _target(schema: ObjectSchema, standard: str) -> Field | None:
    return next((one for one in schema.fields if one.standard == standard and one.creatable), None)


def _script(pairs: dict[str, Any], stage: str, stages: Mapping[str, str]) -> Callable[[Any], Any]:
    def made(source: dict[str, Any]) -> dict[str, Any]:
        values = {
            to: transforms.join(*(source[one] for one in name)) if isinstance(name, list) else source[name]
            for to, name in pairs.items()
        }
        if stage:
            values[stage] = transforms.map_value(values[stage], stages, field=stage, otherwise="reject")
        return values

    return made


def read_back(crm: Crm, schema: ObjectSchema, word: str, ids: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """What the target holds of each landed record, by its name and the vocabulary's names."""
    fields = {name: field for name in KINDS[word] if (field := _target(schema, f"{word}.{name}"))}
    if word == "person" and "last_name" not in fields:
        fields["full_name"] = by_standard(schema, "person.full_name")
    columns = [column for field in fields.values() for column in crm.codec.reads(field)]
    size, wanted = crm.capabilities.get_batch, list(ids.values())
    records = [
        one
        for start in range(0, len(wanted), size)
        for one in crm.get(schema.name, wanted[start : start + size], columns)
    ]
    names = {record_id: name for name, record_id in ids.items()}
    decoders = {name: crm.codec.decoder(field) for name, field in fields.items()}
    return {names[one.id]: {name: decode(one.values) for name, decode in decoders.items()} for one in records}


def alike(name: str, sent: Any, found: Any, *, told: bool) -> bool:
    """Whether a value came through, however the CRM spells it. `told`: the dry run said that amounts become plain numbers."""
    if name == "close_date" and len(sent) > 10:
        return bool(sent == found)
    if name == "close_date" and sent:
        return bool(found) and found[:10] in _days_around(sent)
    if name == "amount":
        there = sent["currency"] in (None, found["currency"]) or (told and found["currency"] is None)
        return bool(there and found["amount"] == sent["amount"])
    if name == "phone":
        return [_digits(one) for one in found] == [_digits(one) for one in sent]
    if name == "email":
        return [one.casefold() for one in found] == list(dict.fromkeys(one.strip().casefold() for one in sent))
    return bool(sent == found)


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))


def _days_around(day: str) -> set[str]:
    """A day may be kept as a moment, which lies on the day before where the account is east of Greenwich."""
    middle = date.fromisoformat(day).toordinal()
    return {
        date.fromordinal(one).isoformat() for one in (middle - 1, middle, middle + 1) if 0 < one <= date.max.toordinal()
    }
