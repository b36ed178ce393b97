"""Describe answers: an object and its fields as this user sees them, with every key the vendor sends."""

from typing import Any

from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.salesforce import ids
from sdrbot_skills.lab.salesforce.org import Org, View
from sdrbot_skills.lab.salesforce.schema import Field

Doc = dict[str, Any]
_SOAP = {
    "id": "tns:ID", "reference": "tns:ID", "boolean": "xsd:boolean", "int": "xsd:int", "double": "xsd:double",
    "currency": "xsd:double", "percent": "xsd:double", "date": "xsd:date", "datetime": "xsd:dateTime",
    "address": "urn:address",
}  # fmt: skip
_NOT_GROUPABLE = frozenset({"double", "currency", "percent", "datetime", "address", "multipicklist"})
_NOT_AGGREGATABLE = frozenset({"boolean", "address", "multipicklist"})
_ABILITIES = {
    "activateable": False, "compactLayoutable": True, "customSetting": False, "deepCloneable": False,
    "deprecatedAndHidden": False, "feedEnabled": False, "hasSubtypes": False, "isInterface": False, "isSubtype": False,
    "layoutable": True, "mergeable": False, "mruEnabled": True, "queryable": True, "replicateable": True,
    "retrieveable": True, "searchLayoutable": True, "searchable": True, "triggerable": True, "undeletable": True,
}  # fmt: skip
_PLAIN = frozenset({"OpportunityContactRole"})


def summary(view: View, base: str) -> Doc:
    """One entry of GET sobjects."""
    sobject = view.sobject
    shown: Doc = dict(_ABILITIES)
    for flag in sobject.flags:
        name = flag.removeprefix("not ")
        if name in shown:
            shown[name] = not flag.startswith("not ")
    if sobject.name in _PLAIN:
        shown |= {"searchable": False, "searchLayoutable": False, "mruEnabled": False}
    shown |= {
        "name": sobject.name, "label": sobject.label, "labelPlural": sobject.plural, "keyPrefix": sobject.prefix,
        "custom": sobject.name.endswith("__c"), "createable": view.createable, "updateable": view.updateable, "deletable": view.deletable,
        "associateEntityType": None, "associateParentEntity": None, "urls": _urls(sobject.name, base),
    }  # fmt: skip
    for name in ("compactLayoutable", "searchLayoutable"):
        shown.pop(name)
    return shown


def describe(org: Org, view: View, base: str, origin: str) -> Doc:
    """GET sobjects/{name}/describe. `base` is /services/data/vNN.0, `origin` the instance URL."""
    sobject = view.sobject
    shown = summary(view, base)
    shown |= {
        "actionOverrides": [], "childRelationships": _children(org, view), "compactLayoutable": True,
        "defaultImplementation": None, "extendedBy": None, "extendsInterfaces": None,
        "fields": [describe_field(f, view) for f in view.readable.values()], "implementedBy": None,
        "implementsInterfaces": None, "listviewable": None, "lookupLayoutable": None, "namedLayoutInfos": [],
        "networkScopeFieldName": None, "recordTypeInfos": _record_types(org, view, base),
        "searchLayoutable": sobject.name not in _PLAIN, "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {sobject.plural.lower()}", "name": "everything"}],
    }  # fmt: skip
    shown["urls"] |= {
        "uiDetailTemplate": f"{origin}/{{ID}}", "uiEditTemplate": f"{origin}/{{ID}}/e",
        "uiNewRecord": f"{origin}/{sobject.prefix}/e",
    }  # fmt: skip
    return dict(sorted(shown.items()))


def _urls(name: str, base: str) -> Doc:
    root = f"{base}/sobjects/{name}"
    return {
        "compactLayouts": f"{root}/describe/compactLayouts", "rowTemplate": f"{root}/{{ID}}",
        "approvalLayouts": f"{root}/describe/approvalLayouts", "describe": f"{root}/describe",
        "listviews": f"{root}/listviews", "quickActions": f"{root}/quickActions", "layouts": f"{root}/describe/layouts",
        "sobject": root,
    }  # fmt: skip


