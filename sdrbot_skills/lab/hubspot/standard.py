"""What a new HubSpot account has: properties, groups, pipelines, owners, subscription types.

The property tables lie in `standard/<object>.txt`, one property a line:

    name | label | type/fieldType | group | flags | options

Flags: `ro` value cannot be written · `calc` calculated · `hidden` · `owner` holds an owner id · `external` options are
not listed. Options are `value=Label; ...`, or `@list` from options.txt. `_all.txt` is part of every object.
"""

from functools import cache
from pathlib import Path
from typing import Any

from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.hubspot.types import STANDARD, ObjectType

FOLDER = Path(__file__).parent / "standard"
SINCE = "2024-01-15T09:00:00.000Z"
Definition = dict[str, Any]

OWNERS = (
    ("51", 9000051, "maya.okafor@northwind-practice.example", "Maya", "Okafor", False),
    ("52", 9000052, "jonas.lindqvist@northwind-practice.example", "Jonas", "Lindqvist", False),
    ("53", 9000053, "priya.raman@northwind-practice.example", "Priya", "Raman", False),
    ("54", 9000054, "tomas.herrera@northwind-practice.example", "Tomás", "Herrera", False),
    ("55", 9000055, "former.colleague@northwind-practice.example", "Edda", "Brandt", True),
)

DEAL_STAGES = (
    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
    ("qualifiedtobuy", "Qualified To Buy", "0.4"),
    ("presentationscheduled", "Presentation Scheduled", "0.6"),
    ("decisionmakerboughtin", "Decision Maker Bought-In", "0.8"),
    ("contractsent", "Contract Sent", "0.9"),
    ("closedwon", "Closed Won", "1.0"),
    ("closedlost", "Closed Lost", "0.0"),
)
RENEWAL_STAGES = (
    ("2001001", "Renewal upcoming", "0.5"),
    ("2001002", "In negotiation", "0.7"),
    ("2001003", "Renewed", "1.0"),
    ("2001004", "Churned", "0.0"),
)
TICKET_STAGES = (("1", "New", "OPEN"), ("2", "Waiting on contact", "OPEN"), ("3", "Waiting on us", "OPEN"))
TICKET_CLOSED = ("4", "Closed", "CLOSED")
LEAD_STAGES = (("new-stage-id", "New"), ("attempting-stage-id", "Attempting"), ("connected-stage-id", "Connected"))


def fill(store: Store) -> None:
    """Put the standard schema into an empty store, inside the caller's transaction."""
    for kind in STANDARD.values():
        for definition in definitions(kind):
            store.put(f"property/{kind.name}", definition["name"], definition)
        for order, group in enumerate(dict.fromkeys(d["groupName"] for d in definitions(kind))):
            store.put(
                f"group/{kind.name}",
                group,
                {"name": group, "label": _spaced(group), "displayOrder": order, "archived": False},
            )
    _pipelines(store)
    _owners(store)
    for number, name in ((1001, "Product news"), (1002, "Events")):
        store.put("subscription", str(number), {"id": str(number), "name": name})


def _spaced(group: str) -> str:
    for ending in ("information", "properties", "activity", "revenue"):
        if group.endswith(ending):
            return f"{group.removesuffix(ending).strip('_')} {ending}".strip().capitalize()
    return group.capitalize()


def _pipelines(store: Store) -> None:
    deals = [_stage(i, *stage[:2], {"probability": stage[2]}) for i, stage in enumerate(DEAL_STAGES)]
    renewals = [_stage(i, *stage[:2], {"probability": stage[2]}) for i, stage in enumerate(RENEWAL_STAGES)]
    tickets = [_stage(i, *s[:2], {"ticketState": s[2]}) for i, s in enumerate((*TICKET_STAGES, TICKET_CLOSED))]
    leads = [_stage(i, *stage, {"leadState": stage[1].upper()}) for i, stage in enumerate(LEAD_STAGES)]
    for kind, key, label, order, stages in (
        ("deals", "default", "Sales Pipeline", 0, deals),
        ("deals", "2001000", "Renewals", 1, renewals),
        ("tickets", "0", "Support Pipeline", 0, tickets),
        ("leads", "lead-pipeline-id", "Lead pipeline", 0, leads),
    ):
        store.put(
            f"pipeline/{kind}",
            key,
            {
                "id": key,
                "label": label,
                "displayOrder": order,
                "stages": stages,
                "archived": False,
                "createdAt": SINCE,
                "updatedAt": SINCE,
            },
        )


