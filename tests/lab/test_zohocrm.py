"""The Zoho emulator: what it answers, its duplicate rules, and the traps that real organisations hold."""

from collections.abc import Iterator
from typing import Any

import pytest

from sdrbot_skills import lab
from tests.lab.zoho_org import ZohoOrg


@pytest.fixture(scope="module")
def process() -> Iterator[lab.Emulator]:
    with lab.running("zohocrm") as emulator:
        yield emulator


@pytest.fixture
def zoho(process: lab.Emulator) -> Iterator[ZohoOrg]:
    process.reset()
    org = ZohoOrg(process)
    yield org
    org.http.close()


def codes(answer: Any) -> list[str]:
    return [entry["code"] for entry in answer.json()["data"]]


# --- tokens ------------------------------------------------------------------------------------------------------------------


def test_a_token_names_the_api_domain_and_refusals_come_with_200(zoho: ZohoOrg) -> None:
    good = zoho.token().json()
    assert good["api_domain"] == zoho.lab.base_url
    assert good["expires_in"] == 3600
    for wrong, error in (
        ({"refresh_token": "1000.x.y"}, "invalid_code"),
        ({"client_id": "1000.other"}, "invalid_client"),
        ({"client_secret": "no"}, "invalid_client_secret"),
    ):
        answer = zoho.token(**wrong)
        assert (answer.status_code, answer.json()["error"]) == (200, error)


def test_only_its_own_scheme_is_taken(zoho: ZohoOrg) -> None:
    token = zoho.token().json()["access_token"]
    for header in (f"Bearer {token}", "Zoho-oauthtoken nonsense", ""):
        zoho.http.headers["Authorization"] = header
        answer = zoho("GET", "/org")
        assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_TOKEN")


def test_ten_tokens_in_ten_minutes() -> None:
    with lab.running("zohocrm", limits="vendor") as emulator:
        org = ZohoOrg(emulator)
        answers = [org.token().json() for _ in range(10)]
        assert ["access_token" in answer for answer in answers] == [True] * 9 + [False]
        emulator.advance_clock(601)
        assert "access_token" in org.token().json()
        org.http.close()


# --- reading -----------------------------------------------------------------------------------------------------------------


def test_nothing_is_204_without_a_body(zoho: ZohoOrg) -> None:
    for answer in (zoho("GET", "/Contacts", fields="id"), zoho.query("select id from Contacts where id > '0'")):
        assert (answer.status_code, answer.content) == (204, b"")


def test_fields_have_to_be_named(zoho: ZohoOrg) -> None:
    assert zoho("GET", "/Contacts").json()["code"] == "REQUIRED_PARAM_MISSING"
    many = ",".join(f"f{number}" for number in range(51))
    assert zoho("GET", "/Contacts", fields=many).json()["code"] == "LIMIT_EXCEEDED"
    assert zoho("GET", "/contacts", fields="id").json()["code"] == "INVALID_MODULE"
    assert zoho("GET", "/settings/nothing/here/at/all").json()["code"] == "INVALID_URL_PATTERN"


def test_pages_by_number_end_at_two_thousand_and_tokens_are_bound(zoho: ZohoOrg) -> None:
    for start in range(0, 2100, 100):
        zoho.write("/Accounts", *({"Account_Name": f"Firm {number}"} for number in range(start, start + 100)))
    asked = {"fields": "Account_Name", "sort_by": "id", "sort_order": "asc"}
    seen: list[str] = []
    token = ""
    while True:
        answer = zoho("GET", "/Accounts", **asked, **({"page_token": token} if token else {})).json()
        seen += [row["Account_Name"] for row in answer["data"]]
        if not answer["info"]["more_records"]:
            break
        token = answer["info"]["next_page_token"]
    assert seen == [f"Firm {number}" for number in range(2100)]
    assert zoho("GET", "/Accounts", **asked, page="11").json()["code"] == "DISCRETE_PAGINATION_LIMIT_EXCEEDED"
    assert zoho("GET", "/Accounts", fields="id", page_token=token).json()["code"] == "TOKEN_BOUND_DATA_MISMATCH"
    assert zoho("GET", "/Accounts", **asked, page_token=token, page="2").json()["code"] == "AMBIGUITY_DURING_PROCESSING"
    zoho.lab.advance_clock(86_500)
    zoho.http.headers["Authorization"] = f"Zoho-oauthtoken {zoho.token().json()['access_token']}"
    assert zoho("GET", "/Accounts", **asked, page_token=token).json()["code"] == "EXPIRED_VALUE"


