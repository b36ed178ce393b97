"""A small plan that uses every way of making a value."""

from sdrbot_skills.model.plan import FieldMapping, ObjectPlan, Plan, Side
from sdrbot_skills.model.schema import Environment


def side(crm: str, name: str) -> Side:
    return Side(connection=crm, crm=crm, account_id=f"{crm}-1", account_name=name, environment=Environment.LAB)


def plan(source_name: str = "Acme", **changes: object) -> Plan:
    """Companies as they are, contacts with everything."""
    contacts = [
        FieldMapping.of("email", "Email"),
        FieldMapping.of("email", "Backup_Email__c"),
        FieldMapping.of("firstname", "FirstName"),
        FieldMapping.of("lastname", "LastName", fallback={"constant": "(no name)"}),
        FieldMapping.of("company", "Company", fallback={"from_field": "email", "transform": "domain_of"}),
        FieldMapping.of("hs_email_optout", "HasOptedOutOfEmail", transform="opt_out"),
        FieldMapping.of(
            "hs_lead_status",
            "Status",
            value_map={"NEW": "Open - Not Contacted", "IN_PROGRESS": None},
            otherwise="note",
        ),
        FieldMapping.of(["address", "address2"], "Street", transform={"name": "join", "settings": {"separator": "\n"}}),
        FieldMapping.of("closedate", "Due__c", fallback={"from_field": "createdate", "days_after": 30}),
        FieldMapping.of([], "LeadSource", transform={"name": "constant", "settings": {"value": "HubSpot"}}),
    ]
    objects = {
        "companies": ObjectPlan(source="companies", target="Account", fields=[FieldMapping.of("name", "Name")]),
        "contacts": ObjectPlan(source="contacts", target="Lead", fields=contacts),
    }
    made = Plan(source=side("hubspot", source_name), target=side("salesforce", "Org"), objects=objects)
    return made.model_copy(update=changes)
