"""Bulk API 2.0 of the Salesforce emulator: the life of a job, its results, its traps."""

import csv
import io
from typing import Any

import httpx
import pytest

from tests.lab.salesforce_org import BASE, Org

JOBS = "/jobs/ingest"


class Job:
    def __init__(self, org: Org, operation: str = "upsert", kind: str = "Contact", **more: Any) -> None:
        if operation == "upsert":
            more.setdefault("externalIdFieldName", "Ext__c")
        self.org = org
        answer = org.call("POST", JOBS, {"object": kind, "operation": operation, "contentType": "CSV", **more})
        assert answer.status_code == 200, answer.text
        self.made = answer.json()
        self.path = f"{JOBS}/{self.made['id']}"

    def upload(self, text: str) -> httpx.Response:
        url = "/" + self.made["contentUrl"]
        return self.org.http.put(url, content=text.encode(), headers={"Content-Type": "text/csv"})

    def run(self, text: str) -> dict[str, Any]:
        assert self.upload(text).status_code == 201
        assert self.org.call("PATCH", self.path, {"state": "UploadComplete"}).json()["state"] == "UploadComplete"
        for _ in range(20):
            state = self.org.call("GET", self.path).json()
            if state["state"] in ("JobComplete", "Failed", "Aborted"):
                return dict(state)
        raise AssertionError(state)

    def results(self, name: str) -> list[dict[str, str]]:
        answer = self.org.call("GET", f"{self.path}/{name}")
        assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/csv"), answer.text
        return list(csv.DictReader(io.StringIO(answer.text, newline="")))


@pytest.fixture
def keyed(org: Org) -> Org:
    org.field("Contact", "Ext__c")
    return org


def lines(*rows: str) -> str:
    return "\n".join(rows) + "\n"


def test_the_life_of_a_job(keyed: Org) -> None:
    job = Job(keyed)
    assert job.made["state"] == "Open" and job.made["id"].startswith("750") and job.made["apiVersion"] == 66.0
    assert job.made["contentUrl"] == f"{BASE[1:]}{job.path}/batches"
    job.upload(lines("LastName,Ext__c", "A,1", "B,2"))
    assert job.upload("LastName\nA").json()[0]["errorCode"] == "INVALIDJOBSTATE", "one upload per job"
    states = [keyed.call("PATCH", job.path, {"state": "UploadComplete"}).json()["state"]]
    while states[-1] not in ("JobComplete", "Failed"):
        states.append(keyed.call("GET", job.path).json()["state"])
    assert list(dict.fromkeys(states)) == ["UploadComplete", "InProgress", "JobComplete"]
    assert keyed.call("GET", job.path).json()["jobType"] == "V2Ingest"
    assert keyed.refused("PATCH", job.path, {"state": "UploadComplete"})["errorCode"] == "INVALIDJOBSTATE"


def test_results_are_told_apart_and_not_in_order(keyed: Org) -> None:
    keyed.create("Contact", LastName="Old", Ext__c="0")
    rows = [f"{'' if n % 10 == 9 else f'L{n}'},{n}" for n in range(100)]
    job = Job(keyed)
    state = job.run(lines("LastName,Ext__c", *rows))
    assert (state["state"], state["numberRecordsProcessed"], state["numberRecordsFailed"]) == ("JobComplete", 100, 10)
    good, bad = job.results("successfulResults"), job.results("failedResults")
    assert list(good[0]) == ["sf__Id", "sf__Created", "LastName", "Ext__c"] and len(good) == 90
    assert [row["Ext__c"] for row in good] != sorted((row["Ext__c"] for row in good), key=int)
    assert {row["sf__Created"] for row in good if row["Ext__c"] == "0"} == {"false"}
    assert {row["sf__Error"] for row in bad} == {
        "REQUIRED_FIELD_MISSING:Required fields are missing: [LastName]:LastName --"
    }
    assert job.results("unprocessedrecords") == job.results("unprocessedRecords") == []


def test_an_empty_cell_leaves_alone_and_a_mark_clears(keyed: Org) -> None:
    made = keyed.create("Contact", LastName="A", Ext__c="1", Title="T", Department="D")
    Job(keyed).run(lines("Ext__c,LastName,Title,Department", "1,A,,#N/A"))
    record = keyed.call("GET", f"/sobjects/Contact/{made}").json()
    assert (record["Title"], record["Department"]) == ("T", None)


def test_newlines_quotes_and_byte_order_marks(keyed: Org) -> None:
    job = Job(keyed, lineEnding="CRLF", columnDelimiter="SEMICOLON")
    job.run('\ufeffExt__c;LastName;Description\r\n1;"O""Neil";"line1\nline2; end"\r\n')
    row = keyed.rows("SELECT LastName, Description FROM Contact")[0]
    assert (row["LastName"], row["Description"]) == ('O"Neil', "line1\nline2; end")
    text = keyed.call("GET", f"{job.path}/successfulResults").text
    assert text.startswith('"sf__Id";"sf__Created";"Ext__c";"LastName";"Description"\r\n')