@pytest.mark.parametrize("limit", ["limit 0, 2", "limit 2", "limit 2 offset 0"])
def test_coql(zoho: ZohoOrg, limit: str) -> None:
    account = zoho.make("Accounts", Account_Name="Acme")
    ids = [zoho.make("Contacts", Last_Name=f"O'Neil {n}", Account_Name={"id": account}) for n in range(3)]
    query = "select Last_Name, Account_Name, Account_Name.Account_Name from Contacts where"
    answer = zoho.query(f"{query} (id > '{int(ids[0]) - 1}' and Last_Name like 'o%') order by id asc {limit}").json()
    assert [row["id"] for row in answer["data"]] == ids[:2]
    assert answer["data"][0]["Account_Name"] == {"id": account}
    assert answer["data"][0]["Account_Name.Account_Name"] == "Acme"
    assert answer["info"] == {"count": 2, "more_records": True}
    assert zoho.query(f"{query} Last_Name = 'O\\'Neil 2'").json()["data"][0]["id"] == ids[2]
    assert (
        zoho.query(f"{query} Email is null and Last_Name not in ('x') order by id desc").json()["data"][0]["id"]
        == ids[2]
    )


@pytest.mark.parametrize(
    ("coql", "code"),
    [
        ("select Last_Name from Contacts", "SYNTAX_ERROR"),
        ("select Last_Name from Contacts where id > '0' limit 2001", "LIMIT_EXCEEDED"),
        ("select Nothing from Contacts where id > '0'", "INVALID_QUERY"),
        ("select id from Nothing where id > '0'", "INVALID_QUERY"),
        ("select id from Contacts where id > '0' and Last_Name = 'a' or Last_Name = 'b'", "SYNTAX_ERROR"),
        (f"select id from Contacts where id in ({', '.join(str(n) for n in range(51))})", "LIMIT_EXCEEDED"),
    ],
)
def test_coql_refusals(zoho: ZohoOrg, coql: str, code: str) -> None:
    answer = zoho.query(coql)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


# --- writing -----------------------------------------------------------------------------------------------------------------


def test_statuses_follow_the_mixture(zoho: ZohoOrg) -> None:
    good, bad = {"Last_Name": "Doe"}, {"First_Name": "x"}
    assert zoho.write("/Contacts", good, good).status_code == 201
    mixed = zoho.write("/Contacts", good, bad)
    assert (mixed.status_code, codes(mixed)) == (207, ["SUCCESS", "MANDATORY_NOT_FOUND"])
    assert mixed.json()["data"][1]["details"] == {"api_name": "Last_Name", "json_path": "$.data[1].Last_Name"}
    assert zoho.write("/Contacts", bad).status_code == 400
    assert zoho.write("/Contacts", *[good] * 101).json()["details"]["maximum_length"] == 100


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [
        ("Last_Name", "x" * 81, "maximum_length"),
        ("Email", "nobody", "expected_data_type"),
        ("Lead_Source", "Carrier pigeon", "supported_values"),
        ("Date_of_Birth", "29/02/2024", "expected_data_type"),
        ("Email_Opt_Out", "true", "expected_data_type"),
        ("Account_Name", "Acme", "expected_data_type"),
    ],
)
def test_values_are_checked(zoho: ZohoOrg, field: str, value: Any, detail: str) -> None:
    answer = zoho.write("/Contacts", {"Last_Name": "Doe", field: value})
    (entry,) = answer.json()["data"]
    assert entry["code"] == "INVALID_DATA"
    assert entry["details"]["api_name"] == field
    assert detail in entry["details"]


