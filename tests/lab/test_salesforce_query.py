"""SOQL over HTTP against the Salesforce emulator."""

from typing import Any

import pytest

from tests.lab.salesforce_org import Org

PEOPLE: list[dict[str, Any]] = [
    {"LastName": "Adams", "FirstName": "Zoe", "Email": "zoe@x.example", "Title": "CEO", "Birthdate": "1980-05-01"},
    {"LastName": "brown", "Email": "brown@x.example", "Title": "cto", "DoNotCall": True},
    {"LastName": "Clark", "Title": None},
    {"LastName": "O'Neil", "Email": "o_neil@x.example", "Title": "Sales 100%"},
]


@pytest.fixture
def people(org: Org) -> Org:
    org.variants("no_duplicate_rules")
    account = org.create("Account", Name="Acme", NumberOfEmployees=10)
    rows = [{**person, "AccountId": account} if n < 2 else person for n, person in enumerate(PEOPLE)]
    assert all(one["success"] for one in org.collection("POST", "", "Contact", *rows))
    return org


def names(org: Org, where: str) -> list[str]:
    return [row["LastName"] for row in org.rows(f"SELECT LastName FROM Contact WHERE {where} ORDER BY LastName")]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("LastName = 'ADAMS'", ["Adams"]),
        ("Title != 'ceo'", ["brown", "Clark", "O'Neil"]),
        ("Title = null", ["Clark"]),
        ("Title <> null AND DoNotCall = false", ["Adams", "O'Neil"]),
        ("NOT (Title = null OR DoNotCall = true)", ["Adams", "O'Neil"]),
        ("LastName LIKE '%a%' AND Account.Name = 'acme'", ["Adams"]),
        ("LastName = 'O\\'Neil'", ["O'Neil"]),
        ("Email LIKE 'o\\_neil%'", ["O'Neil"]),
        ("Email IN ('ZOE@x.example', 'none@x.example')", ["Adams"]),
        ("Email NOT IN ('zoe@x.example', 'brown@x.example')", ["Clark", "O'Neil"]),
        ("Account.NumberOfEmployees >= 10", ["Adams", "brown"]),
        ("AccountId = null", ["Clark", "O'Neil"]),
        ("Birthdate < 1990-01-01", ["Adams"]),
        ("CreatedDate = TODAY AND LastModifiedDate = LAST_N_DAYS:2", ["Adams", "brown", "Clark", "O'Neil"]),
        ("CreatedDate < 2020-01-01T00:00:00Z", []),
        ("AccountId IN (SELECT Id FROM Account WHERE Name LIKE 'Ac%')", ["Adams", "brown"]),
        (
            "Owner.IsActive = true AND Owner.Profile.Name = 'System Administrator' AND Title LIKE 'c%'",
            ["Adams", "brown"],
        ),
    ],
)
def test_conditions(people: Org, where: str, expected: list[str]) -> None:
    assert names(people, where) == expected


