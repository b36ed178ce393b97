"""What is Attio's own: keys that cannot be unique, composites, lists that are replaced, pages by time, archived attributes."""

import pytest

from sdrbot_skills.crm.attio import Adapter
from sdrbot_skills.crm.batching import link_key
from sdrbot_skills.crm.rules import Rule
from sdrbot_skills.errors import OutcomeUnknown, RateLimited
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.records import Link, Operation, Outcome, Row
from sdrbot_skills.model.schema import Field, Option
from sdrbot_skills.model.values import Kind
from tests.lab.attio_workspace import Workspace

KEY = "migration_source_id"


def key_field(**more: object) -> Field:
    return Field.model_validate(
        {"name": KEY, "label": "Key", "kind": "text", "vendor_type": "", "unique": True, **more}
    )


def deal(attio: Adapter, **more: object) -> dict[str, object]:
    owner = next(user.id for user in attio.users() if user.active)
    return {"name": "Big one", "stage": "Lead", "owner": owner, **more}


def test_a_key_is_unique_where_attio_allows_it(attio: Adapter, admin: Adapter) -> None:
    assert admin.create_field("deals", key_field()).upsert_key
    made = admin.create_field("people", key_field())
    assert (made.unique, made.upsert_key) == (False, False)
    assert admin.create_field("people", key_field()) == made


def test_an_upsert_by_a_unique_key_is_an_assert(attio: Adapter, admin: Adapter, emulator: Emulator) -> None:
    admin.create_field("deals", key_field())
    row = Row("s1", deal(attio, **{KEY: "hs:1"}))
    first, second = (attio.write("deals", Operation.UPSERT, [row], KEY)[0] for _ in range(2))
    assert (first.outcome, second.outcome, first.id) == (Outcome.CREATED, Outcome.UPDATED, second.id)
    assert emulator.counters()["requests/PUT /v2/objects/{object}/records"] == 2
    assert attio.count("deals") == 1


def test_a_plain_key_is_looked_up_before_it_is_written(attio: Adapter, admin: Adapter, emulator: Emulator) -> None:
    admin.create_field("people", key_field())
    row = Row("s1", {"name.last_name": "Lee", KEY: "hs:1"})
    first, second = (attio.write("people", Operation.UPSERT, [row], KEY)[0] for _ in range(2))
    assert (first.outcome, second.outcome, first.id) == (Outcome.CREATED, Outcome.UPDATED, second.id)
    assert attio.find("people", KEY, ["hs:1", "HS:1"], [])[0].id == first.id
    assert attio.count("people") == 1


def test_a_lost_answer_leaves_what_was_done_known(attio: Adapter, emulator: Emulator) -> None:
    rows = [Row(f"s{number}", {"name": f"C{number}"}) for number in range(3)]
    emulator.fault("reset", when="after_commit", path="/records$", skip=1)
    done, lost, waiting = attio.write("companies", Operation.CREATE, rows)
    assert (done.outcome, lost.rule, waiting.retriable) == (Outcome.CREATED, Rule.UNANSWERED, True)
    assert attio.count("companies") == 2
    emulator.fault("reset", when="after_commit", path="/records$")
    with pytest.raises(OutcomeUnknown):
        attio.write("companies", Operation.CREATE, rows)


def test_a_write_that_meets_another_may_be_sent_again(attio: Adapter, emulator: Emulator) -> None:
    emulator.fault("form", form="rate_limited", path="/records$")
    with pytest.raises(RateLimited) as caught:
        attio.write("companies", Operation.CREATE, [Row("1", {"name": "C"})])
    assert 0 < caught.value.retry_after <= 2