def test_parents_by_external_id(keyed: Org) -> None:
    keyed.field("Account", "Ext__c")
    account = keyed.create("Account", Name="Acme", Ext__c="c1")
    job = Job(keyed)
    job.run(lines("Ext__c,LastName,Account.Ext__c", "1,A,c1", "2,B,c9"))
    assert keyed.rows("SELECT AccountId FROM Contact")[0]["AccountId"] == account
    assert job.results("failedResults")[0]["sf__Error"].startswith(
        "INVALID_FIELD:Foreign key external ID: c9 not found"
    )


def test_an_unknown_header_fails_the_whole_job(keyed: Org) -> None:
    keyed.field("Contact", "Hidden__c", visible=False)
    job = Job(keyed)
    state = job.run(lines("Ext__c,LastName,Hidden__c", "1,A,x"))
    assert (state["state"], state["errorMessage"]) == ("Failed", "InvalidBatch : Field name not found : Hidden__c")
    assert keyed.rows("SELECT Id FROM Contact") == []


def test_a_failed_job_may_have_committed_rows(keyed: Org) -> None:
    keyed.lab.control("bulk", fail_after_records=3)
    job = Job(keyed)
    assert job.run(lines("Ext__c,LastName", *[f"{n},L{n}" for n in range(5)]))["state"] == "Failed"
    assert len(job.results("successfulResults")) == len(keyed.rows("SELECT Id FROM Contact")) == 3
    assert len(job.results("unprocessedrecords")) == 2


def test_an_alert_refuses_every_duplicate_of_a_bulk_load(keyed: Org) -> None:
    keyed.create("Contact", LastName="A", Email="a@x.example")
    job = Job(keyed)
    job.run(lines("Ext__c,LastName,Email", "1,B,a@x.example"))
    assert job.results("failedResults")[0]["sf__Error"].startswith("DUPLICATES_DETECTED:")


def test_a_bad_value_refuses_its_row_only(keyed: Org) -> None:
    job = Job(keyed, "insert")
    job.run(lines("LastName,Birthdate,DoNotCall", "A,1.2.1990,true", "B,1990-02-01,false"))
    assert [row["LastName"] for row in job.results("successfulResults")] == ["B"]
    assert job.results("failedResults")[0]["sf__Error"].startswith("INVALID_TYPE_ON_FIELD_IN_RECORD:")


def test_delete_wants_ids_only(keyed: Org) -> None:
    made = keyed.create("Contact", LastName="A")
    assert Job(keyed, "delete").run(lines("Id,LastName", f"{made},A"))["state"] == "Failed"
    assert Job(keyed, "delete").run(lines("Id", made))["numberRecordsFailed"] == 0
    assert keyed.rows("SELECT Id FROM Contact") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"object": "Nothing", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Contact", "operation": "merge"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "upsert", "externalIdFieldName": "Title"}, "INVALIDJOB"),
        ({"object": "Contact", "operation": "hardDelete"}, "FEATURENOTENABLED"),
    ],
)
def test_jobs_that_are_refused(org: Org, body: dict[str, str], code: str) -> None:
    assert org.refused("POST", JOBS, body)["errorCode"] == code


def test_a_job_goes_on_when_the_server_was_killed(keyed: Org) -> None:
    job = Job(keyed)
    job.upload(lines("Ext__c,LastName", "1,A"))
    keyed.call("PATCH", job.path, {"state": "UploadComplete"})
    keyed.lab.kill9()
    keyed.lab.restart()
    for _ in range(3):
        state = keyed.call("GET", job.path).json()["state"]
    assert state == "JobComplete" and len(keyed.rows("SELECT Id FROM Contact")) == 1


def test_query_jobs_page_by_locator(org: Org) -> None:
    account = org.create("Account", Name="Acme, Inc")
    org.collection("POST", "", "Contact", *[{"LastName": f"L{n}", "AccountId": account} for n in range(5)])
    query = "SELECT Id, LastName, Title, Account.Name, DoNotCall, CreatedDate FROM Contact ORDER BY LastName"
    job = org.call("POST", "/jobs/query", {"operation": "query", "query": query}).json()
    path = f"/jobs/query/{job['id']}"
    assert org.refused("GET", f"{path}/results")["errorCode"] == "INVALIDJOBSTATE"
    assert [org.call("GET", path).json()["state"] for _ in range(2)] == ["InProgress", "JobComplete"]
    pages, locator = [], ""
    while locator != "null":
        answer = org.call(
            "GET", f"{path}/results", params={"maxRecords": 2, **({"locator": locator} if locator else {})}
        )
        locator = answer.headers["Sforce-Locator"]
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert answer.headers["Sforce-NumberOfRecords"] == str(len(rows))
        pages.append(rows)
    assert [len(page) for page in pages] == [2, 2, 1]
    first = pages[0][0]
    assert first["Account.Name"] == "Acme, Inc" and first["Title"] == "" and first["DoNotCall"] == "false"
    assert first["CreatedDate"].endswith(".000Z")


@pytest.mark.parametrize("query", ["SELECT COUNT(Id) FROM Contact", "SELECT MailingAddress FROM Contact"])
def test_what_query_jobs_cannot_do(org: Org, query: str) -> None:
    assert org.refused("POST", "/jobs/query", {"operation": "query", "query": query})["status"] == 400
