"""Custom fields of the Salesforce emulator: made by the Tooling API, invisible until somebody may see them."""

from typing import Any

import pytest

from tests.lab.salesforce_org import Org

FIELDS = "/tooling/sobjects/CustomField"
TEXT = {"label": "Key", "type": "Text", "length": 64, "externalId": True, "unique": True}


def test_a_new_field_is_invisible_until_permissions_exist(org: Org) -> None:
    org.field("Contact", "Ext__c", visible=False)
    assert "Ext__c" not in org.described("Contact")
    assert org.refused("GET", "/query", params={"q": "SELECT Ext__c FROM Contact"})["errorCode"] == "INVALID_FIELD"
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "A", "Ext__c": "1"})
    assert refused["message"] == "No such column 'Ext__c' on sobject of type Contact"
    assert org.rows("SELECT DeveloperName FROM CustomField WHERE TableEnumOrId = 'Contact'", "/tooling/query")
    assert org.refused("GET", "/sobjects/Contact/Ext__c/1")["status"] == 404
    permission = org.grant("Contact", "Ext__c")
    field = org.described("Contact")["Ext__c"]
    assert field["externalId"] and field["unique"] and field["idLookup"] and field["length"] == 64 and field["custom"]
    org.create("Contact", LastName="A", Ext__c="1")
    org.call("DELETE", f"/sobjects/FieldPermissions/{permission}")
    assert "Ext__c" not in org.described("Contact")


