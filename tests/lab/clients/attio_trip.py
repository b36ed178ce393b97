"""The vendor-shaped SDK (generated from Attio's OpenAPI document, answers checked by pydantic) on a trip through the practice Attio."""

import os

from attio import SDK
from attio.errors import PostV2ObjectsObjectRecordsInvalidRequestError

with SDK(oauth2=os.environ["ATTIO_API_KEY"], server_url=os.environ["ATTIO_BASE_URL"]) as sdk:
    me = sdk.meta.get_v2_self()
    slugs = [one.api_slug for one in sdk.objects.get_v2_objects().data]
    assert slugs == ["people", "companies", "deals"], slugs
    attributes = sdk.attributes.get_v2_target_identifier_attributes(target="objects", identifier="companies").data
    assert "domains" in [one.api_slug for one in attributes]
    sdk.attributes.post_v2_target_identifier_attributes(
        target="objects",
        identifier="people",
        data={
            "title": "Tier",
            "description": None,
            "api_slug": "tier",
            "type": "select",
            "is_required": False,
            "is_unique": False,
            "is_multiselect": False,
            "config": {},
        },
    )
    sdk.attributes.post_v2_target_identifier_attributes_attribute_options(
        target="objects", identifier="people", attribute="tier", data={"title": "Gold"}
    )
    company = sdk.records.post_v2_objects_object_records(
        object="companies", data={"values": {"name": ["Acme"], "domains": ["acme.com"]}}
    ).data
    values = {
        "name": [{"first_name": "Ann", "last_name": "Lee", "full_name": "Ann Lee"}],
        "email_addresses": ["Ann@acme.com"],
        "phone_numbers": [{"original_phone_number": "020 7946 0000", "country_code": "GB"}],
        "tier": ["Gold"],
        "company": [{"target_object": "companies", "domains": [{"domain": "acme.com"}]}],
        "primary_location": [
            {
                "line_1": "Main St 1",
                "line_2": None,
                "line_3": None,
                "line_4": None,
                "locality": "Leeds",
                "region": None,
                "postcode": "LS1",
                "country_code": "GB",
                "latitude": "53.8",
                "longitude": "-1.5",
            }
        ],
    }
    person = sdk.records.put_v2_objects_object_records(
        object="people", matching_attribute="email_addresses", data={"values": values}
    ).data
    again = sdk.records.put_v2_objects_object_records(
        object="people", matching_attribute="email_addresses", data={"values": values}
    ).data
    assert again.id.record_id == person.id.record_id
    owner = sdk.workspace_members.get_v2_workspace_members().data[0].email_address
    deal = sdk.records.post_v2_objects_object_records(
        object="deals",
        data={
            "values": {
                "name": ["Big"],
                "stage": ["Lead"],
                "owner": [owner],
                "value": [99.95],
                "associated_people": [{"target_object": "people", "target_record_id": person.id.record_id}],
            }
        },
    ).data
    found = sdk.records.post_v2_objects_object_records_query(
        object="people", filter_={"email_addresses": "ann@acme.com"}, limit=10
    ).data
    assert [one.id.record_id for one in found] == [person.id.record_id]
    read = sdk.records.get_v2_objects_object_records_record_id_(object="deals", record_id=deal.id.record_id).data
    assert read.values["value"][0].currency_code in ("USD",) or read.values["value"][0].currency_code.value == "USD"
    sdk.records.patch_v2_objects_object_records_record_id_(
        object="people", record_id=person.id.record_id, data={"values": {"email_addresses": ["a2@acme.com"]}}
    )
    sdk.records.delete_v2_objects_object_records_record_id_(object="deals", record_id=deal.id.record_id)
    nobody = {"name": ["No owner"], "stage": ["Lead"], "owner": ["nobody@example.org"]}
    try:
        sdk.records.post_v2_objects_object_records(object="deals", data={"values": nobody})
    except PostV2ObjectsObjectRecordsInvalidRequestError as error:
        assert error.data.code == "value_not_found", error.data
    else:
        raise AssertionError("a deal of an unknown owner was taken")
    print("trip done")
