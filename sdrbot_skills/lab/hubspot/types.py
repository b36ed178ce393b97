"""HubSpot's object types: names, ids, default properties, the property that carries the last change, scopes."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class ObjectType:
    """`name` is the plural path name; `pipeline` and `stage` name the properties that hold pipeline and stage ids."""

    name: str
    singular: str
    type_id: str
    defaults: tuple[str, ...]
    created: str = "hs_createdate"
    modified: str = "hs_lastmodifieddate"
    pipeline: str = ""
    stage: str = ""
    scope: str = ""
    custom: bool = False

    @cached_property
    def always(self) -> frozenset[str]:
        """Returned whatever was asked for."""
        return frozenset({"hs_object_id", self.created, self.modified})

    def scopes(self, action: str) -> tuple[str, ...]:
        """Scopes of which one must be there for `read` or `write` of records (doc "Scopes")."""
        if self.name == "tickets":
            return ("tickets",)
        return (f"crm.objects.{self.scope or self.name}.{action}",)

    def schema_scopes(self, action: str) -> tuple[str, ...]:
        """Definitions are read with a schema or an object scope, written with a schema scope (seen live)."""
        schema = f"crm.schemas.{self.scope or self.name}.{action}"
        return (schema, *self.scopes("read")) if action == "read" else (schema,)


def _activity(name: str, singular: str, type_id: str) -> ObjectType:
    return ObjectType(
        name, singular, type_id, ("hs_createdate", "hs_lastmodifieddate", "hs_object_id"), scope="contacts"
    )


_STANDARD = (
    ObjectType(
        "contacts",
        "contact",
        "0-1",
        ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
        created="createdate",
        modified="lastmodifieddate",
    ),
    ObjectType(
        "companies",
        "company",
        "0-2",
        ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
        created="createdate",
    ),
    ObjectType(
        "deals",
        "deal",
        "0-3",
        (
            "amount",
            "closedate",
            "createdate",
            "dealname",
            "dealstage",
            "hs_lastmodifieddate",
            "hs_object_id",
            "pipeline",
        ),
        created="createdate",
        pipeline="pipeline",
        stage="dealstage",
    ),
    ObjectType(
        "tickets",
        "ticket",
        "0-5",
        (
            "content",
            "createdate",
            "hs_lastmodifieddate",
            "hs_object_id",
            "hs_pipeline",
            "hs_pipeline_stage",
            "hs_ticket_category",
            "hs_ticket_priority",
            "subject",
        ),
        created="createdate",
        pipeline="hs_pipeline",
        stage="hs_pipeline_stage",
    ),
    ObjectType(
        "products",
        "product",
        "0-7",
        ("createdate", "description", "hs_lastmodifieddate", "hs_object_id", "name", "price"),
        created="createdate",
    ),
    ObjectType(
        "line_items",
        "line_item",
        "0-8",
        ("amount", "createdate", "hs_lastmodifieddate", "hs_object_id", "name", "price", "quantity"),
        created="createdate",
    ),
    ObjectType(
        "leads",
        "lead",
        "0-136",
        ("hs_createdate", "hs_lastmodifieddate", "hs_object_id", "hs_lead_name"),
        pipeline="hs_pipeline",
        stage="hs_pipeline_stage",
    ),
    _activity("notes", "note", "0-46"),
    _activity("tasks", "task", "0-27"),
    _activity("calls", "call", "0-48"),
    _activity("emails", "email", "0-49"),
    _activity("meetings", "meeting", "0-47"),
)
STANDARD = {kind.name: kind for kind in _STANDARD}

ALL_SCOPES = sorted(
    {
        *(f"crm.objects.{name}.{action}" for name in STANDARD for action in ("read", "write") if name != "tickets"),
        *(f"crm.schemas.{name}.{action}" for name in STANDARD for action in ("read", "write") if name != "tickets"),
        "crm.objects.custom.read",
        "crm.objects.custom.write",
        "crm.schemas.custom.read",
        "crm.schemas.custom.write",
        "crm.objects.owners.read",
        "crm.objects.users.read",
        "tickets",
        "sales-email-read",
        "files",
        "crm.lists.read",
        "communication_preferences.read",
        "communication_preferences.read_write",
        "oauth",
    }
)
