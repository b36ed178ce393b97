"""Single records of the Salesforce emulator: validation, external ids, owners, what follows from a write."""

from typing import Any

import pytest

from sdrbot_skills import lab
from tests.lab.salesforce_org import BASE, Org


def test_a_record_comes_back_as_written(org: Org) -> None:
    made = org.create("Contact", LastName=" Ärger ", FirstName="Zoë", Email="Zoe@Example.com", MailingCity="Köln")
    record = org.call("GET", f"/sobjects/Contact/{made}").json()
    assert len(made) == 18 and made.startswith("003")
    assert record["Name"] == "Zoë Ärger" and record["LastName"] == "Ärger" and record["Email"] == "Zoe@Example.com"
    assert record["MailingAddress"]["city"] == "Köln" and record["OtherAddress"] is None
    assert record["CreatedDate"].endswith(".000+0000") and record["HasOptedOutOfEmail"] is False
    assert org.call("GET", f"/sobjects/Contact/{made[:15]}?fields=Id,Name").json()["Id"] == made


@pytest.mark.parametrize(
    ("kind", "values", "code", "message"),
    [
        ("Contact", {"FirstName": "A"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"),
        ("Lead", {"LastName": "A"}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Company]"),
        ("Contact", {"LastName": ""}, "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]"),
        ("Contact", {"LastName": "A", "Foo__c": 1}, "INVALID_FIELD", "No such column 'Foo__c' on sobject of type"),
        ("Contact", {"LastName": "A", "FirstName": "x" * 41}, "STRING_TOO_LONG", "(max length=40)"),
        ("Contact", {"LastName": "A", "Email": "foo"}, "INVALID_EMAIL_ADDRESS", "Email: invalid email address: foo"),
        ("Contact", {"LastName": "A", "AccountId": "x"}, "MALFORMED_ID", "Account ID: id value of incorrect type: x"),
        ("Contact", {"LastName": "A", "Name": "B"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "Unable to create/update"),
        ("Contact", {"LastName": "A", "CreatedDate": "2020-01-01T00:00:00Z"}, "INVALID_FIELD_FOR_INSERT_UPDATE", "Cre"),
        ("Contact", {"LastName": "A", "Birthdate": "1.2.1990"}, "JSON_PARSER_ERROR", "Cannot deserialize instance of"),
        ("Contact", {"LastName": "A", "DoNotCall": None}, "INVALID_TYPE_ON_FIELD_IN_RECORD", "Do Not Call"),
        ("Contact", {"LastName": "A", "CleanStatus": "x"}, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "bad value for"),
        ("Account", {"Name": "A", "AnnualRevenue": 1e19}, "NUMBER_OUTSIDE_VALID_RANGE", "value outside of valid range"),
    ],
)
def test_what_the_platform_refuses(org: Org, kind: str, values: dict[str, Any], code: str, message: str) -> None:
    refused = org.refused("POST", f"/sobjects/{kind}", values)
    assert (refused["status"], refused["errorCode"]) == (400, code) and message in refused["message"]
    assert org.rows(f"SELECT Id FROM {kind}") == []


def test_an_unrestricted_picklist_swallows_anything(org: Org) -> None:
    made = org.create("Contact", LastName="A", LeadSource="Carrier pigeon")
    assert org.call("GET", f"/sobjects/Contact/{made}").json()["LeadSource"] == "Carrier pigeon"


def test_null_and_empty_text_clear(org: Org) -> None:
    made = org.create("Contact", LastName="A", Title="Boss", Department="Sales")
    assert org.call("PATCH", f"/sobjects/Contact/{made}", {"Title": None, "Department": ""}).status_code == 204
    record = org.call("GET", f"/sobjects/Contact/{made}").json()
    assert record["Title"] is None and record["Department"] is None
    assert (
        org.refused("PATCH", f"/sobjects/Contact/{made}", {"LastName": None})["errorCode"] == "REQUIRED_FIELD_MISSING"
    )


def test_a_time_put_into_a_date_field_shifts_to_the_users_zone(org: Org) -> None:
    made = org.create("Opportunity", Name="O", StageName="Prospecting", CloseDate="2026-03-01T02:00:00Z")
    assert org.call("GET", f"/sobjects/Opportunity/{made}").json()["CloseDate"] == "2026-02-28"


def test_references_must_point_to_something(org: Org) -> None:
    account = org.create("Account", Name="Acme")
    contact = org.create("Contact", LastName="A", AccountId=account)
    wrong = org.refused("POST", "/sobjects/Contact", {"LastName": "B", "AccountId": contact})
    assert wrong["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    org.call("DELETE", f"/sobjects/Account/{account}")
    gone = org.refused("POST", "/sobjects/Contact", {"LastName": "C", "AccountId": account})
    assert gone["errorCode"] == "ENTITY_IS_DELETED"
    assert org.refused("GET", f"/sobjects/Contact/{contact}")["errorCode"] == "ENTITY_IS_DELETED", "deleted with it"


def test_upsert_by_external_id(org: Org) -> None:
    org.field("Contact", "Ext__c")
    path = "/sobjects/Contact/Ext__c/hs%2F5%20%231"
    created = org.call("PATCH", path, {"LastName": "A"})
    assert created.status_code == 201 and created.json()["created"] is True
    updated = org.call("PATCH", path, {"LastName": "B"})
    assert updated.status_code == 200 and updated.json()["created"] is False
    assert org.call("GET", path).json()["Ext__c"] == "hs/5 #1"
    assert org.call("PATCH", "/sobjects/Contact/Ext__c/HS%2F5%20%231", {"LastName": "C"}).status_code == 200, (
        "unique text does not look at case"
    )


def test_an_email_of_several_contacts_answers_300(org: Org) -> None:
    org.variants("no_duplicate_rules")
    made = [org.create("Contact", LastName=name, Email="a@x.example") for name in "AB"]
    answer = org.call("PATCH", "/sobjects/Contact/Email/A@x.example", {"LastName": "C"})
    assert answer.status_code == 300
    assert answer.json() == [f"{BASE}/sobjects/Contact/{one}" for one in made]


def test_unique_values(org: Org) -> None:
    org.field("Contact", "Ext__c")
    org.field("Contact", "Exact__c", type="Text", length=20, unique=True, caseSensitive=True)
    first = org.create("Contact", LastName="A", Ext__c="abc", Exact__c="abc")
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "B", "Ext__c": " ABC "})
    assert refused["message"] == f"duplicate value found: Ext__c duplicates value on record with id: {first}"
    assert refused["errorCode"] == "DUPLICATE_VALUE"
    org.create("Contact", LastName="B", Exact__c="ABC")
    org.call("DELETE", f"/sobjects/Contact/{first}")
    org.create("Contact", LastName="C", Ext__c="abc")


def test_parents_by_external_id(org: Org) -> None:
    org.field("Account", "Ext__c")
    account = org.create("Account", Name="Acme", Ext__c="hs-5")
    made = org.create("Contact", LastName="A", Account={"Ext__c": "HS-5"})
    assert org.call("GET", f"/sobjects/Contact/{made}").json()["AccountId"] == account
    missing = org.refused("POST", "/sobjects/Contact", {"LastName": "B", "Account": {"Ext__c": "hs-6"}})
    assert missing["errorCode"] == "INVALID_FIELD"
    assert missing["message"] == "Foreign key external ID: hs-6 not found for field Ext__c in entity Account"
    both = {"LastName": "B", "AccountId": account, "Account": {"Ext__c": "hs-5"}}
    assert org.refused("POST", "/sobjects/Contact", both)["errorCode"] == "INVALID_FIELD"


def test_owners_must_be_active(org: Org) -> None:
    former = org.rows("SELECT Id FROM User WHERE IsActive = false")[0]["Id"]
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "A", "OwnerId": former})
    assert refused["errorCode"] == "INACTIVE_OWNER_OR_USER"
    assert refused["message"] == f"operation performed with inactive user [{former[:15]}] as owner of contact"
    org.variants("inactive_owners")
    org.create("Contact", LastName="A", OwnerId=former)