def test_moments_need_an_offset_and_no_fraction_and_come_back_in_the_zone(zoho: ZohoOrg) -> None:
    zoho("POST", "/settings/fields", {"fields": [{"field_label": "Seen", "data_type": "datetime"}]}, module="Contacts")
    for wrong in ("2024-02-29T10:00:00", "2024-02-29T10:00:00.000+00:00", "2024-02-30T10:00:00+00:00"):
        assert codes(zoho.write("/Contacts", {"Last_Name": "Doe", "Seen": wrong})) == ["INVALID_DATA"]
    record = zoho.make("Contacts", Last_Name="Doe", Seen="2024-02-29T10:00:00+00:00")
    assert zoho("GET", f"/Contacts/{record}").json()["data"][0]["Seen"] == "2024-02-29T02:00:00-08:00"


def test_unknown_and_read_only_names_are_dropped_without_a_word(zoho: ZohoOrg) -> None:
    record = zoho.make("Contacts", Last_Name="Doe", Nothing="x", Created_Time="2020-01-01T00:00:00+00:00")
    found = zoho("GET", f"/Contacts/{record}").json()["data"][0]
    assert "Nothing" not in found
    assert not found["Created_Time"].startswith("2020")


def test_without_check_fields_deals_of_one_name_are_merged(zoho: ZohoOrg) -> None:
    row = {"Deal_Name": "Renewal", "Stage": "Qualification"}
    first = zoho.write("/Deals/upsert", row).json()["data"][0]
    second = zoho.write("/Deals/upsert", row).json()["data"][0]
    assert (first["action"], second["action"], second["duplicate_field"]) == ("insert", "update", "Deal_Name")
    key = zoho.unique("Deals")
    rows = [{**row, key: value} for value in ("a", "b")]
    again = zoho.write("/Deals/upsert", *rows, duplicate_check_fields=[key]).json()["data"]
    assert [entry["action"] for entry in again] == ["insert", "insert"]


def test_unique_fields_are_checked_although_not_named(zoho: ZohoOrg) -> None:
    one, other = zoho.unique("Contacts", "One Key"), zoho.unique("Contacts", "Other Key")
    third = {"field_label": "Third Key", "data_type": "text", "unique": {"case_sensitive": False}}
    assert zoho("POST", "/settings/fields", {"fields": [third]}, module="Contacts").json()["code"] == "LIMIT_EXCEEDED"
    known = zoho.make("Contacts", Last_Name="Doe", **{one: "1", other: "A"})
    hit = zoho.write("/Contacts/upsert", {"Last_Name": "Roe", other: "A"}, duplicate_check_fields=[one]).json()["data"][
        0
    ]
    assert (hit["action"], hit["duplicate_field"], hit["details"]["id"]) == ("update", other, known)
    zoho.make("Contacts", Last_Name="Poe", **{one: "2"})
    clash = zoho.write("/Contacts/upsert", {"Last_Name": "Poe", one: "2", other: "A"}, duplicate_check_fields=[one])
    assert codes(clash) == ["DUPLICATE_DATA"]
    assert clash.json()["data"][0]["details"]["duplicate_record"]["id"] == known


def test_an_empty_key_inserts_again_and_again(zoho: ZohoOrg) -> None:
    row = {"Last_Name": "Doe"}
    answers = [zoho.write("/Contacts/upsert", row, duplicate_check_fields=["Email"]).json() for _ in range(2)]
    assert [answer["data"][0]["action"] for answer in answers] == ["insert", "insert"]
    assert zoho("GET", "/Contacts/actions/count").json() == {"count": 2}


def test_insert_looks_at_unique_fields_only(zoho: ZohoOrg) -> None:
    row = {"Last_Name": "Doe", "Email": "jane@acme.example"}
    assert codes(zoho.write("/Contacts", row, row)) == ["SUCCESS", "SUCCESS"]
    assert zoho.write("/Contacts/upsert", row, duplicate_check_fields=["Last_Name"]).json()["code"] == "INVALID_DATA"
    assert zoho.write("/Tasks/upsert", {"Subject": "Call"}).json()["code"] == "INVALID_MODULE"


