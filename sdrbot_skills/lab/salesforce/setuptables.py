"""Objects of the setup whose rows are computed: EntityDefinition, FieldDefinition, UserPermissionAccess, CustomField."""

from collections.abc import Iterator
from typing import Any

from sdrbot_skills.lab.core.store import Record
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.columns import Tables
from sdrbot_skills.lab.salesforce.org import SHARED, Org, View
from sdrbot_skills.lab.salesforce.schema import Field, SObject, setup_objects
from sdrbot_skills.lab.salesforce.valuelists import KIND, shown

Doc = dict[str, Any]
_DATA_TYPES = {
    "string": "Text", "textarea": "Long Text Area", "picklist": "Picklist", "multipicklist": "Picklist (Multi-Select)",
    "boolean": "Checkbox", "double": "Number", "int": "Number", "currency": "Currency", "percent": "Percent",
    "date": "Date", "datetime": "Date/Time", "email": "Email", "phone": "Phone", "url": "URL", "reference": "Lookup",
    "address": "Address", "combobox": "Picklist", "id": "Lookup",
}  # fmt: skip


class SetupTables(Tables):
    """The ordinary endpoint's tables (`tooling=False`: field-level security holds) or the tooling endpoint's."""

    def __init__(self, org: Org, *, tooling: bool) -> None:
        super().__init__(org)
        self.tooling = tooling

    def _computed(self, name: str) -> SObject | None:
        for sobject in setup_objects().values():
            if sobject.name.lower() == name.lower() and (self.tooling or sobject.variant != "tooling"):
                return sobject
        return None

    def view(self, name: str) -> View | None:
        sobject = self._computed(name)
        if sobject is None:
            return super().view(name)
        readable = {f.name.lower(): f for f in sobject.fields.values()}
        return View(sobject, readable, frozenset(), False, False, False)

    def stored(self, name: str) -> bool:
        return self._computed(name) is None and super().stored(name)

    def slices(self, name: str, after: int, *, archived: bool) -> Iterator[list[Record]]:
        if self._computed(name) is None:
            yield from super().slices(name, after, archived=archived)
        elif not archived:
            yield self._rows(name)

    def get_many(self, name: str, numbers: list[int]) -> dict[int, Record]:
        if self._computed(name) is None:
            return super().get_many(name, numbers)
        wanted = set(numbers)
        return {row.id: row for row in self._rows(name) if row.id in wanted}

    def find(self, name: str, field_name: str, values: list[str]) -> dict[str, list[int]] | None:
        return super().find(name, field_name, values) if self._computed(name) is None else None

    def _rows(self, name: str) -> list[Record]:
        makers = {
            "entitydefinition": self._entities,
            "fielddefinition": self._fields,
            "userpermissionaccess": self._permissions,
        }
        if name.lower() == "customfield":
            return self._custom_fields()
        if name.lower() == "globalvalueset":
            return self._value_sets()
        docs = makers[name.lower()]()
        return [Record(number, doc, 0, 0) for number, doc in enumerate(docs, 1)]

    def _entities(self) -> Iterator[Doc]:
        model = "Private" if self.org.has("partial_view") else "ReadWrite"
        for sobject in self.org.objects():
            yield {
                "DurableId": sobject.name, "QualifiedApiName": sobject.name, "DeveloperName": sobject.name,
                "Label": sobject.label, "PluralLabel": sobject.plural, "KeyPrefix": sobject.prefix,
                "IsCustomizable": sobject.name in SHARED | {"Task"},
                "InternalSharingModel": "ControlledByParent" if sobject.name == "Contact" else model,
            }  # fmt: skip

    def _fields(self) -> Iterator[Doc]:
        for sobject in self.org.objects():
            view = self.org.view(sobject.name)
            for f in sobject.fields.values():
                if self.tooling or (view and view.field(f.name)):
                    yield _definition(sobject, f)

    def _permissions(self) -> Iterator[Doc]:
        everything = not self.org.has("partial_view")
        yield {
            "PermissionsViewAllData": everything, "PermissionsModifyAllData": everything, "PermissionsApiEnabled": True,
            "PermissionsViewSetup": True, "PermissionsCustomizeApplication": True, "PermissionsManageUsers": True,
            "PermissionsCreateAuditFields": self.org.has("audit_fields"),
            "PermissionsUpdateWithInactiveOwners": self.org.has("inactive_owners"),
        }  # fmt: skip

    def _custom_fields(self) -> list[Record]:
        rows = []
        for sobject in self.org.objects():
            for f in sobject.fields.values():
                place = ids.decode(f.id) if f.custom and f.id else None
                if place is None:
                    continue
                doc = {
                    "DeveloperName": f.name.removesuffix("__c"), "TableEnumOrId": sobject.name,
                    "FullName": f"{sobject.name}.{f.name}", "Metadata": f.metadata, "InlineHelpText": f.help_text,
                    "Description": f.metadata.get("description"), "EntityDefinition.QualifiedApiName": sobject.name,
                }  # fmt: skip
                rows.append(Record(place[1], doc, 0, 0))
        return sorted(rows, key=lambda row: row.id)

    def _value_sets(self) -> list[Record]:
        stored = self.org.store.things(KIND).values()
        return [Record(place[1], shown(one), 0, 0) for one in stored if (place := ids.decode(one["id"]))]


def _definition(sobject: SObject, f: Field) -> Doc:
    kind = _DATA_TYPES.get(f.type, f.type)
    if f.type == "reference":
        kind = f"Lookup({','.join(f.to)})"
    elif f.type == "string":
        kind = f"Text({f.length})"
    return {
        "DurableId": f"{sobject.name}.{f.id[:15] or f.name}", "QualifiedApiName": f.name,
        "DeveloperName": f.name.removesuffix("__c"), "Label": f.label, "DataType": kind, "Length": f.length,
        "IsNillable": f.nillable, "EntityDefinitionId": sobject.name, "EntityDefinition.QualifiedApiName": sobject.name,
    }  # fmt: skip
