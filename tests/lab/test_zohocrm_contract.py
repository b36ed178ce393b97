"""The Zoho emulator's answers against the vendor's OpenAPI files (Aug 2026)."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from sdrbot_skills import lab
from tests.lab.zoho_org import SPECIAL_FIELDS, ZohoOrg, answer_schema


@pytest.fixture(scope="module")
def zoho() -> Iterator[ZohoOrg]:
    with lab.running("zohocrm") as emulator:
        org = ZohoOrg(emulator)
        yield org
        org.http.close()


def fits(answer: Any, name: str, path: str, method: str = "get") -> None:
    """The page tokens of a last page are null, as the documentation shows and the file does not allow."""
    told = answer.json()
    if "info" in told:
        told["info"] = {key: value for key, value in told["info"].items() if value is not None}
    jsonschema.validate(told, answer_schema(name, path, method, str(answer.status_code)))


@pytest.mark.parametrize(
    ("path", "query", "name", "template"),
    [
        ("/settings/modules", {}, "modules.json", "/settings/modules"),
        ("/settings/modules/Deals", {}, "modules.json", "/settings/modules/{moduleIdentifier}"),
        ("/settings/fields", {"module": "Contacts"}, "fields.json", "/settings/fields"),
        ("/settings/fields", {"module": "Deals"}, "fields.json", "/settings/fields"),
        ("/settings/fields", {"module": "Nope"}, "fields.json", "/settings/fields"),
        ("/settings/profiles", {}, "profiles.json", "/settings/profiles"),
        ("/org", {}, "org.json", "/org"),
        ("/users", {"type": "AllUsers"}, "users.json", "/users"),
        ("/contacts/roles", {}, "contact-roles.json", "/contacts/roles"),
        ("/Contacts/actions/count", {}, "record-count.json", "/{moduleApiName}/actions/count"),
    ],
)
def test_settings_and_people(zoho: ZohoOrg, path: str, query: dict[str, str], name: str, template: str) -> None:
    fits(zoho("GET", path, **query), name, template)


def test_pipelines(zoho: ZohoOrg) -> None:
    layout = zoho("GET", "/settings/layouts", module="Deals").json()["layouts"][0]["id"]
    fits(zoho("GET", "/settings/pipeline", layout_id=layout), "pipeline.json", "/settings/pipeline")


def test_records(zoho: ZohoOrg) -> None:
    made = zoho.write("/Contacts", {"Last_Name": "Doe"})
    fits(made, "record.json", "/{module}", "post")
    record = made.json()["data"][0]["details"]["id"]
    fits(zoho.write("/Contacts", {"id": record, "Title": "Boss"}, method="PUT"), "record.json", "/{module}", "put")
    fits(zoho.write("/Contacts", {"First_Name": "x"}), "record.json", "/{module}", "post")
    fits(zoho("GET", "/Contacts", fields="Last_Name"), "record.json", "/{module}")
    fits(zoho.query("select id, Last_Name from Contacts where id > '0'"), "coql.json", "/coql", "post")
    fits(zoho.query("select id from Contacts where nonsense"), "coql.json", "/coql", "post")
    fits(zoho("DELETE", "/Contacts", ids=f"{record},1"), "record.json", "/{module}", "delete")


def test_fields(zoho: ZohoOrg) -> None:
    field = {"field_label": "Contract", "data_type": "text"}
    made = zoho("POST", "/settings/fields", {"fields": [field]}, module="Leads")
    fits(made, "fields.json", "/settings/fields", "post")
    path = f"/settings/fields/{made.json()['fields'][0]['details']['id']}"
    changed = zoho("PATCH", path, {"fields": [{"field_label": "Contracts"}]}, module="Leads")
    fits(changed, "fields.json", "/settings/fields/{fieldId}", "patch")
    fits(zoho("DELETE", path, module="Leads"), "fields.json", "/settings/fields/{fieldId}", "delete")


def test_fields_whose_value_is_no_plain_one(zoho: ZohoOrg) -> None:
    """Computed ones are never written, several records come with single records only, and a file has to be uploaded first."""
    account = zoho.make("Accounts", Account_Name="Acme")
    for wanted in (*SPECIAL_FIELDS.values(), {"field_label": "Double", "data_type": "formula"}):
        made = zoho("POST", "/settings/fields", {"fields": [wanted]}, module="Deals")
        fits(made, "fields.json", "/settings/fields", "post")
        assert made.status_code == (400 if wanted["field_label"] == "Double" else 201), made.text
    listed = zoho("GET", "/settings/fields", module="Deals")
    fits(listed, "fields.json", "/settings/fields")
    told = {one["api_name"]: one for one in listed.json()["fields"]}
    assert told["Copy"]["formula"]["return_type"] == "currency"
    assert told["Copy"]["operation_type"]["api_create"] is False
    partners = [{"Partner": {"id": account}}]
    deal = zoho.make("Deals", Deal_Name="Big", Stage="Qualification", Amount=12.5, Copy=7, Partners=partners)
    (row,) = zoho("GET", "/Deals", fields="Copy,Closed,Partners,Paper").json()["data"]
    assert row == {"id": deal, "Copy": 12.5, "Closed": None, "Paper": None}
    (whole,) = zoho("GET", f"/Deals/{deal}").json()["data"]
    assert [one["Partners"] for one in whole["Partners"]] == [{"name": "Acme", "id": account}]
    for values in ({"Paper": ["f1"]}, {"Partners": [{"Partner": {"id": "1"}}]}, {"Partners": account}):
        refused = zoho.write("/Deals", {"Deal_Name": "Bad", "Stage": "Qualification", **values})
        assert (refused.status_code, refused.json()["data"][0]["code"]) == (400, "INVALID_DATA")


def test_refused_fields(zoho: ZohoOrg) -> None:
    """Whole request or one element: both are in the vendor's file, and which it is says whose fault it was."""
    for wanted in (
        {"field_label": "x" * 26, "data_type": "text"},
        {"field_label": "Email", "data_type": "text"},
        {"field_label": "Score", "data_type": "nonsense"},
        {"field_label": "Score"},
        {"field_label": "Score", "data_type": "lookup"},
    ):
        refused = zoho("POST", "/settings/fields", {"fields": [wanted]}, module="Contacts")
        assert refused.status_code == 400
        assert refused.json()["fields"][0]["status"] == "error"
        fits(refused, "fields.json", "/settings/fields", "post")
    fits(zoho("POST", "/settings/fields", {"fields": []}), "fields.json", "/settings/fields", "post")
    own = next(one["id"] for one in zoho("GET", "/settings/fields", module="Contacts").json()["fields"])
    refused = zoho("DELETE", f"/settings/fields/{own}", module="Contacts")
    fits(refused, "fields.json", "/settings/fields/{fieldId}", "delete")


