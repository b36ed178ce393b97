"""The mapping goes out as a spreadsheet and comes back answered."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sdrbot_skills.errors import ConfigurationError, PlanInvalid
from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan, Side
from sdrbot_skills.model.schema import Environment, Field, ObjectSchema
from sdrbot_skills.model.values import Kind
from sdrbot_skills.planning.workbook import COLUMNS, read_workbook, write_workbook


def schema(crm: str, name: str, *fields: str) -> ObjectSchema:
    made = tuple(Field(name=field, label=f"The {field}", kind=Kind.TEXT, vendor_type="string") for field in fields)
    return ObjectSchema(crm=crm, name=name, label=name, plural=name, fields=made)


SOURCE = {"contacts": schema("hubspot", "contacts", "email", "lastname", "=danger")}
TARGET = {"Contact": schema("salesforce", "Contact", "Email", "LastName", "Description")}


@pytest.fixture
def plan() -> Plan:
    side = {"account_id": "1", "account_name": "Acme", "environment": Environment.LAB}
    fields = [
        FieldMapping(source=["email"], target="Email", reason="the same"),
        FieldMapping(source=["lastname"], target="LastName"),
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
