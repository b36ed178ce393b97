"""The practice Twenty's views: made of what the vendor's metadata document says, in both envelopes, coming and going with the schema."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sdrbot_skills import lab
from tests.support import shared_path

NOUNS = {"views": "View", "viewFields": "ViewField", "viewFilters": "ViewFilter", "viewSorts": "ViewSort"}
NOUNS |= {"viewGroups": "ViewGroup"}


class Asking:
    def __init__(self, emulator: lab.Emulator) -> None:
        headers = {"Authorization": f"Bearer {emulator.env['TWENTY_API_KEY']}"}
        self.http = httpx.Client(
            base_url=f"{emulator.base_url}/rest/metadata", headers=headers, trust_env=False, verify=False
        )

    def __call__(self, method: str, path: str, body: Any = None, expect: int = 200) -> Any:
        answer = self.http.request(method, path, json=body)
        assert answer.status_code == expect, answer.text
        return answer.json()

    def ids(self) -> dict[str, str]:
        """Of objects by plural name, of fields by `person.jobTitle`, in either envelope."""
        listed = self("GET", "/objects?limit=200")["data"]
        found = listed["objects"] if isinstance(listed, dict) else listed
        fields = {f"{one['nameSingular']}.{each['name']}": each["id"] for one in found for each in one["fields"]}
        return fields | {one["namePlural"]: one["id"] for one in found}


def asking(*variants: str) -> Iterator[Asking]:
    with lab.running("twenty", variants=list(variants)) as emulator:
        one = Asking(emulator)
        yield one
        one.http.close()


@pytest.fixture(scope="module")
def direct() -> Iterator[Asking]:
    yield from asking()


@pytest.fixture(scope="module")
def legacy() -> Iterator[Asking]:
    yield from asking("legacy_metadata")


def test_answers_have_the_parts_and_the_envelope_of_the_vendors_document(legacy: Asking) -> None:
    document = json.loads(shared_path("contracts", "twenty", "openapi-metadata.json").read_bytes())
    schemas, ids = document["components"]["schemas"], legacy.ids()
    view = {"name": "Mine", "objectMetadataId": ids["people"], "icon": "IconList"}
    made = legacy("POST", "/views", view, 201)["data"]["createOneView"]
    field = {"viewId": made["id"], "fieldMetadataId": ids["person.jobTitle"]}
    more = {"viewFilters": {"value": "CEO"}, "viewGroups": {"fieldValue": "A"}}
    for plural, noun in NOUNS.items():
        one = made
        if plural != "views":
            one = legacy("POST", f"/{plural}", {**field, **more.get(plural, {})}, 201)["data"][f"createOne{noun}"]
        assert set(one) == set(schemas[f"{noun}ForResponse"]["properties"]), plural
        for name, part in schemas[noun]["properties"].items():
            assert one[name] == part.get("default", one[name]) or name == "key", f"{plural}.{name}"
            if "enum" in part:
                words = legacy("PATCH", f"/{plural}/{one['id']}", {name: "NOPE"}, 400)["message"]
                assert words == [f"{name} must be one of the following values: {', '.join(part['enum'])}"]
        for missing in schemas[noun]["required"]:
            legacy("POST", f"/{plural}", {**view, **field, "value": 1, "fieldValue": "B"} | {missing: None}, 400)
        assert one in legacy("GET", f"/{plural}")["data"][plural]
        assert legacy("GET", f"/{plural}/{one['id']}")["data"] == {plural.removesuffix("s"): one}
    for plural, noun in reversed(NOUNS.items()):
        one = legacy("GET", f"/{plural}?viewId={made['id']}")["data"][plural] if plural != "views" else [made]
        gone = legacy("DELETE", f"/{plural}/{one[0]['id']}")
        assert gone == {"data": {f"deleteOne{noun}": {"id": one[0]["id"]}}}


def test_the_direct_envelope_is_bare(direct: Asking) -> None:
    ids = direct.ids()
    made = direct("POST", "/views", {"name": "A", "objectMetadataId": ids["notes"], "icon": "IconList"}, 201)
    listed = direct("GET", f"/views?objectMetadataId={ids['notes']}&limit=1")
    assert (listed["totalCount"], listed["pageInfo"]["hasNextPage"]) == (2, True)
    rest = direct("GET", f"/views?objectMetadataId={ids['notes']}&starting_after={listed['pageInfo']['endCursor']}")
    assert {one["name"] for one in (*listed["data"], *rest["data"])} == {"All Notes", "A"}
    assert direct("PATCH", f"/views/{made['id']}", {"isCompact": True, "unknown": 1})["isCompact"] is True
    assert direct("DELETE", f"/views/{made['id']}") == {"success": True}
    assert direct("GET", f"/views/{made['id']}", expect=404)["messages"] == ["View not found"]


def test_views_come_and_go_with_objects_and_fields(direct: Asking) -> None:
    names = {"nameSingular": "ticket", "namePlural": "tickets", "labelSingular": "Ticket", "labelPlural": "Tickets"}
    ticket = direct("POST", "/objects", names, 201)["id"]
    (view,) = direct("GET", f"/views?objectMetadataId={ticket}")["data"]
    assert (view["name"], view["key"]) == ("All Tickets", "INDEX")
    field = {"objectMetadataId": ticket, "name": "rank", "label": "Rank", "type": "NUMBER"}
    rank = direct("POST", "/fields", field, 201)["id"]

    def columns() -> list[str]:
        listed = direct("GET", f"/viewFields?viewId={view['id']}")["data"]
        return [one["fieldMetadataId"] for one in listed]

    assert columns()[-1] == rank
    twice = direct("POST", "/viewFields", {"viewId": view["id"], "fieldMetadataId": rank}, 400)
    assert twice["errors"]["viewField"][0]["errors"][0]["message"] == "View field already exists"
    foreign = {"viewId": view["id"], "fieldMetadataId": direct.ids()["person.jobTitle"]}
    direct("POST", "/viewSorts", foreign, 400)
    direct("DELETE", f"/fields/{rank}")
    assert rank not in columns()
    direct("DELETE", f"/objects/{ticket}")
    assert direct("GET", f"/views?objectMetadataId={ticket}")["data"] == columns() == []


def test_deals_are_shown_by_stage_and_standard_objects_stay(direct: Asking) -> None:
    ids = direct.ids()
    views = direct("GET", f"/views?objectMetadataId={ids['opportunities']}")["data"]
    assert [(one["name"], one["type"]) for one in views] == [("All Opportunities", "TABLE"), ("By Stage", "KANBAN")]
    groups = direct("GET", f"/viewGroups?viewId={views[1]['id']}")["data"]
    assert [one["fieldValue"] for one in groups] == ["NEW", "SCREENING", "MEETING", "PROPOSAL", "CUSTOMER"]
    assert direct("DELETE", f"/objects/{ids['people']}", expect=403)["code"] == "OBJECT_MUTATION_NOT_ALLOWED"
