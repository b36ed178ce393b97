"""The mapping goes out as a spreadsheet and comes back answered."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan, Side
from sdrbot_skills.model.schema import Environment, Field, ObjectSchema
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.workbook import COLUMNS, MAPPING, VALUES, read_workbook, write_workbook


def schema(crm: str, name: str, *fields: str) -> ObjectSchema:
    made = tuple(Field(name=field, label=f"The {field}", kind=Kind.TEXT, vendor_type="string") for field in fields)
    return ObjectSchema(crm=crm, name=name, label=name, plural=name, fields=made)


SOURCE = {"contacts": schema("hubspot", "contacts", "email", "lastname", "=danger")}
TARGET = {"Contact": schema("salesforce", "Contact", "Email", "LastName", "Description")}


@pytest.fixture
def plan() -> Plan:
    side: dict[str, Any] = {"account_id": "1", "account_name": "Acme", "environment": Environment.LAB}
    fields = [
        FieldMapping.of("email", "Email", reason="the same"),
        FieldMapping.of("lastname", "LastName"),
    ]
    return Plan(
        source=Side(connection="hubspot", crm="hubspot", **side),
        target=Side(connection="salesforce", crm="salesforce", **side),
        objects={"contacts": ObjectPlan(source="contacts", target="Contact", fields=fields)},
    )


@pytest.mark.parametrize("name", ["mapping.csv", "mapping.xlsx"])
def test_unanswered_it_changes_nothing(plan: Plan, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    assert write_workbook(plan, path, SOURCE, TARGET) == 3
    assert read_workbook(plan, path) == plan


def test_an_answer_moves_a_field(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mapping.xlsx"
    write_workbook(plan, path, SOURCE, TARGET)
    book = load_workbook(path)
    sheet = book.active
    assert sheet is not None
    for row in sheet.iter_rows(min_row=2):
        if row[1].value == "'=danger":
            row[COLUMNS.index("to")].value = "Description"
            row[COLUMNS.index("if it does not fit")].value = "truncate"
        if row[1].value == "lastname":
            row[COLUMNS.index("to")].value = None
    book.save(path)
    book.close()
    mapping = {entry.target: entry for entry in read_workbook(plan, path).objects["contacts"].fields}
    assert set(mapping) == {"Email", "Description"}
    assert mapping["Description"].source == ["=danger"] and mapping["Description"].otherwise == "truncate"


def test_no_cell_is_a_formula(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mapping.csv"
    write_workbook(plan, path, SOURCE, TARGET)
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "+", "@"))]


def test_every_row_that_cannot_be_understood_is_named(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mapping.csv"
    path.write_text(
        "object,from,to,if it does not fit\ncontacts,email,Email,perhaps\nthings,a,B,\ncontacts,a,Email,\ncontacts,b,Email,\n"
    )
    with pytest.raises(PlanInvalid) as caught:
        read_workbook(plan, path)
    text = str(caught.value)
    assert (
        "row 2" in text
        and "perhaps" in text
        and "row 3" in text
        and "things" in text
        and "Email is filled by 2 rows" in text
    )


def test_other_files_are_refused(plan: Plan, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="xlsx"):
        read_workbook(plan, tmp_path / "none.xlsx")
    with pytest.raises(ConfigurationError, match=r"\.csv or \.xlsx"):
        write_workbook(plan, tmp_path / "mapping.txt", SOURCE, TARGET)


@pytest.fixture
def mapped(plan: Plan) -> Plan:
    """The same plan with a value map: one entry leads to an option, one to nothing."""
    entry = plan.objects["contacts"]
    fields = [*entry.fields, FieldMapping.of("stage", "Stage", value_map={"new": "New", "007": "Open", "old": None})]
    return plan.model_copy(update={"objects": {"contacts": entry.model_copy(update={"fields": fields})}})


def test_value_maps_go_out_and_come_back(mapped: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mapping.xlsx"
    write_workbook(mapped, path, SOURCE, TARGET)
    assert read_workbook(mapped, path) == mapped
    book = load_workbook(path)
    sheet = book[VALUES]
    column = [str(cell.value) for cell in sheet[1]].index("target value") + 1
    sheet.cell(2, column).value = "Fresh"
    sheet.cell(4, column).value = "New"
    sheet.append(["contacts", "Stage", "lost", "", "Open", ""])
    book.save(path)
    book.close()
    stage = read_workbook(mapped, path).objects["contacts"].mapping("Stage")
    assert stage is not None
    assert stage.value_map == {"new": "Fresh", "007": "Open", "old": "New", "lost": "Open"}


def test_a_workbook_without_the_second_sheet_changes_no_value_map(mapped: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mapping.csv"
    write_workbook(mapped, path, SOURCE, TARGET)
    assert read_workbook(mapped, path) == mapped


def test_a_value_that_has_no_place_or_two_is_named(mapped: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mapping.xlsx"
    write_workbook(mapped, path, SOURCE, TARGET)
    book = load_workbook(path)
    book[VALUES].append(["contacts", "Stage", "new", "", "Open", ""])
    book[VALUES].append(["people", "Stage", "new", "", "Open", ""])
    book[VALUES].append(["contacts", "Stgae", "lost", "", "Open", ""])
    book.save(path)
    book.close()
    with pytest.raises(PlanInvalid) as caught:
        read_workbook(mapped, path)
    assert caught.value.problems == [
        "values, row 5: 'new' of Stage stands there twice",
        "values, row 6: the plan has no people → Stage",
        "values, row 7: the plan has no contacts → Stgae",
    ]


def test_a_field_that_gets_another_source_does_not_keep_the_map_of_the_old_one(mapped: Plan, tmp_path: Path) -> None:
    path = tmp_path / "mapping.xlsx"
    write_workbook(mapped, path, SOURCE, TARGET)
    book = load_workbook(path)
    for row in book[MAPPING].iter_rows(min_row=2):
        if row[1].value == "stage":
            row[1].value = "lastname"
    book.save(path)
    book.close()
    stage = read_workbook(mapped, path).objects["contacts"].mapping("Stage")
    assert stage is not None and (stage.source, stage.value_map) == (["lastname"], None)
