"""Reading and writing records through the broker."""

from __future__ import annotations

from typing import Any

import pytest

from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.crm.salesforce import Adapter, soql
from sdrbot_skills.errors import BatchRejected, ConfigurationError, OutcomeUnknown, Refused
from sdrbot_skills.lab.processes import Emulator
from sdrbot_skills.model.records import Comparison, Condition, Operation, Outcome, Record, Row, RowResult
from tests.crm.salesforce.conftest import Connect


def people(count: int, **more: Any) -> list[Row]:
    return [
        Row(f"hs-{number}", {"LastName": f"Person {number:04}", "Email": f"p{number}@example.com", **more})
        for number in range(count)
    ]


def create(sf: Adapter, object_name: str, rows: list[Row]) -> list[RowResult]:
    results: list[RowResult] = []
    for start in range(0, len(rows), 200):
        results += sf.write(object_name, Operation.CREATE, rows[start : start + 200])
    assert {result.outcome for result in results} == {Outcome.CREATED}, results[0]
    return results


def read_all(sf: Adapter, object_name: str, fields: list[str], **more: Any) -> list[Record]:
    found: list[Record] = []
    cursor = None
    while True:
        page = sf.read(object_name, fields, cursor=cursor, **more)
        found += page.records
        cursor = page.cursor
        if cursor is None:
            return found


def test_every_record_is_read_once_over_several_pages(sf: Adapter, lab: Emulator) -> None:
    made = create(sf, "Contact", people(4300))
    before = lab.counters()
    found = read_all(sf, "Contact", ["LastName", "Email"])
    assert [record.id for record in found] == sorted(result.id or "" for result in made)
    assert {record.values["Email"] for record in found} == {f"p{number}@example.com" for number in range(4300)}
    assert found[0].modified is not None and found[0].modified.endswith("Z")
    queries = sum(
        count - before.get(name, 0)
        for name, count in lab.counters().items()
        if "query" in name and name.startswith("requests/")
    )
    assert queries == 3


def test_a_record_that_goes_away_between_two_pages_hides_no_other(sf: Adapter) -> None:
    made = create(sf, "Contact", people(2500))
    first = sf.read("Contact", ["LastName"])
    sf.delete("Contact", [first.records[0].id, first.records[10].id])
    rest = sf.read("Contact", ["LastName"], cursor=first.cursor)
    assert len({record.id for record in [*first.records, *rest.records]}) == len(made)


