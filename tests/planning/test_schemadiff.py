"""What changed of a schema since a snapshot, and which of it may stop a plan."""

from __future__ import annotations

from sdrbot_skills.model.schema import Field, ObjectSchema, Option, Pipeline, Stage
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.schemadiff import SchemaSnapshot, schema_changes, snapshot
from tests.planning.fakes import FakeCrm


def text(name: str, **facts: object) -> Field:
    return Field.model_validate({"name": name, "label": name, "kind": Kind.TEXT, "vendor_type": "string", **facts})


def made(hub: FakeCrm, *fields: Field, pipelines: tuple[Pipeline, ...] = (), name: str = "deals") -> SchemaSnapshot:
    schema = ObjectSchema(crm="hubspot", name=name, label=name, plural=name, fields=fields)
    return snapshot(hub).model_copy(update={"objects": {name: schema}, "pipelines": {name: list(pipelines)}})


def lines(before: SchemaSnapshot, now: SchemaSnapshot) -> list[tuple[str, str, str]]:
    return [(change.weight, change.field, change.text) for change in schema_changes(before, now)]


def test_nothing_changed(hub: FakeCrm) -> None:
    assert schema_changes(snapshot(hub), snapshot(hub)) == []
    kept = SchemaSnapshot.model_validate_json(snapshot(hub).model_dump_json())
    assert schema_changes(kept, snapshot(hub)) == []
    assert set(kept.objects) == {"companies", "contacts", "deals"}


def test_what_may_break_something_comes_first(hub: FakeCrm) -> None:
    before = made(hub, text("gone"), text("a", max_length=80), text("b", label="B"), text("c"))
    now = made(
        hub,
        text("a", max_length=40),
        text("b", label="Bee"),
        text("c", required=True),
        text("d"),
        text("e", required=True),
    )
    assert lines(before, now) == [
        ("breaks", "gone", "is not there any more, or is hidden now"),
        ("breaks", "a", "longest text: 80 → 40"),
        ("breaks", "c", "required: no → yes"),
        ("breaks", "e", "is new: e (text, required)"),
        ("new", "d", "is new: d (text)"),
        ("changed", "b", "label: B → Bee"),
    ]  # fmt: skip
    assert ("changed", "a", "longest text: 40 → 80") in lines(now, before)


def test_options(hub: FakeCrm) -> None:
    old = (Option(value="a", label="A"), Option(value="b", label="B"), Option(value="c", label="C"))
    new = (Option(value="a", label="Aha"), Option(value="b", label="B", active=False), Option(value="d", label="D"))
    assert lines(made(hub, text("x", options=old)), made(hub, text("x", options=new))) == [
        ("breaks", "x", "without the options b, c"),
        ("new", "x", "with the option d"),
        ("changed", "x", "option a: label A → Aha"),
    ]


def test_pipelines_and_stages(hub: FakeCrm) -> None:
    old = Pipeline(id="1", label="Sales", stages=(Stage(id="a", label="New"), Stage(id="b", label="Won")))
    new = Pipeline(id="1", label="Deals", stages=(Stage(id="a", label="New"), Stage(id="c", label="Lost")))
    assert lines(made(hub, pipelines=(old,)), made(hub, pipelines=(new,))) == [
        ("breaks", "", "stage Won of Sales is not there any more"),
        ("new", "", "stage Lost of Deals is new"),
        ("changed", "", "pipeline Sales is called Deals now"),
    ]


def test_objects_come_and_go(hub: FakeCrm) -> None:
    assert lines(made(hub, name="pets"), made(hub, name="cars")) == [
        ("breaks", "", "is not there any more"),
        ("new", "", "is new"),
    ]