def describe_field(f: Field, view: View) -> Doc:
    long_text = f.is_long_text
    text_like = f.type not in _SOAP or f.type in ("id", "reference")
    writable = f.name.lower() in view.writable
    return {
        "aggregatable": f.type not in _NOT_AGGREGATABLE and not long_text, "aiPredictionField": False,
        "autoNumber": f.auto_number,
        "byteLength": f.bytes if f.bytes is not None else _byte_length(f) if text_like else 0,
        "calculated": f.calculated, "calculatedFormula": None, "cascadeDelete": f.cascade_delete,
        "caseSensitive": f.case_sensitive, "compoundFieldName": f.part_of, "controllerName": None,
        "createable": f.createable and writable, "custom": f.custom,
        "defaultValue": False if f.type == "boolean" else f.default, "defaultValueFormula": None,
        "defaultedOnCreate": f.defaulted_on_create, "dependentPicklist": False, "deprecatedAndHidden": False,
        "digits": f.digits, "displayLocationInDecimal": False, "encrypted": False, "externalId": f.external_id,
        "extraTypeInfo": f.extra, "filterable": not long_text, "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False, "groupable": f.type not in _NOT_GROUPABLE and not long_text,
        "highScaleNumber": False, "htmlFormatted": f.html, "idLookup": f.id_lookup or f.external_id,
        "inlineHelpText": f.help_text, "label": f.label, "length": f.length, "mask": None, "maskType": None,
        "name": f.name, "nameField": f.name_field, "namePointing": f.polymorphic, "nillable": f.nillable,
        "permissionable": f.permissionable,
        "picklistValues": [
            {"active": o.active, "defaultValue": o.default, "label": o.label, "validFor": None, "value": o.value}
            for o in f.options
        ],
        "polymorphicForeignKey": f.polymorphic, "precision": f.precision, "queryByDistance": f.type == "address",
        "referenceTargetField": None, "referenceTo": list(f.to), "relationshipName": f.relationship,
        "relationshipOrder": 0 if f.cascade_delete else None, "restrictedDelete": False,
        "restrictedPicklist": f.restricted, "scale": f.scale, "searchPrefilterable": f.prefilterable,
        "soapType": _SOAP.get(f.type, "xsd:string"), "sortable": not long_text and f.type not in ("address", "multipicklist"),
        "type": "string" if f.type == "id_text" else f.type, "unique": f.unique,
        "updateable": f.updateable and writable, "writeRequiresMasterRead": False,
    }  # fmt: skip


def _byte_length(f: Field) -> int:
    return f.length if f.type in ("id", "reference") else f.length * 3


def _children(org: Org, view: View) -> list[Doc]:
    return [
        {
            "cascadeDelete": f.cascade_delete, "childSObject": sobject.name, "deprecatedAndHidden": False,
            "field": f.name, "junctionIdListNames": [], "junctionReferenceTo": [], "relationshipName": f.children,
            "restrictedDelete": False,
        }
        for sobject in org.objects() for f in sobject.fields.values() if view.sobject.name in f.to
    ]  # fmt: skip


def _record_types(org: Org, view: View, base: str) -> list[Doc]:
    """Those of the object, the first one the default, and the master type."""
    name = view.sobject.name
    shown: list[Doc] = []
    if "RecordTypeId" in view.sobject.fields:
        for record in org.store.scan("RecordType"):
            person = record.doc.get("IsPersonType")
            wanted = org.has("person_accounts") if person else True
            if record.doc["SobjectType"] == name and record.doc["IsActive"] and wanted:
                shown.append(_record_type(record.doc, ids.encode("012", record.id), name, base, default=not shown))
    master = {"Name": "Master", "DeveloperName": "Master"}
    return [*shown, _record_type(master, ids.MASTER_RECORD_TYPE, name, base, default=not shown, master=True)]


def _record_type(doc: Doc, record_id: str, name: str, base: str, *, default: bool, master: bool = False) -> Doc:
    return {
        "active": True, "available": True, "defaultRecordTypeMapping": default, "developerName": doc["DeveloperName"],
        "master": master, "name": doc["Name"], "recordTypeId": record_id,
        "urls": {"layout": f"{base}/sobjects/{name}/describe/layouts/{record_id}"},
    }  # fmt: skip


def changed_at(store: Store) -> int:
    """Milliseconds at which schema or permissions last changed: Last-Modified of describe answers."""
    found = store.thing("org", "changed") or {}
    return int(found.get("ms", 0))