def test_a_part_of_a_name_or_a_place_leaves_the_other_parts(attio: Adapter) -> None:
    whole = {"name.first_name": "Ann", "name.last_name": "Lee", "primary_location.line_1": "Main St", "primary_location.country_code": "GB"}  # fmt: skip
    (made,) = attio.write("people", Operation.CREATE, [Row("1", whole)])
    change = {"name.last_name": "Smith", "primary_location.locality": "Leeds"}
    attio.write("people", Operation.UPDATE, [Row("1", change, made.id)])
    (read,) = attio.get("people", [made.id or ""], ["name.full_name", *whole, *change])
    assert read.values == {"name.full_name": "Ann Smith", **whole, **change}
    attio.write("people", Operation.UPDATE, [Row("1", dict.fromkeys(whole) | dict.fromkeys(change), made.id)])
    (read,) = attio.get("people", [made.id or ""], [*whole, *change])
    assert set(read.values.values()) == {None}


def test_a_list_is_replaced_and_links_are_appended_by_one_call_a_record(attio: Adapter, emulator: Emulator) -> None:
    people = [attio.write("people", Operation.CREATE, [Row("1", {"name.last_name": n})])[0].id or "" for n in "abc"]
    (made,) = attio.write("deals", Operation.CREATE, [Row("1", deal(attio))])
    link_type = next(one for one in attio.link_types("deals") if one.standard == "deal.person")
    assert (link_type.field, link_type.single) == (None, False)
    links = [Link(link_type.name, made.id or "", person) for person in people]
    assert [one.outcome for one in attio.link(link_type, links)] == [Outcome.LINKED] * len(links)
    assert emulator.counters()["requests/PATCH /v2/objects/{object}/records/{record}"] == 1
    assert sorted(attio.links(link_type, [made.id or ""])) == sorted(links)
    nobody = Link(link_type.name, made.id or "", made.id or "")
    told = {one.key: one.outcome for one in attio.link(link_type, [nobody, links[0]])}
    assert told == {link_key(nobody): Outcome.REJECTED, link_key(links[0]): Outcome.LINKED}
    attio.unlink(link_type, links[:1])
    assert sorted(attio.links(link_type, [made.id or ""])) == sorted(links[1:])
    assert [one.name for one in attio.link_types("people")] == ["company"]


def test_an_assert_takes_away_people_that_others_added_and_a_create_does_not(
    attio: Adapter, admin: Adapter, emulator: Emulator
) -> None:
    """Why the people of a deal do not go with it: a deal is sent by an assert, which replaces the list of one that is there."""
    admin.create_field("deals", key_field())
    others, ours = (
        attio.write("people", Operation.CREATE, [Row("1", {"name.last_name": n})])[0].id or "" for n in "ab"
    )
    (made,) = attio.write("deals", Operation.UPSERT, [Row("1", deal(attio, **{KEY: "hs:1"}))], KEY)
    link_type = next(one for one in attio.link_types("deals") if one.standard == "deal.person")
    kept = [Link(link_type.name, made.id or "", others)]
    attio.link(link_type, kept)
    people = [{"target_object": "people", "target_record_id": ours}]
    owner = {"referenced_actor_type": "workspace-member", "referenced_actor_id": deal(attio)["owner"]}
    values = {**deal(attio), "owner": owner, KEY: "hs:1", link_type.name: people}
    workspace = Workspace(emulator)
    refused = workspace.create("deals", 400, **values)
    assert (refused["code"], attio.links(link_type, [made.id or ""])) == ("uniqueness_conflict", kept)
    workspace.call("PUT", f"/objects/deals/records?matching_attribute={KEY}", {"data": {"values": values}})
    workspace.close()
    assert attio.links(link_type, [made.id or ""]) == [Link(link_type.name, made.id or "", ours)]


def test_an_option_is_made_in_advance_or_the_row_is_refused_unsent(
    attio: Adapter, admin: Adapter, emulator: Emulator
) -> None:
    option = Option(value="Gold", label="Gold")
    tags = Field(name="tags", label="Tags", kind=Kind.CHOICES, vendor_type="", options=(option,))
    assert [one.value for one in admin.create_field("people", tags).options] == ["Gold"]
    good, bad = attio.write("people", Operation.CREATE, [Row("1", {"tags": ["Gold"]}), Row("2", {"tags": ["Tin"]})])
    assert (good.outcome, bad.rule, bad.field) == (Outcome.CREATED, Rule.UNKNOWN_OPTION, "tags")
    assert emulator.counters()["requests/POST /v2/objects/{object}/records"] == 1