@pytest.mark.parametrize(
    ("query", "code", "part"),
    [
        ("SELECT Id FROM Nothing", "INVALID_TYPE", "sObject type 'Nothing' is not supported."),
        ("SELECT Nope FROM Contact", "INVALID_FIELD", "\n       ^\nERROR at Row:1:Column:8\nNo such column 'Nope' on"),
        ("SELECT Nope.Name FROM Contact", "INVALID_FIELD", "Didn't understand relationship 'Nope'"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT * FROM Contact", "MALFORMED_QUERY", "unexpected token: '*'"),
        ("SELECT Id FROM Contact WHERE Title = 'a' AND Email = 'b' OR Id = 'c'", "MALFORMED_QUERY", "token: 'OR'"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY", "LIMIT of at most 200"),
        ("SELECT Id FROM Contact OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT Id FROM Contact WHERE Description LIKE 'a%'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Contact WHERE Title = 5", "INVALID_FIELD", "must be of type string and should be enclosed"),
        (
            "SELECT Id FROM Contact WHERE CreatedDate > '2020-01-01'",
            "INVALID_FIELD",
            "should not be enclosed in quotes",
        ),
        ("SELECT Id FROM Contact WHERE Id = 'x'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: x"),
        ("SELECT Id, Id FROM Contact", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT Title, COUNT(Id) FROM Contact", "MALFORMED_QUERY", "must be grouped or aggregated: Title"),
        ("", "MALFORMED_QUERY", "cannot be empty"),
    ],
)
def test_refusals(people: Org, query: str, code: str, part: str) -> None:
    refused = people.refused("GET", "/query", params={"q": query})
    assert (refused["status"], refused["errorCode"]) == (400, code) and part in refused["message"]


def test_order_and_nulls(people: Org) -> None:
    def titles(order: str) -> list[str | None]:
        return [row["Title"] for row in people.rows(f"SELECT Title FROM Contact ORDER BY {order}")]

    assert titles("Title") == [None, "CEO", "cto", "Sales 100%"]
    assert titles("Title DESC") == [None, "Sales 100%", "cto", "CEO"]
    assert titles("Title DESC NULLS LAST") == ["Sales 100%", "cto", "CEO", None]
    assert titles("Title NULLS LAST LIMIT 1 OFFSET 1") == ["cto"]
    by_id = [row["LastName"] for row in people.rows("SELECT LastName FROM Contact ORDER BY Id DESC")]
    assert by_id == ["O'Neil", "Clark", "brown", "Adams"]


def test_the_shape_of_a_row(people: Org) -> None:
    query = "SELECT Id, Name, Account.Name, Account.Owner.Email, CreatedDate FROM Contact WHERE LastName IN ('Adams', 'Clark')"
    adams, clark = people.rows(query)
    assert adams["attributes"]["url"].endswith(f"/sobjects/Contact/{adams['Id']}")
    assert adams["Account"]["attributes"]["type"] == "Account" and adams["Account"]["Name"] == "Acme"
    assert adams["Account"]["Owner"]["Email"] == "integration@northwind-practice.example"
    assert clark["Account"] is None and adams["Name"] == "Zoe Adams"


def test_counts_and_groups(people: Org) -> None:
    assert people.query("SELECT COUNT() FROM Contact WHERE Title != null") == {
        "totalSize": 3,
        "done": True,
        "records": [],
    }
    rows = people.rows("SELECT Account.Name company, COUNT(Id), MAX(LastName) last FROM Contact GROUP BY Account.Name")
    assert {row["company"]: (row["expr0"], row["last"]) for row in rows} == {"Acme": (2, "brown"), None: (2, "O'Neil")}
    people.create("Opportunity", Name="O", StageName="Prospecting", CloseDate="2026-05-01", Amount=10.5)
    people.create("Opportunity", Name="P", StageName="Prospecting", CloseDate="2026-06-01", Amount=20)
    people.create("Opportunity", Name="Q", StageName="Closed Won", CloseDate="2026-06-01")
    rows = people.rows(
        "SELECT StageName, SUM(Amount) total, COUNT(Id) n FROM Opportunity GROUP BY StageName HAVING COUNT(Id) > 1"
    )
    assert [(row["StageName"], row["total"], row["n"]) for row in rows] == [("Prospecting", 30.5, 2)]
    months = people.rows(
        "SELECT CALENDAR_MONTH(CloseDate) m, COUNT(Id) n FROM Opportunity GROUP BY CALENDAR_MONTH(CloseDate) ORDER BY COUNT(Id) DESC"
    )
    assert [(row["m"], row["n"]) for row in months] == [(6, 2), (5, 1)]


def test_multi_select_picklists(org: Org) -> None:
    values = [{"valueName": name} for name in ("Red", "Green", "Blue")]
    metadata: dict[str, Any] = {
        "valueSet": {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
    }
    org.field("Contact", "Colours__c", type="MultiselectPicklist", visibleLines=4, **metadata)
    org.create("Contact", LastName="A", Colours__c="Blue;Red")
    org.create("Contact", LastName="B", Colours__c="Green")
    assert org.rows("SELECT Colours__c FROM Contact")[0]["Colours__c"] == "Red;Blue", "in the order of the definition"
    assert names(org, "Colours__c INCLUDES ('Red;Blue', 'Yellow')") == ["A"]
    assert names(org, "Colours__c EXCLUDES ('Green')") == ["A"]
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "C", "Colours__c": "Red;Pink"})
    assert refused["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_pages_and_locators(org: Org) -> None:
    for start in range(0, 2400, 200):
        org.collection("POST", "", "Lead", *[{"LastName": f"L{start + n}", "Company": "X"} for n in range(200)])
    first = org.query("SELECT Id, LastName FROM Lead")
    assert (first["totalSize"], first["done"], len(first["records"])) == (2400, False, 2000)
    assert first["nextRecordsUrl"].startswith("/services/data/v66.0/query/01g") and first["nextRecordsUrl"].endswith(
        "-2000"
    )
    second = org.http.get(first["nextRecordsUrl"]).json()
    assert second["done"] is True and len(second["records"]) == 400 and "nextRecordsUrl" not in second
    small = org.query("SELECT Id FROM Lead", **{"Sforce-Query-Options": "batchSize=200"})
    assert len(small["records"]) == 200
    org.lab.advance_clock(16 * 60)
    expired = org.http.get(small["nextRecordsUrl"])
    assert expired.status_code == 400 and expired.json()[0]["errorCode"] == "INVALID_QUERY_LOCATOR"


def test_keyset_paging_needs_no_locator(org: Org) -> None:
    org.collection("POST", "", "Lead", *[{"LastName": str(n), "Company": "X"} for n in range(25)])
    seen: list[str] = []
    last = "000000000000000AAA"
    while rows := org.rows(f"SELECT Id FROM Lead WHERE Id > '{last}' ORDER BY Id LIMIT 10"):
        seen += [row["Id"] for row in rows]
        last = seen[-1]
    assert len(seen) == len(set(seen)) == 25 and seen == sorted(seen)


def test_children_come_in_pages_of_their_own(org: Org) -> None:
    account = org.create("Account", Name="Acme")
    for start in range(2):
        rows = [{"LastName": f"{start}-{n}", "AccountId": account} for n in range(150)]
        org.collection("POST", "", "Contact", *rows)
    query = "SELECT Name, (SELECT LastName FROM Contacts ORDER BY LastName) FROM Account"
    contacts = org.query(query, **{"Sforce-Query-Options": "batchSize=200"})["records"][0]["Contacts"]
    assert (contacts["totalSize"], contacts["done"], len(contacts["records"])) == (300, False, 200)
    assert len(org.http.get(contacts["nextRecordsUrl"]).json()["records"]) == 100
    org.create("Account", Name="Lonely")
    assert org.rows("SELECT Name, (SELECT Id FROM Contacts) FROM Account WHERE Name = 'Lonely'")[0]["Contacts"] is None


def test_fields_all(people: Org) -> None:
    row = people.rows("SELECT FIELDS(ALL) FROM Contact LIMIT 1")[0]
    assert set(people.described("Contact")) <= set(row)


def test_fifteen_character_ids_and_folded_case_find_the_record(people: Org) -> None:
    found = people.rows("SELECT Id FROM Account")[0]["Id"]
    for spelling in (found[:15], found, found.lower()):
        assert people.rows(f"SELECT Id FROM Account WHERE Id = '{spelling}'")[0]["Id"] == found


def test_the_users_permissions_and_stages(org: Org) -> None:
    me = org.http.get("/services/oauth2/userinfo").json()["user_id"]
    row = org.rows(f"SELECT Username, Profile.Name FROM User WHERE Id = '{me}'")[0]
    assert row["Profile"]["Name"] == "System Administrator"
    sets = f"SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = '{me}'"
    assert org.rows(f"SELECT Id FROM ObjectPermissions WHERE ParentId IN ({sets})") == []
    stages = org.rows(
        "SELECT ApiName, DefaultProbability FROM OpportunityStage WHERE IsActive = true ORDER BY SortOrder"
    )
    assert len(stages) == 10 and stages[0] == stages[0] | {"ApiName": "Prospecting", "DefaultProbability": 10.0}
    models = org.rows("SELECT InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ('Account', 'Lead')")
    assert {row["InternalSharingModel"] for row in models} == {"ReadWrite"}
