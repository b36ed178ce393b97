"""How lists of values that several picklists share are stored, and how a picklist takes its values from one."""

from typing import Any

from sdrbot_skills.lab.core.store import Store
from sdrbot_skills.lab.salesforce.errors import Refusal

Doc = dict[str, Any]
KIND, PREFIX, SUFFIX = "value_set", "0Nt", "__gvs"


def shown(stored: Doc) -> Doc:
    """The columns of one row."""
    metadata = stored["metadata"]
    return {
        "DeveloperName": stored["name"], "MasterLabel": metadata["masterLabel"], "NamespacePrefix": None,
        "Description": metadata.get("description"), "FullName": stored["name"] + SUFFIX, "Metadata": metadata,
    }  # fmt: skip


def resolved(store: Store, metadata: Doc) -> Doc:
    """A field's metadata with the values of the list that it names. Raises Refusal where there is no such list."""
    name = list_of(metadata)
    if not name:
        return metadata
    found = store.thing(KIND, name)
    if found is None:
        raise Refusal("FIELD_INTEGRITY_EXCEPTION", f"Picklist value set {name} not found", [])
    definition = {"sorted": False, "value": found["metadata"]["customValue"]}
    return {**metadata, "valueSet": {**metadata["valueSet"], "valueSetDefinition": definition}}


def list_of(metadata: Doc) -> str:
    """The list that a field's metadata names; empty for none."""
    return str((metadata.get("valueSet") or {}).get("valueSetName") or "").removesuffix(SUFFIX)