def test_pick_lists(zoho: ZohoOrg) -> None:
    fields = {one["api_name"]: one for one in zoho("GET", "/settings/fields", module="Contacts").json()["fields"]}
    path, template = "/settings/fields/{}/pick_list_values", "/settings/fields/{fieldId}/pick_list_values"
    listed = zoho("GET", path.format(fields["Lead_Source"]["id"]), module="Contacts")
    fits(listed, "pick-list-values.json", template)
    assert len(listed.json()["pick_list_values"]) == len(fields["Lead_Source"]["pick_list_values"])
    assert zoho("GET", path.format(fields["Email"]["id"]), module="Contacts").status_code == 204
    fits(zoho("GET", path.format("7"), module="Contacts"), "pick-list-values.json", template)


def test_custom_modules(zoho: ZohoOrg) -> None:
    profile = {"id": zoho("GET", "/settings/profiles").json()["profiles"][0]["id"]}
    wanted = {"singular_label": "Visit", "plural_label": "Visits", "api_name": "Visits", "profiles": [profile]}
    made = zoho("POST", "/settings/modules", {"modules": [wanted]})
    fits(made, "modules.json", "/settings/modules", "post")
    changes: list[dict[str, Any]] = [
        {},
        {"plural_label": "Site visits"},
        {"profiles": []},
        {"singular_label": "x" * 26},
    ]
    for change in changes:
        refused = zoho("POST", "/settings/modules", {"modules": [wanted | change]})
        assert refused.status_code == 400
        fits(refused, "modules.json", "/settings/modules", "post")
    own = {"id": made.json()["modules"][0]["details"]["id"], "profiles": [profile]}
    labels = {"singular_label": "Site visit", "plural_label": "Site visits"}
    template = "/settings/modules/{moduleIdentifier}"
    fits(zoho("PUT", "/settings/modules/Visits", {"modules": [own | labels]}), "modules.json", template, "put")
    assert zoho("GET", "/settings/modules/Visits").json()["modules"][0]["plural_label"] == "Site visits"
    refused = zoho("PUT", "/settings/modules/Visits", {"modules": [own]})
    assert refused.json()["modules"][0]["details"]["api_name"] == "singular_label"
    fits(refused, "modules.json", template, "put")


