"""Communication preferences (doc "Subscriptions API", v3 and v4): opt-outs, keyed by e-mail address.

An opt-out shows on the contact as `hs_email_optout` and `hs_email_optout_<id>`, which nobody can write there. It holds
for the address: a contact created later with it is opted out from the start.
"""

from typing import Any

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.hubspot import errors, values
from sdrbot_skills.lab.hubspot.types import STANDARD
from sdrbot_skills.lab.hubspot.vendor import HubSpot, batch_reply, inputs

READ = ("communication_preferences.read", "communication_preferences.read_write")
WRITE = ("communication_preferences.read_write",)
BATCH_READ = ("communication_preferences.statuses.batch.read",)
BATCH_WRITE = ("communication_preferences.statuses.batch.write",)
LEGAL_BASES = (
    "LEGITIMATE_INTEREST_PQL",
    "LEGITIMATE_INTEREST_CLIENT",
    "LEGITIMATE_INTEREST_OTHER",
    "PERFORMANCE_OF_CONTRACT",
    "CONSENT_WITH_NOTICE",
    "NON_GDPR",
    "PROCESS_AND_STORE",
)
WORDS = {"Product news": "News about our product", "Events": "Invitations to our events"}
Status = dict[str, Any]


def add_routes(hubspot: HubSpot) -> None:
    routes = Consent(hubspot)
    add = hubspot.app.router.add
    base = "/communication-preferences/{api:v4|2025-09|2026-03|2026-09}"
    add("GET", f"{base}/definitions", routes.definitions)
    add("GET", "/communication-preferences/{api:v3}/definitions", routes.definitions_v3)
    add("POST", f"{base}/statuses/batch/unsubscribe-all", routes.batch_unsubscribe_all)
    add("POST", f"{base}/statuses/batch/unsubscribe-all/read", routes.batch_read_all)
    add("GET", f"{base}/statuses/{{email}}/unsubscribe-all", routes.read_all)
    add("POST", f"{base}/statuses/{{email}}/unsubscribe-all", routes.unsubscribe_all)
    add("GET", f"{base}/statuses/{{email}}", routes.statuses)
    add("POST", f"{base}/statuses/{{email}}", routes.set_status)
    v3 = "/communication-preferences/{api:v3}"
    add("GET", f"{v3}/status/email/{{email}}", routes.statuses_v3)
    add("POST", f"{v3}/unsubscribe", routes.unsubscribe_v3)
    add("POST", f"{v3}/subscribe", routes.subscribe_v3)