def test_assignment_rules_fire_unless_told_otherwise(org: Org) -> None:
    org.variants("assignment_rules")
    mine = org.http.get("/services/oauth2/userinfo").json()["user_id"]
    assigned = org.create("Lead", LastName="A", Company="X")
    kept = org.create("Lead", {"Sforce-Auto-Assign": "FALSE"}, LastName="B", Company="X")
    owners = {row["Id"]: row["OwnerId"] for row in org.rows("SELECT Id, OwnerId FROM Lead")}
    assert owners[assigned] != mine and owners[kept] == mine


def test_a_stage_decides_what_follows_from_it(org: Org) -> None:
    won = org.create("Opportunity", Name="O", StageName="closed won", CloseDate="2026-05-01", Amount=1000)
    record = org.call("GET", f"/sobjects/Opportunity/{won}").json()
    assert (record["IsClosed"], record["IsWon"], record["Probability"]) == (True, True, 100.0)
    assert (record["StageName"], record["FiscalQuarter"], record["ExpectedRevenue"]) == ("Closed Won", 2, 1000.0)
    odd = org.create("Opportunity", Name="P", StageName="Dreaming", CloseDate="2026-05-01")
    record = org.call("GET", f"/sobjects/Opportunity/{odd}").json()
    assert (record["StageName"], record["IsClosed"], record["Probability"]) == ("Dreaming", False, 0.0)
    org.variants("restricted_stages")
    refused = org.refused("POST", "/sobjects/Opportunity", {"Name": "Q", "StageName": "X", "CloseDate": "2026-05-01"})
    assert refused["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_converted_leads_are_read_only(org: Org) -> None:
    lead = org.create("Lead", LastName="A", Company="X", IsConverted=True)
    assert org.refused("PATCH", f"/sobjects/Lead/{lead}", {"Title": "T"})["errorCode"] == "CANNOT_UPDATE_CONVERTED_LEAD"


def test_deleted_records_wait_in_the_recycle_bin(org: Org) -> None:
    made = org.create("Lead", LastName="A", Company="X")
    assert org.call("DELETE", f"/sobjects/Lead/{made}").status_code == 204
    assert org.refused("DELETE", f"/sobjects/Lead/{made}")["errorCode"] == "ENTITY_IS_DELETED"
    assert org.rows("SELECT Id FROM Lead") == []
    assert org.rows("SELECT Id FROM Lead WHERE IsDeleted = true", "/queryAll")[0]["Id"] == made


def test_an_account_with_a_won_deal_is_not_deleted(org: Org) -> None:
    account = org.create("Account", Name="Acme")
    org.create("Opportunity", Name="O", StageName="Closed Won", CloseDate="2026-01-01", AccountId=account)
    assert org.refused("DELETE", f"/sobjects/Account/{account}")["errorCode"] == "DELETE_FAILED"


def test_created_dates_can_be_set_only_with_the_permission_and_on_create(org: Org) -> None:
    org.variants("audit_fields")
    made = org.create("Contact", LastName="A", CreatedDate="2019-04-05T06:07:08.900Z")
    assert org.call("GET", f"/sobjects/Contact/{made}").json()["CreatedDate"] == "2019-04-05T06:07:08.000+0000"
    refused = org.refused("PATCH", f"/sobjects/Contact/{made}", {"CreatedDate": "2019-04-05T06:07:08Z"})
    assert refused["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


# --- duplicate rules ---


def test_a_duplicate_alert_refuses_until_the_client_allows_it(org: Org) -> None:
    first = org.create("Contact", LastName="A", Email="a@x.example")
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "B", "Email": "A@X.example"})
    assert refused["errorCode"] == "DUPLICATES_DETECTED"
    detail = refused["duplicateResut"]
    assert detail["allowSave"] is True and detail["duplicateRule"] == "Standard_Contact_Duplicate_Rule"
    assert detail["matchResults"][0]["matchRecords"][0]["record"]["Id"] == first
    allow = {"Sforce-Duplicate-Rule-Header": "allowSave=true; includeRecordDetails=false; runAsCurrentUser=true"}
    org.create("Contact", allow, LastName="B", Email="A@X.example")