def test_a_list_of_fields_too_long_for_a_url_is_read_all_the_same(sf: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    create(sf, "Contact", people(30, Title="Chief"))
    monkeypatch.setattr(soql, "LONGEST_QUERY", 300)
    found = read_all(sf, "Contact", ["LastName", "Title", "Email", "MailingStreet", "MailingCity"])
    assert len(found) == 30 and {record.values["Title"] for record in found} == {"Chief"}


def test_conditions_narrow_what_is_read_and_counted(sf: Adapter) -> None:
    create(sf, "Contact", people(5))
    where = [Condition("Email", Comparison.IN, [["p1@example.com"], ["P3@EXAMPLE.COM"], ["none@example.com"]])]
    assert {record.values["LastName"] for record in read_all(sf, "Contact", ["LastName"], where=where)} == {
        "Person 0001",
        "Person 0003",
    }
    assert sf.count("Contact", where) == 2
    assert sf.count("Contact") == 5


def test_find_looks_at_all_values_and_escapes_them(sf: Adapter) -> None:
    create(sf, "Contact", [Row("1", {"LastName": 'O\'Brien \\ "x"'}), *people(600)])
    assert [
        record.values["LastName"] for record in sf.find("Contact", "LastName", ['O\'Brien \\ "x"', "nobody"], [])
    ] == ['O\'Brien \\ "x"']
    values = [f"p{number}@example.com" for number in range(600)]
    assert len(sf.find("Contact", "Email", values, ["LastName"])) == 600


def test_get_leaves_out_what_is_not_there(sf: Adapter) -> None:
    made = [result.id or "" for result in create(sf, "Contact", people(3))]
    sf.delete("Contact", [made[1]])
    found = sf.get("Contact", [*made, "003000000000000AAA"], ["LastName"])
    assert {record.id for record in found} == {made[0], made[2]}


def test_one_bad_row_does_not_sink_its_neighbours(sf: Adapter) -> None:
    rows = [
        Row("good", {"LastName": "Good"}),
        Row("nameless", {"FirstName": "No last name"}),
        Row("long", {"LastName": "x" * 81}),
        Row("mail", {"LastName": "Mail", "Email": "nonsense"}),
        Row("orphan", {"LastName": "Orphan", "AccountId": "001000000000000AAA"}),
        Row("readonly", {"LastName": "Read", "IsDeleted": True}),
    ]
    results = {result.key: result for result in sf.write("Contact", Operation.CREATE, rows)}
    assert {key: result.rule for key, result in results.items()} == {
        "good": None,
        "nameless": Rule.REQUIRED_MISSING,
        "long": Rule.TOO_LONG,
        "mail": Rule.INVALID_EMAIL,
        "orphan": Rule.BAD_REFERENCE,
        "readonly": Rule.READ_ONLY,
    }
    assert results["good"].outcome is Outcome.CREATED
    assert results["nameless"].field == "LastName"
    assert sf.count("Contact") == 1


def test_update_changes_and_clears(sf: Adapter) -> None:
    made = create(sf, "Contact", people(1, Title="Chief"))[0].id or ""
    result = sf.write("Contact", Operation.UPDATE, [Row("k", {"Title": None, "LastName": "New"}, made)])[0]
    assert (result.key, result.outcome, result.id) == ("k", Outcome.UPDATED, made)
    values = sf.get("Contact", [made], ["Title", "LastName"])[0].values
    assert (values["Title"], values["LastName"]) == (None, "New")


def test_deleting_twice_is_deleting(sf: Adapter) -> None:
    made = create(sf, "Contact", people(1))[0].id or ""
    for _ in range(2):
        assert [result.outcome for result in sf.delete("Contact", [made])] == [Outcome.DELETED]
    assert sf.count("Contact") == 0


def test_a_similar_record_is_made_all_the_same(sf: Adapter) -> None:
    """Alerting duplicate rules are on in new organisations and would refuse it without the header that allows it."""
    for _ in range(2):
        create(sf, "Contact", [Row("1", {"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.com"})])
    assert sf.count("Contact") == 2


def test_a_lead_keeps_the_owner_it_was_given(sf: Adapter, lab: Emulator) -> None:
    lab.control("variants", add=["assignment_rules"])
    try:
        me = sf.client.connection.facts["user_id"]
        made = create(sf, "Lead", [Row("1", {"LastName": "L", "Company": "C"})])[0].id or ""
        assert sf.get("Lead", [made], ["OwnerId"])[0].values["OwnerId"][:15] == me[:15]
    finally:
        lab.control("variants", remove=["assignment_rules"])


def test_a_write_without_an_answer_is_in_doubt_and_a_delete_is_sent_again(sf: Adapter, lab: Emulator) -> None:
    made = create(sf, "Contact", people(1))[0].id or ""
    lab.fault("reset", when="after_commit", path="/composite/sobjects", times=1)
    with pytest.raises(OutcomeUnknown):
        sf.write("Contact", Operation.CREATE, people(2))
    assert sf.count("Contact") == 3, "it was carried out although nobody heard of it"
    lab.fault("reset", when="after_commit", path="/composite/sobjects", times=1)
    assert [result.outcome for result in sf.delete("Contact", [made])] == [Outcome.DELETED]


@pytest.mark.parametrize(
    ("payload", "rule"), [({"Birthdate": "yesterday"}, Rule.INVALID_VALUE), ({"Nope__c": 1}, Rule.UNKNOWN_FIELD)]
)
def test_a_row_for_which_all_are_refused_is_found_by_splitting(
    sf: Adapter, payload: dict[str, Any], rule: Rule
) -> None:
    bad = Row("bad", {"LastName": "B", **payload})
    with pytest.raises(BatchRejected) as caught:
        sf.write("Contact", Operation.CREATE, [Row("good", {"LastName": "A"}), bad])
    assert caught.value.rule == rule
    assert sf.count("Contact") == 0
    (result,) = sf.write("Contact", Operation.CREATE, [bad])
    assert (result.outcome, result.rule) == (Outcome.REJECTED, rule)


def test_a_dry_run_reads_and_cannot_write(sf: Adapter, connect: Connect) -> None:
    dry = connect("dry")
    assert dry.count("Contact") == 0
    with pytest.raises(Refused) as caught:
        dry.write("Contact", Operation.CREATE, people(1))
    assert caught.value.code == "write_in_dry_run"


def test_an_unknown_object_or_field_is_named(sf: Adapter) -> None:
    with pytest.raises(ConfigurationError, match="no object 'Nonsense'"):
        sf.describe("Nonsense")
    with pytest.raises(ConfigurationError, match="no field 'Nope'"):
        sf.read("Contact", ["Nope"])