def test_a_dedicated_permission_set_does_as_well(org: Org) -> None:
    org.field("Contact", "Ext__c", visible=False)
    made = org.create("PermissionSet", Name="Migration", Label="Migration")
    grant: dict[str, Any] = {
        "ParentId": made,
        "SobjectType": "Contact",
        "Field": "Contact.Ext__c",
        "PermissionsRead": True,
    }
    org.create("FieldPermissions", **grant)
    assert "Ext__c" not in org.described("Contact"), "not assigned yet"
    me = org.http.get("/services/oauth2/userinfo").json()["user_id"]
    org.create("PermissionSetAssignment", AssigneeId=me, PermissionSetId=made)
    assert org.described("Contact")["Ext__c"]["updateable"] is False
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "A", "Ext__c": "1"})
    assert refused["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"
    again = org.refused("POST", "/sobjects/FieldPermissions", grant)
    assert again["errorCode"] == "DUPLICATE_VALUE"


@pytest.mark.parametrize(
    ("metadata", "type_", "facts"),
    [
        ({"type": "Text", "length": 20}, "string", {"length": 20}),
        (
            {"type": "LongTextArea", "length": 5000, "visibleLines": 3},
            "textarea",
            {"length": 5000, "filterable": False},
        ),
        ({"type": "Number", "precision": 18, "scale": 2}, "double", {"precision": 18, "scale": 2}),
        ({"type": "Currency", "precision": 16, "scale": 2}, "currency", {"scale": 2}),
        ({"type": "Percent", "precision": 5, "scale": 0}, "percent", {"precision": 5}),
        ({"type": "Checkbox", "defaultValue": "false"}, "boolean", {"nillable": False, "defaultedOnCreate": True}),
        ({"type": "Date"}, "date", {}),
        ({"type": "DateTime"}, "datetime", {}),
        ({"type": "Email"}, "email", {"length": 80}),
        ({"type": "Phone"}, "phone", {"length": 40}),
        ({"type": "Url"}, "url", {"length": 255}),
        (
            {"type": "Lookup", "referenceTo": "Account", "relationshipName": "Friends", "deleteConstraint": "SetNull"},
            "reference",
            {"referenceTo": ["Account"], "relationshipName": "New__r"},
        ),
    ],
)
def test_field_types(org: Org, metadata: dict[str, Any], type_: str, facts: dict[str, Any]) -> None:
    org.field("Contact", "New__c", **metadata)
    field = org.described("Contact")["New__c"]
    assert field["type"] == type_ and field == field | facts


@pytest.mark.parametrize(
    ("full_name", "metadata", "code"),
    [
        ("Contact.Key__c", {**TEXT, "length": None}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Key__c", {**TEXT, "length": 256}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Key__c", {"type": "Text", "length": 5}, "REQUIRED_FIELD_MISSING"),
        ("Contact.1Key__c", TEXT, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.A__B__c", TEXT, "FIELD_INTEGRITY_EXCEPTION"),
        (f"Contact.{'x' * 41}__c", TEXT, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Key", TEXT, "FIELD_INTEGRITY_EXCEPTION"),
        ("Nothing.Key__c", TEXT, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
        ("Contact.Key__c", {"label": "L", "type": "Checkbox"}, "FIELD_INTEGRITY_EXCEPTION"),
        ("Contact.Key__c", {"label": "L", "type": "Poem"}, "INVALID_FIELD"),
    ],
)
def test_refused_metadata(org: Org, full_name: str, metadata: dict[str, Any], code: str) -> None:
    assert org.refused("POST", FIELDS, {"FullName": full_name, "Metadata": metadata})["errorCode"] == code


def test_a_name_is_taken_once(org: Org) -> None:
    org.field("Contact", "Ext__c")
    refused = org.refused("POST", FIELDS, {"FullName": "Contact.EXT__c", "Metadata": TEXT})
    assert refused["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    assert refused["message"] == "There is already a field named EXT on Contact."


def test_values_left_out_of_a_picklist_become_inactive(org: Org) -> None:
    def metadata(*names: str) -> dict[str, Any]:
        values = [{"valueName": name, "label": name, "default": False} for name in names]
        definition = {"restricted": True, "valueSetDefinition": {"sorted": False, "value": values}}
        return {"label": "Colour", "type": "Picklist", "valueSet": definition}

    made = org.field("Contact", "Colour__c", **metadata("Red", "Green"))
    record = org.create("Contact", LastName="A", Colour__c="Green")
    body = {"FullName": "Contact.Colour__c", "Metadata": metadata("Red", "Blue")}
    assert org.call("PATCH", f"{FIELDS}/{made}", body).status_code == 204
    options = {o["value"]: o["active"] for o in org.described("Contact")["Colour__c"]["picklistValues"]}
    assert options == {"Red": True, "Blue": True, "Green": False}
    assert org.call("GET", f"/sobjects/Contact/{record}").json()["Colour__c"] == "Green", "old values stay"
    refused = org.refused("POST", "/sobjects/Contact", {"LastName": "B", "Colour__c": "Green"})
    assert refused["errorCode"] == "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"


def test_metadata_is_shown_for_one_field_only(org: Org) -> None:
    org.field("Contact", "One__c")
    org.field("Contact", "Two__c")
    query = "SELECT Id, Metadata FROM CustomField WHERE TableEnumOrId = 'Contact'"
    assert org.refused("GET", "/tooling/query", params={"q": query})["errorCode"] == "MALFORMED_QUERY"
    row = org.rows(f"{query} AND DeveloperName = 'Two'", "/tooling/query")[0]
    assert row["Metadata"]["type"] == "Text" and row["Id"].startswith("00N")


def test_a_required_field_takes_no_permissions(org: Org) -> None:
    org.field("Contact", "Must__c", visible=False, type="Text", length=10, required=True)
    assert "Must__c" in org.described("Contact")
    body = {
        "ParentId": org.profile_set(),
        "SobjectType": "Contact",
        "Field": "Contact.Must__c",
        "PermissionsRead": True,
    }
    assert org.refused("POST", "/sobjects/FieldPermissions", body)["status"] == 400
    assert org.refused("POST", "/sobjects/Contact", {"LastName": "A"})["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_a_deleted_field_takes_its_values_along(org: Org) -> None:
    made = org.field("Contact", "Ext__c")
    record = org.create("Contact", LastName="A", Ext__c="1")
    assert org.call("DELETE", f"{FIELDS}/{made}").status_code == 204
    assert "Ext__c" not in org.described("Contact")
    org.field("Contact", "Ext__c")
    assert org.call("GET", f"/sobjects/Contact/{record}").json()["Ext__c"] is None
    assert org.call("GET", "/sobjects/Contact/Ext__c/1").status_code == 404


def test_making_a_field_an_external_id_finds_what_is_there(org: Org) -> None:
    made = org.field("Contact", "Key__c", type="Text", length=20)
    record = org.create("Contact", LastName="A", Key__c="k1")
    body = {"FullName": "Contact.Key__c", "Metadata": TEXT}
    assert org.call("PATCH", f"{FIELDS}/{made}", body).status_code == 204
    assert org.call("GET", "/sobjects/Contact/Key__c/K1").json()["Id"] == record


def test_a_shared_list_gives_its_values_to_the_fields_that_use_it(org: Org) -> None:
    values = [{"valueName": name, "label": name, "default": False} for name in ("Gold", "Silver")]
    body: dict[str, Any] = {"FullName": "Tiers__gvs", "Metadata": {"masterLabel": "Tiers", "customValue": values}}
    sets = "/tooling/sobjects/GlobalValueSet"
    made = org.call("POST", sets, body).json()["id"]
    assert org.refused("POST", sets, body)["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    org.field("Contact", "Tier__c", type="Picklist", valueSet={"restricted": True, "valueSetName": "Tiers__gvs"})
    unknown = {"type": "Picklist", "label": "T", "valueSet": {"valueSetName": "Nothing"}}
    refused = org.refused("POST", FIELDS, {"FullName": "Contact.Other__c", "Metadata": unknown})
    assert refused["errorCode"] == "FIELD_INTEGRITY_EXCEPTION"
    changed = {"masterLabel": "Tiers", "customValue": [values[1], {"valueName": "Bronze", "label": "Bronze"}]}
    assert org.call("PATCH", f"{sets}/{made}", {"Metadata": changed}).status_code == 204
    options = {one["value"]: one["active"] for one in org.described("Contact")["Tier__c"]["picklistValues"]}
    assert options == {"Silver": True, "Bronze": True, "Gold": False}
    (row,) = org.rows("SELECT DeveloperName, Metadata FROM GlobalValueSet", "/tooling/query")
    assert row["DeveloperName"] == "Tiers" and len(row["Metadata"]["customValue"]) == 3


def test_a_record_type_is_made_and_made_inactive(org: Org) -> None:
    types = "/tooling/sobjects/RecordType"
    body = {"FullName": "Account.Household", "Metadata": {"label": "Household", "active": True}}
    made = org.call("POST", types, body).json()["id"]
    assert org.refused("POST", types, body)["errorCode"] == "DUPLICATE_DEVELOPER_NAME"
    whole = org.call("GET", f"{types}/{made}").json()
    assert whole["Metadata"]["label"] == "Household"
    assert org.call("PATCH", f"{types}/{made}", {"Metadata": {"label": "Family", "active": False}}).status_code == 204
    (row,) = org.rows("SELECT Name, IsActive FROM RecordType WHERE DeveloperName = 'Household'")
    assert (row["Name"], row["IsActive"]) == ("Family", False)
    lead = {"FullName": "Lead.Cold", "Metadata": {"label": "Cold"}}
    assert org.refused("POST", types, lead)["errorCode"] == "REQUIRED_FIELD_MISSING"