class Consent:
    def __init__(self, hubspot: HubSpot) -> None:
        self.hubspot = hubspot
        self.store = hubspot.store

    # --- v4 ---

    def definitions(self, request: Request) -> Response:
        self._need(request, READ)
        return reply(200, {"status": "COMPLETE", "results": self._definitions()})

    def statuses(self, request: Request) -> Response:
        self._need(request, READ)
        address = self._address(request)
        chosen = self._chosen(address)
        results = [self._show(address, key, chosen) for key in self.store.things("subscription")]
        return reply(200, {"status": "COMPLETE", "results": results})

    def set_status(self, request: Request) -> Response:
        self._need(request, WRITE)
        body = request.json()
        _channel(str(body.get("channel", "")))
        state, key = body.get("statusState"), str(body.get("subscriptionId", ""))
        if state not in ("SUBSCRIBED", "UNSUBSCRIBED"):
            raise errors.invalid("statusState must be SUBSCRIBED or UNSUBSCRIBED")
        address = self._address(request)
        before = self._chosen(address)["topics"].get(key)
        status = self._set(address, key, state, body)
        reason = "NO_STATUS_CHANGE" if before == state else "REQUESTED_CHANGE_OCCURRED"
        if before == "UNSUBSCRIBED" and state == "SUBSCRIBED":
            reason = "RESUBSCRIBE_OCCURRED"
        return reply(200, {**status, "setStatusSuccessReason": reason})

    def read_all(self, request: Request) -> Response:
        """Empty results: not opted out."""
        self._need(request, READ)
        _channel(request.first("channel"))
        return reply(200, {"status": "COMPLETE", "results": self._wide(self._address(request))})

    def unsubscribe_all(self, request: Request) -> Response:
        self._need(request, WRITE)
        _channel(request.first("channel"))
        address = self._address(request)
        self._unsubscribe_all(address)
        shown = self._wide(address) if request.first("verbose") == "true" else []
        return reply(200, {"status": "COMPLETE", "results": shown})

    def batch_unsubscribe_all(self, request: Request) -> Response:
        self._need(request, BATCH_WRITE)
        started = self.hubspot.stamp()
        addresses = [_email(str(row.get("subscriberIdString", ""))) for row in inputs(request, 100)]
        for address in addresses:
            self._unsubscribe_all(address)
        results = [{"subscriberIdString": address} for address in addresses]
        return batch_reply(200, results, [], started, self.hubspot.stamp())

    def batch_read_all(self, request: Request) -> Response:
        self._need(request, BATCH_READ)
        started = self.hubspot.stamp()
        addresses = [_email(str(row.get("subscriberIdString", ""))) for row in inputs(request, 100)]
        results = [{"subscriberIdString": one, "wideStatuses": self._wide(one)} for one in addresses]
        return batch_reply(200, results, [], started, self.hubspot.stamp())

    # --- v3 ---

    def definitions_v3(self, request: Request) -> Response:
        self._need(request, READ)
        return reply(200, {"subscriptionDefinitions": self._definitions()})

    def statuses_v3(self, request: Request) -> Response:
        self._need(request, READ)
        address = self._address(request)
        return reply(200, {"recipient": address, "subscriptionStatuses": self._all_v3(address)})

    def unsubscribe_v3(self, request: Request) -> Response:
        return self._set_v3(request, "UNSUBSCRIBED")

    def subscribe_v3(self, request: Request) -> Response:
        return self._set_v3(request, "SUBSCRIBED")

    def _set_v3(self, request: Request, state: str) -> Response:
        self._need(request, WRITE)
        body = request.json()
        address, key = _email(str(body.get("emailAddress", ""))), str(body.get("subscriptionId", ""))
        chosen = self._chosen(address)
        if state == "SUBSCRIBED" and (chosen["all"] or chosen["topics"].get(key) == "UNSUBSCRIBED"):
            raise errors.invalid(f"Subscription {key} for {address} cannot be updated because they have unsubscribed")
        self._set(address, key, state, body)
        return reply(200, next(row for row in self._all_v3(address) if row["id"] == key))

    def _all_v3(self, address: str) -> list[Status]:
        chosen = self._chosen(address)
        rows = []
        for definition in self._definitions():
            status = self._show(address, definition["id"], chosen)
            state = "NOT_SUBSCRIBED" if status["status"] == "UNSUBSCRIBED" else status["status"]
            row = {name: definition[name] for name in ("id", "name", "description")}
            rows.append({**row, "status": state, "sourceOfStatus": "SUBSCRIPTION_STATUS", "legalBasis": None})
        return rows

    # --- state ---

    def _need(self, request: Request, scopes: tuple[str, ...]) -> None:
        self.hubspot.account.need(request, scopes)

    def _address(self, request: Request) -> str:
        return _email(request.params["email"])

    def _definitions(self) -> list[Status]:
        return [
            {
                "id": thing["id"],
                "name": thing["name"],
                "description": WORDS.get(thing["name"], ""),
                "purpose": "Marketing",
                "communicationMethod": "Email",
                "isActive": True,
                "isDefault": False,
                "isInternal": False,
                "businessUnitId": 0,
            }
            for thing in self.store.things("subscription").values()
        ]

    def _chosen(self, address: str) -> dict[str, Any]:
        return self.store.thing("consent", address) or {"all": False, "topics": {}, "details": {}}

    def _show(self, address: str, key: str, chosen: dict[str, Any]) -> Status:
        details = chosen["details"].get(key, {})
        state = "UNSUBSCRIBED" if chosen["all"] else chosen["topics"].get(key, "NOT_SPECIFIED")
        return {
            "channel": "EMAIL",
            "subscriberIdString": address,
            "subscriptionId": int(key),
            "subscriptionName": (self.store.thing("subscription", key) or {}).get("name"),
            "status": state,
            "source": details.get("source", ""),
            "legalBasis": details.get("legalBasis"),
            "legalBasisExplanation": details.get("legalBasisExplanation"),
            "timestamp": details.get("timestamp", self.hubspot.stamp()),
            "businessUnitId": 0,
        }

    def _set(self, address: str, key: str, state: str, body: Status) -> Status:
        if self.store.thing("subscription", key) is None:
            raise errors.invalid(f"There is no subscription with id {key}")
        basis = body.get("legalBasis")
        if basis is not None and basis not in LEGAL_BASES:
            raise errors.invalid(f"legalBasis must be one of {', '.join(LEGAL_BASES)}")
        chosen = self._chosen(address)
        chosen["topics"][key] = state
        if state == "SUBSCRIBED":
            chosen["all"] = False
        explanation = body.get("legalBasisExplanation")
        details = {"source": "API", "legalBasis": basis, "legalBasisExplanation": explanation}
        chosen["details"][key] = {**details, "timestamp": self.hubspot.stamp()}
        self._keep(address, chosen)
        return self._show(address, key, chosen)

    def _unsubscribe_all(self, address: str) -> None:
        self._keep(address, {**self._chosen(address), "all": True})

    def _wide(self, address: str) -> list[Status]:
        if not self._chosen(address)["all"]:
            return []
        shown = {"subscriberIdString": address, "channel": "EMAIL", "wideStatusType": "PORTAL_WIDE"}
        return [{**shown, "status": "UNSUBSCRIBED", "businessUnitId": None, "timestamp": self.hubspot.stamp()}]

    def _keep(self, address: str, chosen: dict[str, Any]) -> None:
        """Store the choice and show it on the contacts that have this address as their primary one."""
        self.store.put("consent", address, chosen)
        self.store.count("writes/consent/updated")
        entry = ("optout", address, 1)
        if chosen["all"]:
            self.store.add_keys("consent", [entry])
        else:
            self.store.drop_keys("consent", [entry])
        ids = [i for found in self.store.find("contacts", "email", [address]).values() for i in found]
        now = self.store.clock.now_ms()
        kind = STANDARD["contacts"]
        for record in self.store.get_many("contacts", ids).values():
            doc = {**record.doc, kind.modified: values.shown(now), "hs_email_optout": str(chosen["all"]).lower()}
            for key, state in chosen["topics"].items():
                doc[f"hs_email_optout_{key}"] = "true" if state == "UNSUBSCRIBED" or chosen["all"] else "false"
            if doc.get("email") == address:
                self.store.update("contacts", [Record(record.id, doc, record.created, now)])


def _email(text: str) -> str:
    try:
        return values.email(text)
    except values.BadValue as bad:
        raise errors.invalid(bad.message) from bad


def _channel(channel: str) -> None:
    if channel != "EMAIL":
        raise errors.invalid("channel is required and must be EMAIL")