def test_what_fires_is_counted(zoho: ZohoOrg) -> None:
    zoho.write("/Contacts", {"Last_Name": "Quiet"})
    assert "automation/fired" not in zoho.lab.counters()
    zoho("POST", "/Contacts", {"data": [{"Last_Name": "Loud"}]})
    assert zoho.lab.counters()["automation/fired"] == 1


def test_the_bin_gives_back(zoho: ZohoOrg) -> None:
    ids = [zoho.make("Contacts", Last_Name="Doe") for _ in range(2)]
    answer = zoho("DELETE", "/Contacts", ids=f"{ids[0]},57")
    assert (answer.status_code, codes(answer)) == (207, ["SUCCESS", "INVALID_DATA"])
    assert zoho("GET", f"/Contacts/{ids[0]}").status_code == 204
    assert [row["id"] for row in zoho("GET", "/Contacts/deleted", type="all").json()["data"]] == [ids[0]]
    assert zoho("POST", "/settings/recycle_bin/actions/restore", {"ids": ids[:1]}).status_code == 200
    assert zoho("GET", "/Contacts/actions/count").json() == {"count": 2}


# --- schema, limits ----------------------------------------------------------------------------------------------------------


def test_the_api_name_is_made_of_the_label(zoho: ZohoOrg) -> None:
    wanted = [{"field_label": label, "data_type": "text"} for label in ("Lead Score", "Lead-Score")]
    answer = zoho("POST", "/settings/fields", {"fields": wanted}, module="Contacts")
    assert set(answer.json()["fields"][0]["details"]) == {"id"}
    names = {one["api_name"] for one in zoho("GET", "/settings/fields", module="Contacts").json()["fields"]}
    assert {"Lead_Score", "Lead_Score1"} <= names
    long = {"field_label": "A label of twenty-six letters", "data_type": "text"}
    refused = zoho("POST", "/settings/fields", {"fields": [long]}, module="Contacts").json()
    assert refused["fields"][0]["details"]["maximum_length"] == 25


def test_a_custom_module_works_like_the_others(zoho: ZohoOrg) -> None:
    profile = zoho("GET", "/settings/profiles").json()["profiles"][0]["id"]
    made = {"singular_label": "Visit", "plural_label": "Visits", "api_name": "Visits", "profiles": [{"id": profile}]}
    assert zoho("POST", "/settings/modules", {"modules": [made]}).status_code == 201
    zoho.make("Visits", Name="First")
    assert zoho("GET", "/Visits", fields="Name").json()["data"][0]["Name"] == "First"


def test_rich_text_is_cut_in_lists(zoho: ZohoOrg) -> None:
    field = {"field_label": "Story", "data_type": "textarea", "textarea": {"type": "rich_text"}}
    zoho("POST", "/settings/fields", {"fields": [field]}, module="Contacts")
    record = zoho.make("Contacts", Last_Name="Doe", Story="x" * 900)
    assert len(zoho("GET", "/Contacts", fields="Story").json()["data"][0]["Story"]) == 500
    whole = zoho("GET", "/Contacts/actions/fetch_full_data", ids=record, fields="Story").json()
    assert len(whole["data"][0]["Story"]) == 900


def test_credits_are_told_from_the_half_on_and_then_refused() -> None:
    with lab.running("zohocrm", limits="vendor") as emulator:
        org = ZohoOrg(emulator)
        assert "X-API-CREDITS-REMAINING" not in org("GET", "/org").headers
        emulator.control("credits", used=40_000)
        org.write("/Contacts", *({"Last_Name": "Doe"} for _ in range(100)))
        assert org("GET", "/org").headers["X-API-CREDITS-REMAINING"] == str(60_000 - 40_000 - 11)
        emulator.control("credits", used=60_000)
        answer = org("GET", "/org")
        assert (answer.status_code, answer.json()["code"]) == (429, "TOO_MANY_REQUESTS")
        assert "Retry-After" not in answer.headers
        org.http.close()
