"""What the guide understands of requests to an administrator: `list fields of contacts in hubspot`, `create field Tier of contacts as choice with
Gold, Silver`, or any admin tool by its name with `key=value` pairs. Which tool a sentence means is data, per CRM."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.agent.grammar import CRM_WORDS, OBJECT_WORDS
from sdrbot_skills.crm.standard import standard_objects

STANDARD = {"companies": "company", "contacts": "person", "leads": "lead", "deals": "deal"}
KINDS = ("text", "long text", "number", "date", "yes/no", "choice")


@dataclass(frozen=True)
class Speech:
    """How one CRM's tools are called. `named` and `labelled`: the parameters of a new field that take its name and label (empty: it has none);
    `kinds`: the arguments for each of KINDS."""

    objects: str
    fields: str
    people: str
    object_key: str
    create: str
    labelled: str
    named: str
    options: str
    kinds: dict[str, dict[str, str]]
    show: str = ""
    shown_by: str = ""
    pipelines: str = ""
    remove: str = ""
    fixed: dict[str, str] = field(default_factory=dict)


def _kinds(key: str, *spelled: str) -> dict[str, dict[str, str]]:
    return {kind: {key: word} for kind, word in zip(KINDS, spelled, strict=False)}


_HUBSPOT = (
    "string text",
    "string textarea",
    "number number",
    "date date",
    "bool booleancheckbox",
    "enumeration select",
)

SPEECH = {
    "hubspot": Speech(
        objects="list_objects",
        fields="list_properties",
        people="list_owners",
        object_key="object_type",
        create="create_property",
        labelled="label",
        named="name",
        options="options",
        kinds={
            kind: dict(zip(("property_type", "field_type"), pair.split(), strict=True))
            for kind, pair in zip(KINDS, _HUBSPOT, strict=True)
        },
        show="get_property",
        shown_by="property_name",
        pipelines="list_pipelines",
        remove="delete_property",
    ),
    "salesforce": Speech(
        objects="list_objects",
        fields="list_fields",
        people="list_users",
        object_key="object_name",
        create="create_field",
        labelled="field_label",
        named="field_name",
        options="picklist_values",
        kinds=_kinds("field_type", "Text", "LongTextArea", "Number", "Date", "Checkbox", "Picklist"),
        show="get_field",
        shown_by="field_name",
        remove="delete_field",
    ),
    "attio": Speech(
        objects="list_objects",
        fields="list_attributes",
        people="list_members",
        object_key="object_slug",
        create="create_attribute",
        labelled="title",
        named="api_slug",
        options="",
        kinds=_kinds("attribute_type", "text", "text", "number", "date", "checkbox", "select"),
        show="get_attribute",
        shown_by="attribute_slug",
    ),
    "pipedrive": Speech(
        objects="list_objects",
        fields="list_fields",
        people="",
        object_key="object_type",
        create="create_field",
        labelled="name",
        named="",
        options="options",
        kinds=_kinds("field_type", "varchar", "text", "double", "date", "enum", "enum")
        | {"yes/no": {"field_type": "enum", "options": "Yes, No"}},  # Pipedrive has no type for it
        pipelines="list_pipelines",
    ),
    "zohocrm": Speech(
        objects="list_modules",
        fields="list_fields",
        people="list_users",
        object_key="module_api_name",
        create="create_field",
        labelled="field_label",
        named="",
        options="pick_list_values",
        kinds=_kinds("data_type", "text", "textarea", "integer", "date", "boolean", "picklist"),
        show="get_field",
        shown_by="field_api_name",
        pipelines="list_pipelines",
    ),
    "twenty": Speech(
        objects="list_objects",
        fields="list_fields",
        people="list_workspace_members",
        object_key="object_id",
        create="create_field",
        labelled="label",
        named="name",
        options="options",
        kinds=_kinds("field_type", "TEXT", "TEXT", "NUMBER", "DATE", "BOOLEAN", "SELECT"),
    ),
}

_IN = rf"(?:\s+(?:in|of|on)\s+({'|'.join(CRM_WORDS)}))?"
_FIELD = r"(?:field|property|attribute)"
_OBJECT = r"(?:of|for|on)\s+(\w+)"
_LIST = re.compile(rf"(?:list|show)(?: all)?(?: the)? (objects|modules){_IN}", re.I)
_PEOPLE = re.compile(rf"(?:list|show)(?: all)?(?: the)? (?:users|owners|members|people){_IN}", re.I)
_PIPELINES = re.compile(rf"(?:list|show)(?: all)?(?: the)? pipelines(?:\s+{_OBJECT})?{_IN}", re.I)
_FIELDS = re.compile(rf"(?:list|show)(?: all)?(?: the)? (?:fields|properties|attributes) {_OBJECT}{_IN}", re.I)
_SHOW = re.compile(rf"show {_FIELD} (\w+) {_OBJECT}{_IN}", re.I)
_REMOVE = re.compile(rf"(?:delete|remove) {_FIELD} (\w+) {_OBJECT}{_IN}", re.I)
_CREATE = re.compile(
    rf"(?:create|make|add) (?:a )?(?:custom )?{_FIELD} \"?(.+?)\"? {_OBJECT} as (?:a )?({'|'.join(KINDS)})(?: with (.+?))?{_IN}",
    re.I,
)

Asked = tuple[str, dict[str, Any]]


def admin_call(text: str, default_crm: str | None) -> Asked | None:
    """The admin tool and its arguments that a sentence asks for; None for anything else. `default_crm`: where the sentence names none."""
    said = text.strip().rstrip(".")
    if re.match(r"\w+_admin_\w+(\s|$)", said):
        return _by_name(said)
    for pattern, read in _SENTENCES:
        if found := pattern.fullmatch(said):
            *parts, named = found.groups()
            crm = CRM_WORDS.get(str(named or "").lower(), default_crm or "")
            asked = read(crm, SPEECH[crm], *parts) if crm in SPEECH else None
            return (f"{crm}_admin_{asked[0]}", asked[1]) if asked and asked[0] else None
    return None


def _by_name(said: str) -> Asked | None:
    try:
        tool, *pairs = shlex.split(said)
    except ValueError:  # a quotation mark that is not closed
        return None
    given = [pair.partition("=") for pair in pairs]
    return (tool, {key: value for key, _, value in given}) if all(equals for _, equals, _ in given) else None


def _object(crm: str, word: str) -> str:
    """The vendor's name for an everyday word; any other word is taken for the vendor's own name."""
    plain = next((name for stem, name in OBJECT_WORDS.items() if word.lower().startswith(stem)), None)
    wanted = STANDARD.get(plain or "")
    return next((name for name, what in standard_objects(crm).items() if what == wanted), word)


def _field_of(crm: str, speech: Speech, tool: str, name: str, word: str) -> Asked:
    return tool, {speech.object_key: _object(crm, word), speech.shown_by: name}


def _pipelines(crm: str, speech: Speech, word: str | None) -> Asked:
    return speech.pipelines, {speech.object_key: _object(crm, word or "deals")} if crm == "hubspot" else {}


def _create(crm: str, speech: Speech, label: str, word: str, kind: str, options: str | None) -> Asked:
    wanted: dict[str, Any] = {speech.object_key: _object(crm, word), speech.labelled: label}
    if speech.named:
        wanted[speech.named] = _name(crm, label)
    if options and speech.options:
        wanted[speech.options] = options
    return speech.create, wanted | speech.kinds[kind.lower()]


def _name(crm: str, label: str) -> str:
    """A name as the CRM spells such names: `customer_tier`, `customerTier`, `Customer_Tier`."""
    words = re.findall(r"[A-Za-z0-9]+", label)
    if crm == "twenty":
        return words[0].lower() + "".join(word.capitalize() for word in words[1:]) if words else label
    return "_".join(words) if crm == "salesforce" else "_".join(words).lower()


_SENTENCES: list[tuple[re.Pattern[str], Any]] = [
    (_LIST, lambda crm, speech, _: (speech.objects, {})),
    (_PEOPLE, lambda crm, speech: (speech.people, {})),
    (_PIPELINES, _pipelines),
    (_FIELDS, lambda crm, speech, word: (speech.fields, {speech.object_key: _object(crm, word)})),
    (_SHOW, lambda crm, speech, name, word: _field_of(crm, speech, speech.show, name, word)),
    (_REMOVE, lambda crm, speech, name, word: _field_of(crm, speech, speech.remove, name, word)),
    (_CREATE, _create),
]
