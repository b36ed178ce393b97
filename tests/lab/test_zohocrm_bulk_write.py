"""Bulk write of the practice Zoho: limits, refusals, the result of each row; its answers against the vendor's OpenAPI files."""

import csv
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest

from sdrbot_skills import lab
from tests.lab.zoho_org import ZohoOrg, answer_schema

WRITE = "/crm/bulk/v8/write"
SAMPLE = {"url": "http://requestbin.fullcontact.com/1fcimk51", "method": "post"}
KEY = "Source_Key"


@pytest.fixture(scope="module")
def process() -> Iterator[lab.Emulator]:
    with lab.running("zohocrm") as emulator:
        yield emulator


@pytest.fixture
def zoho(process: lab.Emulator) -> Iterator[ZohoOrg]:
    process.reset()
    org = ZohoOrg(process)
    org.unique("Contacts")
    yield org
    org.http.close()


def zipped(*files: list[list[str]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number, lines in enumerate(files):
            text = io.StringIO(newline="")
            csv.writer(text).writerows(lines)
            archive.writestr(f"{'rows' if number == 0 else number}.csv", text.getvalue())
    return packed.getvalue()


def upload(org: ZohoOrg, content: bytes, **headers: str) -> httpx.Response:
    zgid = org("GET", "/org").json()["org"][0]["zgid"]
    usual = {"feature": "bulk-write", "X-CRM-ORG": zgid}
    return org.http.post("/crm/v8/upload", files={"file": ("rows.zip", content)}, headers={**usual, **headers})


def file_of(org: ZohoOrg, *lines: list[str]) -> str:
    return str(upload(org, zipped(list(lines))).json()["details"]["file_id"])


def described(file_id: str, *mappings: dict[str, Any], **more: Any) -> dict[str, Any]:
    resource = {"type": "data", "module": {"api_name": "Contacts"}, "file_id": file_id, "file_names": ["rows.csv"]}
    named = [{"index": number, **mapping} for number, mapping in enumerate(mappings)]
    return {"operation": "upsert", "resource": [{**resource, "find_by": KEY, "field_mappings": named, **more}]}


def carried(org: ZohoOrg, body: dict[str, Any]) -> list[dict[str, str]]:
    """The lines of the result of a job that has ended."""
    job = org.http.post(WRITE, json=body).json()["details"]["id"]
    while (told := org.http.get(f"{WRITE}/{job}").json())["status"] not in ("COMPLETED", "FAILED"):
        pass
    content = org.http.get(told["result"]["download_url"]).content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        (name,) = archive.namelist()
        assert name == "Contacts-rows.csv"
        return list(csv.DictReader(io.TextIOWrapper(archive.open(name), "utf-8")))


NAMED: tuple[dict[str, Any], ...] = ({"api_name": KEY}, {"api_name": "Last_Name"})


def test_every_row_has_its_result(zoho: ZohoOrg) -> None:
    account = zoho.make("Accounts", Account_Name="Acme")
    zoho.make("Contacts", Last_Name="Before", **{KEY: "k1"})
    lines = [
        [KEY, "Last_Name", "Email", "Account_Name.id", "Date_of_Birth", "Lead_Source", "Email_Opt_Out"],
        ["k1", "Changed", "", account, "", "", ""],
        ["k2", 'New, "quoted"\nline', "a@b.example", account, "1990-02-28", "Barter", "true"],
        ["k3", "", "", "", "", "", ""],
        ["k4", "Nowhere", "", "99", "", "", ""],
        ["k5", "Mail", "no mail", "", "", "", ""],
        ["k6", "Day", "", "", "28/02/1990", "", ""],
    ]
    names = ["Email", "Account_Name", "Date_of_Birth", "Lead_Source", "Email_Opt_Out"]
    rest: list[dict[str, Any]] = [{"api_name": name} for name in names]
    rest[1]["find_by"], rest[2]["format"] = "id", "yyyy-MM-dd"
    told = carried(zoho, described(file_of(zoho, *lines), *NAMED, *rest, ignore_empty=True))
    assert [(one[KEY], one["STATUS"], one["ERRORS"]) for one in told] == [
        ("k1", "UPDATED", ""),
        ("k2", "ADDED", ""),
        ("k3", "SKIPPED", "MANDATORY_NOT_FOUND-Last_Name"),
        ("k4", "SKIPPED", "INVALID_DATA-Account_Name.id"),
        ("k5", "SKIPPED", "INVALID_DATA-Email"),
        ("k6", "SKIPPED", "INVALID_DATA-Date_of_Birth"),
    ]
    assert list(told[0]) == [KEY, "Last_Name", "Email", "STATUS", "RECORD_ID", "ERRORS"]
    record = zoho("GET", f"/Contacts/{told[1]['RECORD_ID']}").json()["data"][0]
    assert record["Last_Name"] == 'New, "quoted"\nline' and record["Account_Name"]["id"] == account
    assert (record["Date_of_Birth"], record["Lead_Source"], record["Email_Opt_Out"]) == ("1990-02-28", "Barter", True)


def test_a_second_unique_field_and_empty_cells(zoho: ZohoOrg) -> None:
    zoho.unique("Contacts", "Other Key")
    zoho.make("Contacts", Last_Name="A", Other_Key="o1", Title="Boss", **{KEY: "k1"})
    zoho.make("Contacts", Last_Name="B", Other_Key="o2", **{KEY: "k2"})
    lines = [[KEY, "Last_Name", "Other_Key", "Title"], ["k2", "B", "o1", ""], ["k1", "A", "o1", ""]]
    body = described(file_of(zoho, *lines), *NAMED, {"api_name": "Other_Key"}, {"api_name": "Title"})
    told = carried(zoho, body)
    assert [(one["STATUS"], one["ERRORS"]) for one in told] == [
        ("SKIPPED", "DUPLICATE_DATA-Other_Key"),
        ("UPDATED", ""),
    ]
    record = zoho("GET", f"/Contacts/{told[1]['RECORD_ID']}").json()["data"][0]
    assert record["Title"] is None, "empty cells wipe unless they are ignored"


def test_an_insert_skips_what_it_finds_and_days_have_the_vendors_own_order(zoho: ZohoOrg) -> None:
    zoho.make("Contacts", Last_Name="A", **{KEY: "k1"})
    lines = [[KEY, "Last_Name", "Date_of_Birth"], ["k1", "B", "03/04/1990"], ["k2", "C", "03/04/1990"]]
    told = carried(
        zoho, described(file_of(zoho, *lines), *NAMED, {"api_name": "Date_of_Birth"}) | {"operation": "insert"}
    )
    assert [(one["STATUS"], one["ERRORS"]) for one in told] == [("SKIPPED", ""), ("ADDED", "")]
    record = zoho("GET", f"/Contacts/{told[1]['RECORD_ID']}").json()["data"][0]
    assert record["Date_of_Birth"] == "1990-03-04"


def test_lookups_go_by_a_unique_field_too(zoho: ZohoOrg) -> None:
    zoho.unique("Accounts", "Number")
    account = zoho.make("Accounts", Account_Name="Acme", Number="n1")
    lines = [[KEY, "Last_Name", "Account_Name"], ["k1", "A", "n1"], ["k2", "B", "n2"]]
    body = described(file_of(zoho, *lines), *NAMED, {"api_name": "Account_Name", "find_by": "Number"})
    told = carried(zoho, body)
    assert [(one["STATUS"], one["ERRORS"]) for one in told] == [("ADDED", ""), ("SKIPPED", "INVALID_DATA-Account_Name")]
    assert zoho("GET", f"/Contacts/{told[0]['RECORD_ID']}").json()["data"][0]["Account_Name"]["id"] == account


def test_a_job_that_breaks_off_says_which_rows_it_has_not_come_to(zoho: ZohoOrg) -> None:
    zoho.lab.control("bulk", fail_after_records=2)
    file_id = file_of(zoho, [KEY, "Last_Name"], *([f"k{number}", "X"] for number in range(5)))
    told = carried(zoho, described(file_id, *NAMED))
    assert [one["STATUS"] for one in told] == ["ADDED"] * 2 + ["UNPROCESSED"] * 3


def test_answers_are_as_the_vendor_describes_them(zoho: ZohoOrg) -> None:
    def fits(answer: httpx.Response, name: str, path: str, method: str) -> None:
        jsonschema.validate(answer.json(), answer_schema(name, path, method, str(answer.status_code)))

    made = upload(zoho, zipped([[KEY, "Last_Name"], ["k1", "A"]]))
    fits(made, "upload.json", "/upload", "post")
    for refused in (upload(zoho, b"no zip"), upload(zoho, zipped([["a"]]), feature="other")):
        assert refused.status_code == 400
        fits(refused, "upload.json", "/upload", "post")
    body = described(made.json()["details"]["file_id"], *NAMED) | {"callback": SAMPLE}
    job = zoho.http.post(WRITE, json=body)
    fits(job, "bulk-write.json", "/write", "post")
    for _ in range(3):
        looked = zoho.http.get(f"{WRITE}/{job.json()['details']['id']}")
        fits(looked, "bulk-write.json", "/write/{jobId}", "get")
    assert looked.json()["resource"][0]["file"]["added_count"] == 1
    assert zoho.http.get(f"{WRITE}/7").json()["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"operation": None}, "MISSING_REQUIRED_KEY"),
        ({"find_by": None}, "MANDATORY_NOT_FOUND"),
        ({"find_by": "Title"}, "INVALID_DATA"),
        ({"module": {"api_name": "Notes"}}, "MODULE_NOT_AVAILABLE"),
        ({"file_id": "7"}, "FILE_NOT_FOUND"),
        ({"field_mappings": [{"api_name": KEY, "index": 0}]}, "MANDATORY_FIELDS_NOT_MAPPED"),
        ({"field_mappings": [{"api_name": "Nope", "index": 0}]}, "INVALID_DATA"),
        ({"field_mappings": [{"api_name": "Last_Name", "index": 9}]}, "INVALID_DATA"),
        ({"callback": {"url": "https://x.example", "method": "get"}}, "INVALID_CALLBACK_METHOD"),
        ({"callback": {"url": "x", "method": "post"}}, "INVALID_CALLBACK_URL"),
    ],
)
def test_what_cannot_be_a_job_is_refused(zoho: ZohoOrg, change: dict[str, Any], code: str) -> None:
    body = described(file_of(zoho, [KEY, "Last_Name"], ["k1", "A"]), *NAMED)
    (body if {"operation", "callback"} & set(change) else body["resource"][0]).update(change)
    answer = zoho.http.post(WRITE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    jsonschema.validate(answer.json(), answer_schema("bulk-write.json", "/write", "post", "400"))


def test_a_file_has_one_csv_of_25000_rows_at_most(zoho: ZohoOrg) -> None:
    many = upload(zoho, zipped([[KEY, "Last_Name"], *([str(number), "A"] for number in range(25_001))]))
    two = upload(zoho, zipped([[KEY, "Last_Name"], ["1", "A"]], [["Parent_Id"], ["1"]]))
    for one in (many, two):
        answer = zoho.http.post(WRITE, json=described(one.json()["details"]["file_id"], *NAMED))
        assert (answer.status_code, answer.json()["code"]) == (400, "FILE_NOT_SUPPORTED")
