"""Collections and composite requests of the Salesforce emulator: order, partial failure, limits."""

from typing import Any

import pytest

from tests.lab.salesforce_org import BASE, Org


def contacts(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"LastName": name, **more} for name in names]


def test_rows_are_answered_in_order_and_alone(org: Org) -> None:
    results = org.collection("POST", "", "Contact", *contacts("A", "", "C"))
    assert [one["success"] for one in results] == [True, False, True]
    assert results[1] == {
        "success": False,
        "errors": [
            {
                "statusCode": "REQUIRED_FIELD_MISSING",
                "message": "Required fields are missing: [LastName]",
                "fields": ["LastName"],
            }
        ],
    }
    stored = {row["Id"]: row["LastName"] for row in org.rows("SELECT Id, LastName FROM Contact")}
    assert stored == {results[0]["id"]: "A", results[2]["id"]: "C"}


def test_all_or_none_takes_everything_back(org: Org) -> None:
    results = org.collection("POST", "", "Contact", *contacts("A", "", "C"), all_or_none=True)
    codes = [one["errors"][0]["statusCode"] for one in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING", "ALL_OR_NONE_OPERATION_ROLLED_BACK"]
    assert org.rows("SELECT Id FROM Contact") == [] and org.lab.writes() == {}


def test_all_or_none_over_several_objects(org: Org) -> None:
    records = [
        {"attributes": {"type": "Account"}, "Name": "A"},
        {"attributes": {"type": "Contact"}, "FirstName": "nobody"},
    ]
    results = org.call("POST", "/composite/sobjects", {"allOrNone": True, "records": records}).json()
    assert [one["success"] for one in results] == [False, False]
    assert org.rows("SELECT Id FROM Account") == []


@pytest.mark.parametrize("key", ["Ext__c", "Id"])
def test_upsert_creates_and_updates(org: Org, key: str) -> None:
    org.field("Contact", "Ext__c")
    there = org.create("Contact", LastName="A", Ext__c="1")
    old = {"LastName": "B", key: "1" if key == "Ext__c" else there}
    new = {"LastName": "C", key: "2" if key == "Ext__c" else None}
    results = org.collection("PATCH", f"/Contact/{key}", "Contact", old, new)
    assert [(one["success"], one["created"]) for one in results] == [(True, False), (True, True)]
    assert results[0]["id"] == there


def test_the_same_key_twice_in_one_call_fails_both(org: Org) -> None:
    org.field("Contact", "Ext__c")
    rows = [{"LastName": name, "Ext__c": key} for name, key in (("A", "x"), ("B", "X"), ("C", "y"))]
    results = org.collection("PATCH", "/Contact/Ext__c", "Contact", *rows)
    assert [one["success"] for one in results] == [False, False, True]
    assert {one["errors"][0]["statusCode"] for one in results[:2]} == {"DUPLICATE_EXTERNAL_ID"}


def test_a_row_without_its_key_is_refused(org: Org) -> None:
    org.field("Contact", "Ext__c")
    results = org.collection("PATCH", "/Contact/Ext__c", "Contact", *contacts("A"))
    assert results[0]["errors"][0]["statusCode"] == "MISSING_ARGUMENT"
    wrong = {"records": [{"attributes": {"type": "Contact"}, "LastName": "A", "Title": "T"}]}
    assert org.refused("PATCH", "/composite/sobjects/Contact/Title", wrong)["errorCode"] == "INVALID_FIELD"


def test_a_value_that_cannot_be_parsed_refuses_the_whole_call(org: Org) -> None:
    records = [
        {"attributes": {"type": "Contact"}, "LastName": "A", "Birthdate": value} for value in ("2000-01-01", "x")
    ]
    refused = org.refused("POST", "/composite/sobjects", {"records": records})
    assert (refused["status"], refused["errorCode"]) == (400, "JSON_PARSER_ERROR")
    unknown = {"records": [{"attributes": {"type": "Contact"}, "LastName": "A", "Foo__c": 1}]}
    assert org.refused("POST", "/composite/sobjects", unknown)["errorCode"] == "INVALID_FIELD"
    assert org.rows("SELECT Id FROM Contact") == []


def test_update_and_delete(org: Org) -> None:
    made = [one["id"] for one in org.collection("POST", "", "Contact", *contacts("A", "B"))]
    rows = [{"id": made[0], "LastName": "Z"}, {"id": "003000000000000AAA", "LastName": "Y"}, {"LastName": "X"}]
    results = org.collection("PATCH", "", "Contact", *rows)
    codes = [one["errors"][0]["statusCode"] if one["errors"] else None for one in results]
    assert codes == [None, "NOT_FOUND", "MISSING_ARGUMENT"]
    answer = org.call("DELETE", f"/composite/sobjects?ids={made[1]},00Q000000000000AAA&allOrNone=false")
    assert [one["success"] for one in answer.json()] == [True, False]
    assert [row["LastName"] for row in org.rows("SELECT LastName FROM Contact")] == ["Z"]


def test_reading_keeps_the_order_asked_and_shows_gaps(org: Org) -> None:
    made = [one["id"] for one in org.collection("POST", "", "Contact", *contacts("A", "B"))]
    ids = [made[1], "003000000000000AAA", made[0]]
    rows = org.call("POST", "/composite/sobjects/Contact", {"ids": ids, "fields": ["LastName"]}).json()
    assert [row and row["LastName"] for row in rows] == ["B", None, "A"]
    refused = org.refused("POST", "/composite/sobjects/Contact", {"ids": ids, "fields": ["Nope"]})
    assert refused["errorCode"] == "INVALID_FIELD"


def test_size_limits(org: Org) -> None:
    records = [{"attributes": {"type": "Contact"}, "LastName": "A"}] * 201
    assert org.refused("POST", "/composite/sobjects", {"records": records})["errorCode"] == "EXCEEDED_ID_LIMIT"
    mixed = [{"attributes": {"type": ("Account", "Contact")[n % 2]}, "Name": "A"} for n in range(11)]
    assert org.refused("POST", "/composite/sobjects", {"records": mixed})["errorCode"] == "LIMIT_EXCEEDED"
    assert len(org.collection("POST", "", "Contact", *contacts(*map(str, range(200))))) == 200


def test_a_duplicate_alert_is_a_row_of_its_own(org: Org) -> None:
    org.create("Contact", LastName="A", Email="a@x.example")
    rows = [{"LastName": "B", "Email": "a@x.example"}, {"LastName": "C", "Email": "c@x.example"}]
    results = org.collection("POST", "", "Contact", *rows)
    assert [one["success"] for one in results] == [False, True]
    assert results[0]["errors"][0]["statusCode"] == "DUPLICATES_DETECTED"


def test_composite_passes_answers_on(org: Org) -> None:
    parts = [
        {
            "method": "POST",
            "url": f"{BASE}/sobjects/Account",
            "referenceId": "acc",
            "body": {"Name": "Acme"},
        },
        {
            "method": "POST",
            "url": f"{BASE}/sobjects/Contact",
            "referenceId": "con",
            "body": {"LastName": "A", "AccountId": "@{acc.id}"},
        },
        {"method": "GET", "url": f"{BASE}/sobjects/Account/Ext__c/none", "referenceId": "r0"},
    ]
    answer = org.call("POST", "/composite", {"compositeRequest": parts}).json()["compositeResponse"]
    assert [part["httpStatusCode"] for part in answer] == [201, 201, 404]
    assert answer[2]["body"][0]["errorCode"] == "NOT_FOUND" and answer[2]["referenceId"] == "r0"
    assert org.rows("SELECT Account.Name FROM Contact")[0]["Account"]["Name"] == "Acme"
    undone = org.call("POST", "/composite", {"allOrNone": True, "compositeRequest": parts}).json()["compositeResponse"]
    assert [part["httpStatusCode"] for part in undone] == [400, 400, 404]
    assert len(org.rows("SELECT Id FROM Account")) == 1


def test_batch_and_tree(org: Org) -> None:
    parts = [{"method": "GET", "url": "v66.0/limits"}, {"method": "GET", "url": "v66.0/nothing"}]
    answer = org.call("POST", "/composite/batch", {"batchRequests": parts}).json()
    assert answer["hasErrors"] is True and [part["statusCode"] for part in answer["results"]] == [200, 404]
    records = [{"attributes": {"type": "Account", "referenceId": f"r{n}"}, "Name": f"A{n}"} for n in range(2)]
    tree = org.call("POST", "/composite/tree/Account", {"records": records})
    assert tree.status_code == 201 and [one["referenceId"] for one in tree.json()["results"]] == ["r0", "r1"]


def test_a_write_whose_answer_is_lost_was_done(org: Org) -> None:
    org.field("Contact", "Ext__c")
    org.lab.fault("reset", when="after_commit", path="/composite/sobjects")
    body = {"records": [{"attributes": {"type": "Contact"}, "LastName": "A", "Ext__c": "1"}]}
    with pytest.raises(Exception, match=r"."):
        org.call("PATCH", "/composite/sobjects/Contact/Ext__c", body)
    again = org.call("PATCH", "/composite/sobjects/Contact/Ext__c", body).json()
    assert again[0]["created"] is False and len(org.rows("SELECT Id FROM Contact")) == 1
