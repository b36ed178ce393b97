"""Another org's schema in place of the standard one, from the answers that org gave: describes, stages, lead statuses, record types.

Standard fields keep what describe does not tell (indexes, children's names) and take over what it does; those that the other org's user does not
see are gone. Custom fields become ordinary ones of this org, readable and editable by its user.
"""

from typing import Any
from urllib.parse import quote

from sdrbot_skills.lab.core.http import Request, Response, reply
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.described import facts_of
from sdrbot_skills.lab.salesforce.schema import standard_objects
from sdrbot_skills.lab.salesforce.service import Service

Answers = dict[str, Any]
OBJECTS = ("Account", "Contact", "Lead", "Opportunity", "OpportunityContactRole", "Task")
MOST_OWN_OBJECTS = 50
ROWS = {
    "OpportunityStage": (
        "MasterLabel", "ApiName", "IsActive", "SortOrder", "IsClosed", "IsWon", "ForecastCategory", "ForecastCategoryName",
        "DefaultProbability",
    ),
    "LeadStatus": ("MasterLabel", "ApiName", "SortOrder", "IsDefault", "IsConverted"),
    "RecordType": ("Name", "DeveloperName", "SobjectType", "IsActive"),
}  # fmt: skip
_OF_FIELDS = {"IsPersonAccount": "person_accounts", "CurrencyIsoCode": "multi_currency", "RecordTypeId": "record_types"}


def wanted(answers: Answers, version: str) -> list[str]:
    """The addresses whose answers are needed, as far as is known from those that are there."""
    base = f"/services/data/v{version}"
    paths = [f"{base}/sobjects", *(_query(base, name) for name in ROWS)]
    listed = (answers.get(paths[0]) or {}).get("sobjects", ())
    own = [
        entry["name"] for entry in listed if entry["custom"] and entry["name"].endswith("__c") and entry["createable"]
    ]
    known = {entry["name"] for entry in listed}
    names = [name for name in OBJECTS if name in known] + own[:MOST_OWN_OBJECTS]
    return paths + [f"{base}/sobjects/{name}/describe" for name in names]


class Clone:
    """POST /__lab__/schema {"answers": {...}}"""

    def __init__(self, service: Service) -> None:
        self.org, self.store = service.org, service.org.store
        service.app.controls["schema"] = self.take

    def take(self, request: Request) -> Response:
        answers: Answers = request.json()["answers"]
        described = [doc for path, doc in answers.items() if path.endswith("/describe") and doc is not None]
        for doc in described:
            self._object(doc)
        self._variants(next((doc for doc in described if doc["name"] == "Account"), {}))
        self.org.changed()
        for path, doc in answers.items():
            if "/query?" in path and doc is not None:
                self._rows(doc.get("records") or [])
        self.org.changed()
        return reply(200, {
            "fields": {doc["name"]: len(doc["fields"]) for doc in described},
            "left_out": sorted(path for path, doc in answers.items() if doc is None),
        })  # fmt: skip

    def _object(self, doc: dict[str, Any]) -> None:
        name, fields = doc["name"], [facts_of(entry) for entry in doc["fields"]]
        kept = {"label": doc["label"], "plural": doc["labelPlural"], "prefix": doc["keyPrefix"]}
        self.store.put("described", name, {**kept, "fields": [one for one in fields if not one["custom"]]})
        visible = []
        for made in fields:
            if made["custom"]:
                made["id"] = ids.encode("00N", self.store.next_ids(1)[0])
                self.store.put("field", f"{name}.{made['name']}", {key: made[key] for key in made if key != "custom"})
                visible.append(made)
        self.org.add_rows("FieldPermissions", [self._grant(name, made) for made in visible if made["permissionable"]])

    def _grant(self, name: str, made: dict[str, Any]) -> dict[str, Any]:
        field = f"{name}.{made['name']}"
        edit = bool(made["createable"] or made["updateable"])
        return {
            "ParentId": self.org.setting("profile_set"), "SobjectType": name, "Field": field, "PermissionsRead": True,
            "PermissionsEdit": edit,
        }  # fmt: skip

    def _variants(self, account: dict[str, Any]) -> None:
        names = {entry["name"] for entry in account.get("fields", ())}
        self.org.set_variants([variant for name, variant in _OF_FIELDS.items() if name in names], [])

    def _rows(self, rows: list[dict[str, Any]]) -> None:
        """In place of those the org was born with. Columns that this org's table does not have are left."""
        if not rows:
            return
        name = rows[0]["attributes"]["type"]
        self.store.purge(name, list(self.store.ids(name)))
        known = standard_objects()[name].fields
        self.org.add_rows(name, [{key: value for key, value in row.items() if key in known} for row in rows])


def _query(base: str, name: str) -> str:
    columns = ", ".join(ROWS[name])
    return f"{base}/query?q={quote(f'SELECT {columns} FROM {name}')}"