def _stage(order: int, key: str, label: str, metadata: dict[str, str]) -> Definition:
    closed = metadata.get("probability") in ("0.0", "1.0") or metadata.get("ticketState") == "CLOSED"
    return {
        "id": key,
        "label": label,
        "displayOrder": order,
        "metadata": {**metadata, "isClosed": "true" if closed else "false"},
        "archived": False,
        "createdAt": SINCE,
        "updatedAt": SINCE,
    }


def _owners(store: Store) -> None:
    for owner_id, user_id, email, first, last, archived in OWNERS:
        user = {"userIdIncludingInactive": user_id} if archived else {"userId": user_id}
        store.put(
            "owner",
            owner_id,
            {
                "id": owner_id,
                "email": email,
                "firstName": first,
                "lastName": last,
                "type": "PERSON",
                **user,
                "archived": archived,
                "createdAt": SINCE,
                "updatedAt": SINCE,
            },
        )


@cache
def definitions(kind: ObjectType) -> tuple[Definition, ...]:
    """The standard properties of an object type, as the properties API shows them."""
    own = (FOLDER / f"{kind.name}.txt").read_text().splitlines() if kind.name in STANDARD else []
    group = own[0].split(" | ")[3] if own else f"{kind.name}_information"
    shared = (FOLDER / "_all.txt").read_text().replace("{group}", group).splitlines()
    return tuple(_definition(line) for line in (*own, *shared) if line.strip())


def _definition(line: str) -> Definition:
    name, label, types, group, flags, options = (part.strip() for part in (line.rstrip() + " |" * 5).split(" |")[:6])
    kind, _, field_type = types.partition("/")
    marks = set(flags.split())
    return new_definition(
        {
            "name": name,
            "label": label,
            "type": kind,
            "fieldType": field_type,
            "groupName": group,
            "options": _options(options),
            "hidden": "hidden" in marks,
            "calculated": "calc" in marks,
            "externalOptions": bool(marks & {"external", "owner"}),
            **({"referencedObjectType": "OWNER"} if "owner" in marks else {}),
        },
        SINCE,
        standard=True,
        read_only="ro" in marks,
    )


def new_definition(given: Definition, now: str, *, standard: bool = False, read_only: bool = False) -> Definition:
    """A complete property definition from what was given."""
    return {
        "description": "",
        "options": [],
        "hasUniqueValue": False,
        "hidden": False,
        "formField": not standard or not read_only,
        "calculated": False,
        "externalOptions": False,
        "displayOrder": -1,
        "dataSensitivity": "non_sensitive",
        **given,
        "hubspotDefined": standard,
        "archived": False,
        "createdAt": now,
        "updatedAt": now,
        "modificationMetadata": {
            "archivable": not standard,
            "readOnlyDefinition": standard,
            "readOnlyOptions": standard and given.get("type") != "enumeration",
            "readOnlyValue": read_only,
        },
    }


@cache
def _lists() -> dict[str, str]:
    lines = (FOLDER / "options.txt").read_text().splitlines()
    return {name: options.strip() for name, _, options in (line.partition(":") for line in lines if line)}


def _options(text: str) -> list[Definition]:
    spelled = _lists()[text[1:]] if text.startswith("@") else text
    pairs = [part.strip().partition("=") for part in spelled.split(";") if part.strip()]
    return [
        {"label": label, "value": value, "displayOrder": order, "hidden": False}
        for order, (value, _, label) in enumerate(pairs)
    ]
