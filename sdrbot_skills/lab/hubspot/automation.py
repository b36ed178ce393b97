"""What an account's own automation does behind an integration's back: companies made from contacts' e-mail domains.

Off unless `POST /__lab__/settings {"auto_companies": true}`; many real accounts have it on, and a migration then finds
companies that nobody sent, and contacts with another primary company than planned.
"""

from collections.abc import Sequence

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.hubspot import links
from sdrbot_skills.lab.hubspot.records import Change, Rejected
from sdrbot_skills.lab.hubspot.types import STANDARD
from sdrbot_skills.lab.hubspot.vendor import HubSpot

MAILBOXES = frozenset({"gmail.com", "outlook.com", "yahoo.com", "mailbox.example"})


def install(hubspot: HubSpot) -> None:
    def settings(request: Request) -> Response:
        wanted = {"auto_companies": bool(request.json()["auto_companies"])}
        hubspot.store.put("settings", "automation", wanted)
        return reply(200, wanted)

    def created(contacts: Sequence[Record]) -> None:
        if (hubspot.store.thing("settings", "automation") or {}).get("auto_companies"):
            _associate(hubspot, contacts)

    hubspot.app.controls["settings"] = settings
    hubspot.records.contacts_created = created


def _associate(hubspot: HubSpot, contacts: Sequence[Record]) -> None:
    store, kinds = hubspot.store, STANDARD
    wanted = {record.id: record.doc.get("hs_email_domain", "") for record in contacts}
    wanted = {contact: domain for contact, domain in wanted.items() if domain and domain not in MAILBOXES}
    found = {domain: ids[0] for domain, ids in store.find("companies", "domain", wanted.values()).items()}
    missing = [domain for domain in dict.fromkeys(wanted.values()) if domain not in found]
    changes = [Change({"domain": domain, "name": domain.partition(".")[0].capitalize()}) for domain in missing]
    for domain, made in zip(missing, hubspot.records.apply(kinds["companies"], changes), strict=True):
        if isinstance(made, Rejected):
            continue  # an account's rules can forbid it; the contact is there all the same
        found[domain] = made.id
    primary = links.link_types(store, kinds["contacts"], kinds["companies"])[1]
    pairs = [(contact, found[domain], [primary]) for contact, domain in wanted.items() if domain in found]
    links.connect(store, kinds["contacts"], kinds["companies"], pairs)
