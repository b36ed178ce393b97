"""Participants of deals, which only v1 has."""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response
from sdrbot_skills.lab.pipedrive import errors
from sdrbot_skills.lab.pipedrive.records import Records
from sdrbot_skills.lab.pipedrive.vendor import Pipedrive, body_of, record_id, success, v1_page, v1_time

PARTICIPANT = "participant"
PATH = "/deals/{id}/participants"


class Participants:
    def __init__(self, pipedrive: Pipedrive, records: Records) -> None:
        self.pipedrive, self.records, self.store = pipedrive, records, pipedrive.store

    def add_routes(self) -> None:
        self.pipedrive.v1("GET", PATH)(self.listing)
        self.pipedrive.v1("POST", PATH)(self.add)
        self.pipedrive.v1("DELETE", PATH + "/{participant}")(self.remove)

    def listing(self, request: Request) -> Response:
        deal, rows = self._of_deal(request)
        alive = self.store.alive("persons", [person for person, _ in rows])
        pairs = sorted((number, person) for person, number in rows if person in alive)
        return v1_page(request, [self._shown(number, deal, person) for number, person in pairs])

    def add(self, request: Request) -> Response:
        deal, rows = self._of_deal(request)
        person = body_of(request).get("person_id")
        if not isinstance(person, int) or not self.store.alive("persons", [person]):
            raise errors.refuse(400, "Person was not found")
        if any(one == person for one, _ in rows):
            raise errors.refuse(400, "This person is already a participant of the deal")
        (number,) = self.store.next_ids(1)
        self.store.link("participants", [(deal, person, number)])
        self.store.put(PARTICIPANT, str(number), {"add_time": v1_time(self.store.clock.now_ms())})
        self.store.count("writes/participants/inserted")
        return success(self._shown(number, deal, person))

    def remove(self, request: Request) -> Response:
        deal, rows = self._of_deal(request)
        wanted = record_id(request.params["participant"])
        person = next((one for one, number in rows if number == wanted), None)
        if person is None:
            raise errors.not_found("Participant not found")
        self.store.unlink("participants", [(deal, person, wanted)])
        self.store.remove(PARTICIPANT, str(wanted))
        self.store.count("writes/participants/deleted")
        return success({"id": wanted})

    def _of_deal(self, request: Request) -> tuple[int, list[tuple[int, int]]]:
        """The deal that is asked about, and its people with the numbers of their participations."""
        deal = self.records.one("deals", record_id(request.params["id"])).id
        return deal, self.store.links("participants", [deal]).get(deal, [])

    def _shown(self, number: int, deal: int, person: int) -> dict[str, Any]:
        found = self.store.get("persons", person)
        doc = found.doc if found else {}
        contact = {"active_flag": True, "name": doc.get("name"), "email": doc.get("emails", []), "value": person}
        entry = self.store.thing(PARTICIPANT, str(number)) or {}
        return {
            "id": number,
            "person_id": {**contact, "phone": doc.get("phones", [])},
            "add_time": entry.get("add_time"),
            "active_flag": True,
            "related_item_data": {"deal_id": deal},
            "person": {"id": person, "name": doc.get("name")},
            "added_by_user_id": {"id": self.pipedrive.user_id},
            "related_item_type": "deal",
            "related_item_id": deal,
        }
