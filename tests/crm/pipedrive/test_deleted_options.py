"""Options that are gone, and options that look alike."""

from __future__ import annotations

from sdrbot_skills.crm.base import Crm
from tests.crm.pipedrive.conftest import Ask


def test_an_option_that_was_deleted_is_no_number(crm: Crm, ask: Ask) -> None:
    """Records keep the id of an option that is gone; carried as it is, a text field of the target would say "45"."""
    wanted = {"field_name": "Tier", "field_type": "enum", "options": [{"label": "Gold"}, {"label": "Tin"}]}
    made = ask("POST", "/api/v2/personFields", wanted)
    code, tin = made["field_code"], made["options"][1]["id"]
    person = ask("POST", "/api/v2/persons", {"name": "A", "custom_fields": {code: tin}})["id"]
    ask("DELETE", f"/api/v2/personFields/{code}/options", [{"id": tin}])
    field = crm.describe("persons").by_name[code]
    (record,) = crm.get("persons", [str(person)], [code])
    assert crm.codec.decoder(field)(record.values) == f"deleted option {tin}"


def test_options_of_one_label_are_one_option(crm: Crm, ask: Ask) -> None:
    wanted = {"field_name": "Tier", "field_type": "enum", "options": [{"label": "Gold"}, {"label": "gold"}]}
    made = ask("POST", "/api/v2/personFields", wanted)
    code = made["field_code"]
    people = [
        ask("POST", "/api/v2/persons", {"name": "A", "custom_fields": {code: one["id"]}})["id"]
        for one in made["options"]
    ]
    field = crm.describe("persons").by_name[code]
    decode = crm.codec.decoder(field)
    records = {record.id: record for record in crm.get("persons", [str(one) for one in people], [code])}
    assert [decode(records[str(one)].values) for one in people] == ["Gold", "gold"]
