"""The practice Twenty answers what a real server of version 2.21 answered: status and shape of each recorded request."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from sdrbot_skills import lab
from tests.lab.twenty_recordings import ATTACHED_FILE, Pair, Replay, pairs
from tests.support import shared_path

NOTION, IVAN, DEAL = (
    "06290608-8bf0-4806-99ae-a715a6a93fad",
    "7a93d1e5-3f74-4945-8a65-d7f996083f72",
    "2beb07b0-340c-41d7-be33-5aa91757f329",
)
FRESH = {
    "1b9e7dde-e04a-43fc-af83-b24eff77ffdd": "person",
    "59a1305b-1e4a-46fa-8031-fd71db4ae6d9": "company",
    "98392e11-2227-4fb2-b861-d4b15a71ea32": "opportunity",
    "ca6d317a-34bd-404a-9a24-3f603cbeec4c": "note",
    "ecf42817-5f8d-4de7-9ae2-371fd1bfc79d": "task",
    "a9ebe539-633e-4b3f-b30e-ead1a09505cc": "noteTarget",
    "ca107612-92e7-48eb-927c-f908a68485d0": "person.jobTitle",
    "239947ff-8bfa-4336-9405-571db416d8fe": "opportunity.stage",
}
FILES = {ATTACHED_FILE: "attachment.file", "6aab8f73-ffe9-495e-836d-8f7ee2017ad7": "opportunity.stage"}
SEEDED = {"4b324ae4-5ab9-4523-9d45-5d62a9853370": "note", "b82830fc-69b4-43a5-8e5e-400442e9134d": "person"}
READ_ONLY = {"label": "Reader", "rights": ["read"], "settings": False, "tools": False}
NARROW = {
    "label": "Narrow",
    "rights": [],
    "settings": False,
    "tools": False,
    "objects": {"person": ["read", "update"]},
    "hidden": {"person": ["jobTitle"]},
    "locked": {"person": ["linkedinLink"]},
}
MEMBERS = ("e0bd4ee7-1f51-449f-8b8c-3ee6e237a225", "da50f45a-6b56-4092-944e-c7bfd53f1f96")


def samples(replay: Replay) -> None:
    """What a fresh sign-up finds, as far as the recordings speak of it."""
    member = replay.ask("GET", "/rest/workspaceMembers?limit=1")["data"]["workspaceMembers"][0]["id"]
    replay.ids |= dict.fromkeys(MEMBERS, member)
    company = {"id": NOTION, "name": "Notion", "domainName": {"primaryLinkUrl": "https://notion.com"}}
    replay.ask("POST", "/rest/companies", company)
    person = {
        "id": IVAN,
        "name": {"firstName": "Ivan", "lastName": "Zhao"},
        "emails": {"primaryEmail": "zhao@notion.com"},
    }
    replay.ask("POST", "/rest/people", {**person, "companyId": NOTION})
    deal = {"id": DEAL, "name": "API Integration Deal", "companyId": NOTION, "pointOfContactId": IVAN}
    replay.ask("POST", "/rest/opportunities", {**deal, "amount": {"amountMicros": 1000000, "currencyCode": "USD"}})


def fresh(emulator: lab.Emulator) -> Replay:
    key = emulator.env["TWENTY_API_KEY"]
    reader = emulator.control("key", role=READ_ONLY)["token"]
    revoked = emulator.control("key", role=READ_ONLY, revoked=True)["token"]
    expired = emulator.control("key", expired=True)["token"]
    tokens = {"fresh": key, "fresh-readonly-key": reader, "revoked": revoked, "fresh-expired-key": expired}
    replay = Replay(emulator, tokens)
    replay.know_definitions(FRESH)
    samples(replay)
    replay.ask("POST", "/rest/notes", {"id": "232cef18-2973-4701-a8df-0cbc906d0ff4", "title": "n"})
    replay.ask("POST", "/rest/workflows", {"name": "Quick Lead"})
    replay.ask("POST", "/rest/dashboards", {"title": "My First Dashboard"})
    return replay


def files(emulator: lab.Emulator) -> Replay:
    narrow = emulator.control("key", role=NARROW)["token"]
    replay = Replay(emulator, {"fresh-files": emulator.env["TWENTY_API_KEY"], "fresh-files-narrow-key": narrow})
    replay.know_definitions(FILES)
    samples(replay)
    replay.ask("POST", "/rest/people", {"id": "93c72d2e-e65c-44c4-99ad-f87f50349dcf"})
    replay.ask("POST", "/rest/people", {"name": {"firstName": "Has", "lastName": "Title"}, "jobTitle": "chief"})
    replay.ask("POST", "/rest/tasks", {"id": "b5059c49-1d2d-4e43-9652-6c77b0f118c6", "title": "t"})
    stage = replay.ask("GET", f"/rest/metadata/fields/{replay.ids['6aab8f73-ffe9-495e-836d-8f7ee2017ad7']}")
    won = {"label": "Closed won", "value": "CLOSED_WON", "color": "green", "position": 5}
    replay.ask("PATCH", f"/rest/metadata/fields/{stage['id']}", {"options": [*stage["options"], won]})
    replay.upload("d7ba3b3c-80b1-494b-8740-b762d5fc1421", "photo.png", b"not a picture", done=False)
    replay.upload("d24d4950-0ff7-4d2d-9596-67de52140988", "p.html", b"<html><script>1</script></html>", done=False)
    pdf = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
    replay.upload("ddb25bf3-6a5e-4a6e-8aef-8d533da753ea", "x.txt", pdf, done=False)
    replay.upload("d9f11b16-a921-44c0-8648-5caa5fbe71a7", "pending.txt", b"", size=5, sent=False, done=False)
    replay.upload("19b04951-9927-42db-a6a5-b323edea84d5", "long.txt", b"", size=23, sent=False, done=False)
    replay.upload("1037b1dc-3ae6-41e9-a1d7-dee17fa4246b", "x.json", b'{"a":1}\n', done=False)
    for number, recorded in enumerate(
        (
            "95d702fd-826d-4ee7-a37a-0d395ff23341",
            "6a953195-540c-4ac8-862a-94c1673afb92",
            "1dab2c39-a4ae-41c1-97c3-d142394163a8",
            "a1360924-a14e-4048-b46e-c387e395d4af",
        )
    ):
        replay.upload(recorded, f"{number}.csv", b"a;b")
    return replay


def seeded(emulator: lab.Emulator) -> Replay:
    replay = Replay(emulator, {"seeded": emulator.env["TWENTY_API_KEY"]})
    replay.know_definitions(SEEDED)
    person = {
        "name": {"firstName": "Jeffery", "lastName": "Griffin"},
        "emails": {"primaryEmail": "jeffery.griffin@example.com"},
    }
    replay.ask("POST", "/rest/batch/people", [{**person, "jobTitle": "Embryologist, clinical"}, {"jobTitle": "x"}])
    replay.ask("POST", "/rest/opportunities", {"name": "iPhone", "amount": {"amountMicros": 3200000000000}})
    return replay


def before_fields(replay: Replay) -> None:
    person = "1b9e7dde-e04a-43fc-af83-b24eff77ffdd"
    for name, kind in (("lastSeen", "DATE_TIME"), ("budget", "CURRENCY"), ("rating", "RATING"), ("longText", "TEXT")):
        replay.make_field(person, name, kind)
    targets = [
        replay.ids[one] for one in ("59a1305b-1e4a-46fa-8031-fd71db4ae6d9", "98392e11-2227-4fb2-b861-d4b15a71ea32")
    ]
    payload = [{"type": "MANY_TO_ONE", "targetObjectMetadataId": one, "targetFieldLabel": "M"} for one in targets]
    replay.make_field(person, "morphThing", "MORPH_RELATION", morphRelationsCreationPayload=payload)


def limited(replay: Replay) -> None:
    replay.emulator.control("limits", empty=True)


def unlimited_again(replay: Replay) -> None:
    replay.emulator.control("limits", empty=False)
    replay.ask("POST", "/rest/companies", {"id": "d375ade0-29a6-498f-8c12-2f5c16e7bdc3", "name": "LP"})


def drop_fields(replay: Replay) -> None:
    """What recordings from here on show no more."""
    for name in ("foo9",):
        answer = replay.ask("GET", "/rest/metadata/fields")["data"]
        for field in answer:
            if field["name"] == name:
                replay.ask("DELETE", f"/rest/metadata/fields/{field['id']}")


def note_twins(replay: Replay) -> None:
    replay.ask("POST", "/rest/batch/notes", [{"dupcol": "same"}, {"dupcol": "same"}])


BEFORE: dict[str, Callable[[Replay], Any]] = {
    "sd.delete": lambda replay: replay.ask(
        "POST",
        "/rest/people",
        {
            "id": "dd89a433-8d8c-4c8d-8a3d-99eb77bacb38",
            "name": {"firstName": "Soft"},
            "emails": {"primaryEmail": "soft@example.com"},
        },
    ),
    "custom.values.all": before_fields,
    "readonly.people": drop_fields,
    "rate.limited": limited,
    "links.patch.url": unlimited_again,
    "meta.unique.late.dups": note_twins,
}

KNOWN: dict[str, str] = {}
"""Pairs that are answered otherwise, and why."""

WORKSPACES = {"fresh": (fresh, "fresh"), "seeded": (seeded, "seeded"), "fresh-files": (files, "fresh-files")}


@pytest.mark.parametrize("workspace", WORKSPACES)
def test_recorded_requests_are_answered_as_recorded(workspace: str) -> None:
    recorded = pairs(shared_path("contracts", "twenty", "recordings.jsonl"))
    chosen = [pair for pair in recorded if _workspace(pair) == workspace]
    variants = ["legacy_metadata"] if workspace == "seeded" else []
    agreed: dict[str, list[bool]] = defaultdict(list)
    different: list[str] = []
    with lab.running("twenty", variants=variants) as emulator:
        replay = WORKSPACES[workspace][0](emulator)
        for pair in chosen:
            BEFORE.get(pair["name"], lambda _: None)(replay)
            found = replay.send(pair)
            agreed[pair["name"].partition(".")[0]].append(not found)
            if found and pair["name"] not in KNOWN:
                different.append(f"{pair['name']}: {'; '.join(found[:3])}")
        replay.http.close()
    print({group: f"{sum(all_of)} of {len(all_of)}" for group, all_of in agreed.items()})
    assert different == [], "\n".join(different)


def _workspace(pair: Pair) -> str:
    name = str(pair["workspace"])
    return "fresh-files" if name.startswith("fresh-files") else "seeded" if name == "seeded" else "fresh"
