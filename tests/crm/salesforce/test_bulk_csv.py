"""The CSV of bulk jobs: what clears, what stays, and line breaks that survive."""

from __future__ import annotations

import io
from typing import Any

from sdrbot_skills.crm.salesforce import Adapter, bulk_csv
from sdrbot_skills.model.records import Operation, Row
from sdrbot_skills.model.schema import Field, ObjectSchema
from sdrbot_skills.model.values import Kind


def spelled(rows: list[Row], columns: list[str]) -> str:
    return b"".join(bulk_csv.upload_body(rows, columns)).decode()


def test_clearing_and_leaving_alone_are_told_apart() -> None:
    rows = [Row("1", {"A": None, "B": True, "C": 1.5}), Row("2", {"C": 'say "x",\ny'})]
    assert spelled(rows, ["A", "B", "C"]) == 'A,B,C\n#N/A,true,1.5\n,,"say ""x"",\ny"\n'


def test_the_text_that_would_clear_a_field_goes_another_way() -> None:
    assert not bulk_csv.fits(Row("1", {"A": "#N/A"}))
    assert bulk_csv.fits(Row("1", {"A": None, "B": "N/A"}))


def test_an_upload_is_made_in_chunks() -> None:
    rows = (Row(str(number), {"A": "x" * 1000}) for number in range(2000))
    sizes = [len(chunk) for chunk in bulk_csv.upload_body(rows, ["A"])]
    assert len(sizes) > 5 and max(sizes) < 2 * bulk_csv.CHUNK
    assert sum(sizes) == 2 + 2000 * 1001


def test_line_breaks_inside_a_value_survive_the_way_back() -> None:
    body = '"sf__Id","sf__Created","D"\n"003","true","one\ntwo\r\nthree"\n'
    assert list(bulk_csv.read_rows(io.BytesIO(body.encode()))) == [
        {"sf__Id": "003", "sf__Created": "true", "D": "one\ntwo\r\nthree"}
    ]


def test_a_querys_cells_become_the_values_of_a_rest_answer() -> None:
    def field(name: str, kind: Kind, vendor_type: str) -> Field:
        return Field(name=name, label=name, kind=kind, vendor_type=vendor_type)

    fields = (
        field("A", Kind.TEXT, "string"),
        field("B", Kind.BOOLEAN, "boolean"),
        field("C", Kind.INTEGER, "double"),
        field("D", Kind.MONEY, "currency"),
    )
    schema = ObjectSchema(crm="salesforce", name="X", label="X", plural="Xs", fields=fields)
    retyped = bulk_csv.retyper(schema, ["A", "B", "C", "D"])
    assert retyped({"A": "12", "B": "false", "C": "5.0", "D": ""}) == {"A": "12", "B": False, "C": 5.0, "D": None}


def test_an_answer_is_read_as_it_arrives(sf: Adapter) -> None:
    sf.write("Contact", Operation.CREATE, [Row(str(number), {"LastName": f"P{number}"}) for number in range(200)])
    with sf.client.download("query", {"q": "SELECT LastName FROM Contact"}) as answer:
        stream: Any = answer.raw
        with io.TextIOWrapper(stream, newline="") as text:
            assert text.read(1) == "{"
            assert text.read().count('"P') == 200