def test_an_archived_attribute_comes_back(attio: Adapter, admin: Adapter) -> None:
    made = admin.create_field("deals", key_field())
    admin.delete_field("deals", KEY)
    assert attio.describe("deals").field(KEY) is None
    assert admin.create_field("deals", key_field()) == made


def test_a_phone_number_attio_cannot_read_names_its_field(attio: Adapter) -> None:
    (result,) = attio.write("people", Operation.CREATE, [Row("1", {"phone_numbers": ["call me"]})])
    assert (result.outcome, result.rule) == (Outcome.REJECTED, Rule.INVALID_VALUE)


def test_a_taken_address_names_its_field_though_attio_says_an_id(attio: Adapter) -> None:
    row = Row("1", {"email_addresses": ["ann@acme.com"]})
    attio.write("people", Operation.CREATE, [row])
    (result,) = attio.write("people", Operation.CREATE, [row])
    assert (result.rule, result.field) == (Rule.DUPLICATE, "email_addresses")


def test_pages_survive_many_records_of_one_moment(attio: Adapter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Creation times may tie; a page that begins among ties neither skips nor repeats."""
    monkeypatch.setattr("sdrbot_skills.crm.attio.records.PAGE", 3)
    rows = [{"id": {"record_id": f"r{n}"}, "created_at": "2026-01-01T00:00:00.000000001Z", "values": {}} for n in range(8)]  # fmt: skip
    monkeypatch.setattr(attio.client, "query", lambda name, body: rows[body["offset"] : body["offset"] + body["limit"]])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = attio.read("people", [], cursor=cursor)
        seen += [record.id for record in page.records]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [f"r{n}" for n in range(8)]


def test_deals_that_are_switched_off_block(attio: Adapter, emulator: Emulator) -> None:
    assert [one.subject for one in attio.preflight(["nothing"]).blind if one.blocks] == ["nothing"]
    assert attio.preflight(["people"]).blind
    assert attio.deep_link("people", "42").startswith("https://app.attio.com/northwind-practice-co/person/")


def test_values_read_by_others_are_told(attio: Adapter, emulator: Emulator) -> None:
    """Nanoseconds, several addresses, a normalised domain, money with the attribute's currency."""
    workspace = Workspace(emulator)
    workspace.create("companies", name="Acme", domains=["https://www.acme.com/x", "acme.org"])
    workspace.close()
    schema = attio.describe("companies")
    (record,) = attio.read("companies", ["domains", "created_at", "categories"]).records
    decoded = {name: attio.codec.decoder(schema.by_name[name])(record.values) for name in record.values}
    assert decoded["domains"] == ["acme.com", "acme.org"]
    assert decoded["created_at"].endswith("Z")
    assert len(decoded["created_at"]) == 24
    assert decoded["categories"] is None
    normal = attio.codec.normaliser(schema.by_name["domains"])
    assert normal(["https://www.Acme.com/x"]) == normal(["acme.com"])


@pytest.mark.parametrize("slug", ["close_date", "expected_close_date", "closing-date"])
def test_a_close_date_that_people_made_is_known_by_its_usual_names(
    attio: Adapter, emulator: Emulator, slug: str
) -> None:
    """Attio's deals have none of their own."""
    workspace = Workspace(emulator)
    assert "deal.close_date" not in {field.standard for field in attio.describe("deals").fields}
    for name in (slug, "closed_at"):
        workspace.attribute("deals", name, "date")
    workspace.close()
    known = [field.name for field in attio.describe("deals").fields if field.standard == "deal.close_date"]
    assert known == [slug], "one, though there are two"