def test_pipelines_are_made_and_changed(zoho: ZohoOrg) -> None:
    layout = zoho("GET", "/settings/layouts", module="Deals").json()["layouts"][0]["id"]
    whole = zoho("GET", "/settings/pipeline", layout_id=layout).json()["pipeline"][0]
    first, second, third = (stage["id"] for stage in whole["maps"][:3])
    wanted = {"display_value": "Partners", "maps": [{"id": first}, {"id": second}]}
    made = zoho("POST", "/settings/pipeline", {"pipeline": [wanted]}, layout_id=layout)
    fits(made, "pipeline.json", "/settings/pipeline", "post")
    refused = zoho("POST", "/settings/pipeline", {"pipeline": [wanted]}, layout_id=layout)
    fits(refused, "pipeline.json", "/settings/pipeline", "post")
    path, template = f"/settings/pipeline/{made.json()['pipeline'][0]['details']['id']}", "/settings/pipeline/{id}"
    maps = [{"id": first, "_delete": {"permanent": None}}, {"id": third, "sequence_number": 1}]
    changed = zoho("PATCH", path, {"pipeline": [{"maps": maps}]}, layout_id=layout)
    fits(changed, "pipeline.json", template, "patch")
    listed = zoho("GET", path, layout_id=layout)
    fits(listed, "pipeline.json", template)
    assert [stage["id"] for stage in listed.json()["pipeline"][0]["maps"]] == [third, second]
    deal = zoho.make("Deals", Deal_Name="Big", Stage="Qualification", Pipeline="Partners")
    gone = {"pipeline": [{"_delete": {"permanent": None}}]}
    refused = zoho("PATCH", path, gone, layout_id=layout)
    assert refused.json()["pipeline"][0]["code"] == "CANNOT_DELETE"
    fits(refused, "pipeline.json", template, "patch")
    zoho("DELETE", "/Deals", ids=deal)
    fits(zoho("PATCH", path, gone, layout_id=layout), "pipeline.json", template, "patch")
    assert len(zoho("GET", "/settings/pipeline", layout_id=layout).json()["pipeline"]) == 1


def test_people_of_deals(zoho: ZohoOrg) -> None:
    deal = zoho.make("Deals", Deal_Name="Big", Stage="Qualification")
    person = zoho.make("Contacts", Last_Name="Doe")
    role = {"id": zoho("GET", "/contacts/roles").json()["contact_roles"][0]["id"]}
    path, template, name = f"/Deals/{deal}/Contact_Roles", "/{module}/{dealId}/Contact_Roles", "deal-contact-roles.json"
    fits(zoho("PUT", path, {"data": [{"id": person, "Contact_Role": role}]}), name, template, "put")
    fits(zoho("GET", path, fields="Last_Name,Owner"), name, template)
    fits(zoho("DELETE", path, ids=person), name, template, "delete")


def test_locked_records(zoho: ZohoOrg) -> None:
    name, path = "locking-informations.json", "/{moduleName}/{recordId}/Locking_Information__s"
    record = zoho.write("/Contacts", {"Last_Name": "Kept"}).json()["data"][0]["details"]["id"]
    place = f"/Contacts/{record}/Locking_Information__s"
    fits(zoho.write(place, {"Locked_Reason__s": "signed"}), name, path, "post")
    zoho.lab.control("locking", modules=["Contacts"])
    fits(zoho.write(place, {}), name, path, "post")
    locked = zoho.write(place, {"Locked_Reason__s": "signed"})
    assert locked.status_code == 201
    fits(locked, name, path, "post")
    fits(zoho("GET", place), name, path)
    refused = zoho.write("/Contacts", {"id": record, "Title": "Boss"}, method="PUT")
    assert (refused.status_code, refused.json()["data"][0]["code"]) == (400, "RECORD_LOCKED")
    fits(refused, "record.json", "/{module}", "put")
    kept = zoho("DELETE", "/Contacts", ids=record)
    assert kept.json()["data"][0]["code"] == "RECORD_LOCKED"
    lock = locked.json()["data"][0]["details"]["id"]
    fits(zoho("DELETE", f"{place}/{lock}"), name, f"{path}/{{lockId}}", "delete")
    assert zoho("GET", place).status_code == 204
    assert zoho.write("/Contacts", {"id": record, "Title": "Boss"}, method="PUT").status_code == 200


def test_files(zoho: ZohoOrg) -> None:
    sent = [("file", ("a.txt", b"one\n")), ("file", ("b.bin", bytes(range(256))))]
    kept = zoho.http.post("/crm/v8/files", files=sent)
    assert [one["details"]["name"] for one in kept.json()["data"]] == ["a.txt", "b.bin"]
    fits(kept, "files.json", "/files", "post")
    assert zoho("GET", "/files", id=kept.json()["data"][1]["details"]["id"]).content == bytes(range(256))
    nothing = zoho.http.post("/crm/v8/files", files=[("other", ("a.txt", b"x"))])
    assert nothing.status_code == 400
    fits(nothing, "files.json", "/files", "post")