def test_leads_match_contacts_and_accounts_match_by_name_and_site(org: Org) -> None:
    org.create("Contact", LastName="A", Email="a@x.example")
    lead = {"LastName": "A", "Company": "X", "Email": "a@x.example"}
    assert org.refused("POST", "/sobjects/Lead", lead)["errorCode"] == "DUPLICATES_DETECTED"
    org.create("Account", Name="Acme", Website="acme.example")
    org.create("Account", Name="ACME", Website="other.example")
    same = org.refused("POST", "/sobjects/Account", {"Name": "acme", "Website": "acme.example"})
    assert same["errorCode"] == "DUPLICATES_DETECTED"


def test_a_blocking_rule_does_not_listen(org: Org) -> None:
    org.variants("block_duplicates")
    org.create("Contact", LastName="A", Email="a@x.example")
    allow = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "B", "Email": "a@x.example"}, headers=allow)
    assert refused["duplicateResut"]["allowSave"] is False


def test_an_update_alerts_only_where_it_changes_what_is_compared(org: Org) -> None:
    allow = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    for name in "AB":
        made = org.create("Contact", allow, LastName=name, Email="a@x.example")
    assert org.call("PATCH", f"/sobjects/Contact/{made}", {"Title": "T", "Email": "a@x.example"}).status_code == 204
    other = org.create("Contact", LastName="C")
    assert org.refused("PATCH", f"/sobjects/Contact/{other}", {"Email": "a@x.example"})["status"] == 400


# --- other kinds of org ---


def test_sharing_hides_records_without_a_word(org: Org) -> None:
    made = [org.create("Lead", LastName=str(n), Company="X") for n in range(10)]
    org.variants("partial_view")
    seen = {row["Id"] for row in org.rows("SELECT Id FROM Lead")}
    assert len(seen) == 8 and org.query("SELECT COUNT() FROM Lead")["totalSize"] == 8
    counts = org.call("GET", "/limits/recordCount?sObjects=Lead").json()
    assert counts == {"sObjects": [{"count": 10, "name": "Lead"}]}
    hidden = next(one for one in made if one not in seen)
    assert org.refused("GET", f"/sobjects/Lead/{hidden}")["errorCode"] == "NOT_FOUND"
    access = org.rows("SELECT PermissionsViewAllData, PermissionsApiEnabled FROM UserPermissionAccess LIMIT 1")[0]
    assert access["PermissionsViewAllData"] is False and access["PermissionsApiEnabled"] is True


def test_currencies(org: Org) -> None:
    deal: dict[str, Any] = {
        "Name": "O",
        "StageName": "Prospecting",
        "CloseDate": "2026-05-01",
        "CurrencyIsoCode": "EUR",
    }
    assert org.refused("POST", "/sobjects/Opportunity", deal)["errorCode"] == "INVALID_FIELD", "single currency"
    org.variants("multi_currency")
    org.create("Opportunity", **deal)
    plain = org.create("Opportunity", **{key: deal[key] for key in ("Name", "StageName", "CloseDate")})
    assert org.call("GET", f"/sobjects/Opportunity/{plain}").json()["CurrencyIsoCode"] == "USD", "the user's"
    inactive = org.refused("POST", "/sobjects/Opportunity", deal | {"CurrencyIsoCode": "GBP"})
    assert inactive["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    codes = org.rows("SELECT IsoCode FROM CurrencyType WHERE IsActive = true ORDER BY IsoCode")
    assert [row["IsoCode"] for row in codes] == ["EUR", "USD"]


def test_state_and_country_picklists(org: Org) -> None:
    org.variants("state_country_picklists")
    made = org.create("Contact", LastName="A", MailingCountry="Germany", MailingState="Bavaria")
    record = org.call("GET", f"/sobjects/Contact/{made}").json()
    assert (record["MailingCountryCode"], record["MailingStateCode"]) == ("DE", "BY")
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "B", "MailingCountry": "Deutschland"})
    assert refused["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    assert refused["message"].startswith("There's a problem with this country")


def test_a_user_who_may_only_read(org: Org) -> None:
    org.variants("read_only_user")
    assert org.call("GET", "/sobjects/Account/describe").json()["createable"] is False
    refused = org.refused("POST", "/sobjects/Account", {"Name": "A"})
    assert (refused["status"], refused["errorCode"]) == (403, "INSUFFICIENT_ACCESS_OR_READONLY")


def test_person_accounts_are_two_records(org: Org) -> None:
    org.variants("person_accounts")
    fields = org.described("Account")
    assert fields["Name"]["nillable"] and fields["LastName"]["nillable"], "no field looks required"
    assert org.refused("POST", "/sobjects/Account", {"Phone": "1"})["errorCode"] == "REQUIRED_FIELD_MISSING"
    types = {
        r["DeveloperName"]: r["Id"]
        for r in org.rows("SELECT Id, DeveloperName FROM RecordType WHERE IsPersonType = true")
    }
    person = org.create(
        "Account", LastName="Lee", FirstName="Ana", PersonEmail="a@x.example", RecordTypeId=types["PersonAccount"]
    )
    account = org.call("GET", f"/sobjects/Account/{person}").json()
    assert account["IsPersonAccount"] is True and account["Name"] == "Ana Lee"
    contact = org.rows("SELECT Id, AccountId, Email, IsPersonAccount FROM Contact")[0]
    assert contact["Id"] == account["PersonContactId"] and contact["AccountId"] == person
    assert contact["Email"] == "a@x.example" and contact["IsPersonAccount"] is True
    org.call("PATCH", f"/sobjects/Contact/{contact['Id']}", {"Title": "Dr"})
    assert org.call("GET", f"/sobjects/Account/{person}").json()["PersonTitle"] == "Dr"
    both = {"Name": "X", "LastName": "Y", "RecordTypeId": types["PersonAccount"]}
    assert org.refused("POST", "/sobjects/Account", both)["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    assert org.call("DELETE", f"/sobjects/Account/{person}").status_code == 204
    assert org.rows("SELECT Id FROM Contact") == []


def test_without_the_feature_its_fields_do_not_exist(org: Org) -> None:
    assert "IsPersonAccount" not in org.described("Account")
    refused = org.refused("GET", "/query", params={"q": "SELECT Id FROM Account WHERE IsPersonAccount = false"})
    assert refused["errorCode"] == "INVALID_FIELD"


def test_record_types(org: Org) -> None:
    assert "RecordTypeId" not in org.described("Opportunity")
    org.variants("record_types")
    infos = org.call("GET", "/sobjects/Opportunity/describe").json()["recordTypeInfos"]
    assert [info["developerName"] for info in infos] == ["New_Business", "Renewal", "Master"]
    made = org.create("Opportunity", Name="O", StageName="Prospecting", CloseDate="2026-05-01")
    row = org.rows(f"SELECT RecordType.DeveloperName FROM Opportunity WHERE Id = '{made}'")[0]
    assert row["RecordType"]["DeveloperName"] == "New_Business", "the default of the user"


def test_a_production_org_says_so(org: Org) -> None:
    assert org.rows("SELECT IsSandbox, Name FROM Organization")[0]["IsSandbox"] is True
    org.variants("production_org")
    assert org.rows("SELECT IsSandbox FROM Organization")[0]["IsSandbox"] is False


def test_an_unknown_variant_is_refused() -> None:
    with pytest.raises(lab.LabError, match="no variant 'nonsense'"), lab.running("salesforce", variants=["nonsense"]):
        pass
