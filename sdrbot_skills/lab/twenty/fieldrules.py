"""What the metadata engine refuses, in its own shape: lists of failures per kind of entity, follow-up noise included."""

import re
from typing import Any
from uuid import uuid4

from sdrbot_skills.lab.core.http import Answer, reply
from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty import errors
from sdrbot_skills.lab.twenty.schema import NEVER_UNIQUE, ObjectType

_WORDS_OF_TYPES = (
    "ACTOR ADDRESS ARRAY BOOLEAN CURRENCY DATE DATE_TIME EMAILS FILES FULL_NAME LINKS MORPH_RELATION MULTI_SELECT "
    "NUMBER NUMERIC PHONES POSITION RATING RAW_JSON RELATION RICH_TEXT SELECT TEXT TS_VECTOR UUID"
)
TYPES = tuple(_WORDS_OF_TYPES.split())
NAME = re.compile(r"[a-z][a-zA-Z0-9]*")
OPTION = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
LONGEST = 63
RESERVED_FIELDS = frozenset({"type", "user", "role", "event", "field", "link", "currency", "address"})
RESERVED_OBJECTS = frozenset(
    [
        "user",
        "role",
        "workspace",
        "event",
        "field",
        "link",
        "currency",
        "address",
        "type",
        "object",
        "index",
        "relation",
        "plan",
        "job",
        "search",
        "aggregate",
    ]
)
RESERVED_OBJECTS |= {f"{name}s" for name in RESERVED_OBJECTS}
_RESERVED = 'This name is reserved. Use a different name or the system will add "Custom" suffix.'

Problem = dict[str, Any]


def problem(code: str, message: str, value: Any = None, friendly: str | None = None) -> Problem:
    found = {"code": code, "message": message, "userFriendlyMessage": friendly or message}
    return found if value is None else {**found, "value": value}


class Invalid(Answer):
    """METADATA_VALIDATION_ERROR; GraphQL tells the same in its extensions."""

    def __init__(self, message: str, failures: dict[str, list[Doc]], friendly: str) -> None:
        self.message, self.errors, self.friendly = message, failures, friendly
        self.summary = {"totalErrors": sum(map(len, failures.values())), **{k: len(v) for k, v in failures.items()}}
        body = {"statusCode": 400, "error": "METADATA_VALIDATION_ERROR", "message": message, "errors": failures}
        super().__init__(reply(400, body | {"summary": self.summary, "userFriendlyMessage": friendly}))


def entry(problems: list[Problem], family: str, verb: str, about: Doc) -> Doc:
    """One failed entity."""
    about = {"universalIdentifier": str(uuid4()), **about}
    shown = {"status": "fail", "errors": problems, "flatEntityMinimalInformation": about}
    return {**shown, "metadataName": family, "type": verb}


def refuse_field(kind: ObjectType, name: Any, problems: list[Problem], verb: str) -> None:
    """400 where there are problems; a field that is not made drags the columns of views along."""
    if not problems:
        return
    owner = {"name": name, "objectMetadataUniversalIdentifier": kind.doc["universalIdentifier"]}
    failures = {"fieldMetadata": [entry(problems, "fieldMetadata", verb, owner)]}
    if verb == "create":
        noise = problem("INVALID_VIEW_DATA", "Field metadata not found")
        about = {"viewUniversalIdentifier": str(uuid4()), "fieldMetadataUniversalIdentifier": str(uuid4())}
        failures["viewField"] = [entry([noise], "viewField", verb, about) for _ in range(2)]
        message = "Multiple validation errors occurred while creating fields"
    else:
        message = "Multiple validation errors occurred while updating field"
    raise Invalid(message, failures, "Many validation errors")


def refuse_early(code: str, message: str, friendly: str) -> None:
    """What is refused before the engine looks at the field."""
    failure: Doc = {"errors": [problem(code, message, friendly=friendly)], "type": "create"}
    failure |= {"metadataName": "fieldMetadata", "flatEntityMinimalInformation": {"id": ""}}
    raise Invalid("Multiple validation errors occurred while creating field", {"fieldMetadata": [failure]}, friendly)


def check_body(body: Doc) -> None:
    """The request's own form, before anything is looked up."""
    messages: list[str] = []
    if not isinstance(body.get("objectMetadataId"), str):
        messages.append("objectMetadataId must be a UUID")
    if body.get("type") not in TYPES:
        messages.append(f"type must be one of the following values: {', '.join(TYPES)}")
    for name in ("name", "label"):
        if not body.get(name):
            messages.append(f"{name} should not be empty")
        if not isinstance(body.get(name), str):
            messages.append(f"{name} must be a string")
    if messages:
        raise errors.nest(400, messages, "Bad Request")


def field_problems(kind: ObjectType, body: Doc) -> list[Problem]:
    """Of a field to be made."""
    found = name_problems(kind, body["name"])
    if body["type"] == "NUMERIC":
        words = "Field type NUMERIC is not supported for field creation. Use NUMBER instead."
        found.append(problem("INVALID_FIELD_INPUT", words, "NUMERIC"))
    elif body["type"] in ("POSITION", "TS_VECTOR"):
        words = f"Field type {body['type']} is not supported for field creation."
        found.append(problem("INVALID_FIELD_INPUT", words, body["type"]))
    if body["type"] == "FILES" and not (body.get("settings") or {}).get("maxNumberOfValues"):
        words = (
            "maxNumberOfValues must be defined in settings and be a number greater than 0 and less than or equal to 10"
        )
        found.append(problem("INVALID_FIELD_INPUT", words, body.get("settings")))
    if body["type"] in ("SELECT", "MULTI_SELECT"):
        found += option_problems(body.get("options") or [], body.get("defaultValue"))
    return found


def name_problems(kind: ObjectType, name: str) -> list[Problem]:
    if name in RESERVED_FIELDS:
        return [problem("INVALID_FIELD_INPUT", _RESERVED, name)]
    if not NAME.fullmatch(name):
        words = "Name is not valid: it must start with lowercase letter and contain only alphanumeric letters"
        return [problem("INVALID_FIELD_INPUT", words, name)]
    if len(name) > LONGEST:
        return [problem("INVALID_FIELD_INPUT", "Name is too long", name)]
    if name in kind.fields or name in kind.joins:
        words = f'Name "{name}" is not available as it is already used by another field'
        return [problem("NOT_AVAILABLE", words, name)]
    return []


def option_problems(options: list[Doc], default: Any) -> list[Problem]:
    found: list[Problem] = []
    values = [str(option.get("value", "")) for option in options]
    for option, value in zip(options, values, strict=True):
        if len(value) > LONGEST:
            found.append(problem("INVALID_FIELD_INPUT", f"Option value exceeds {LONGEST} characters", value))
        elif not OPTION.fullmatch(value):
            words = f'Value must be in UPPER_CASE and follow snake_case "{value}"'
            found.append(problem("INVALID_FIELD_INPUT", words, value))
        if "," in str(option.get("label", "")):
            found.append(problem("INVALID_FIELD_INPUT", "Label must not contain a comma", option["label"]))
    if len(set(values)) != len(values):
        found.append(
            problem("INVALID_FIELD_INPUT", "Duplicated option value", [{"id": str(uuid4()), **one} for one in options])
        )
    for one in default if isinstance(default, list) else [default] if default else []:
        if str(one).strip("'") not in values:
            words = f'Default value "{one}" must be one of the option values'
            found.append(problem("INVALID_FIELD_INPUT", words, one))
    return found


def check_unique(kind: str, name: str) -> None:
    if kind in NEVER_UNIQUE:
        words = f"Unique index cannot be created for field {name} of type {kind}"
        friendly = f"{kind} fields cannot be unique."
        failed = entry(
            [problem("INDEX_FIELD_INVALID_TYPE_FOR_UNIQUE", words, friendly=friendly)],
            "index",
            "create",
            {"name": f"IDX_UNIQUE_{uuid4().hex[:27]}"},
        )
        raise Invalid("Multiple validation errors occurred while creating fields", {"index": [failed]}, friendly)


def check_object_body(body: Doc) -> None:
    names = ("nameSingular", "namePlural", "labelSingular", "labelPlural")
    messages = [
        words
        for name in names
        for words in (f"{name} should not be empty", f"{name} must be a string")
        if not body.get(name)
    ]
    if messages:
        raise errors.nest(400, messages, "Bad Request")


def object_problems(body: Doc, objects: dict[str, ObjectType]) -> list[Problem]:
    singular, plural = body["nameSingular"], body["namePlural"]
    if singular == plural:
        same = "The singular and plural names cannot be the same for an object"
        return [problem("INVALID_OBJECT_INPUT", same, singular)]
    taken = {name for one in objects.values() for name in (one.name, one.plural)}
    if singular in taken or plural in taken:
        return [problem("NOT_AVAILABLE", "Object already exists")]
    for name in (singular, plural):
        if name in RESERVED_OBJECTS:
            return [problem("INVALID_OBJECT_INPUT", _RESERVED, name)]
        if not NAME.fullmatch(name) or len(name) > LONGEST:
            words = "Name is not valid: it must start with lowercase letter and contain only alphanumeric letters"
            return [problem("INVALID_OBJECT_INPUT", words, name)]
    return []


def refuse_object(body: Doc, problems: list[Problem]) -> None:
    """One bad name makes dozens of failures: nothing that hangs on the object can be made either."""
    if not problems:
        return
    about = {"nameSingular": body["nameSingular"], "namePlural": body["namePlural"]}
    lost = problem(
        "OBJECT_METADATA_NOT_FOUND", "Object metadata not found", friendly="Field to create related object not found"
    )
    view = problem("INVALID_VIEW_DATA", "Object metadata not found")
    column = problem("INVALID_VIEW_DATA", "Field metadata not found")
    index = problem(
        "INDEX_FIELD_NOT_FOUND",
        "Could not find index field related field metadata",
        friendly="Field referenced in index does not exist",
    )
    owner = {"name": "name", "objectMetadataUniversalIdentifier": str(uuid4())}
    columns = {"viewUniversalIdentifier": str(uuid4()), "fieldMetadataUniversalIdentifier": str(uuid4())}
    searched = {"objectMetadataUniversalIdentifier": str(uuid4())}
    failures = {
        "fieldMetadata": [entry([lost], "fieldMetadata", "create", owner)],
        "objectMetadata": [entry(problems, "objectMetadata", "create", about)],
        "view": [entry([view], "view", "create", {})],
        "viewField": [entry([column], "viewField", "create", columns)],
        "index": [entry([index], "index", "create", {"name": f"IDX_{uuid4().hex[:27]}"})],
        "searchFieldMetadata": [
            entry(
                [problem("FIELD_METADATA_NOT_FOUND", "Field metadata not found")],
                "searchFieldMetadata",
                "create",
                searched,
            )
        ],
    }
    message = "Multiple validation errors occurred while creating object"
    raise Invalid(message, failures, "Many validation errors")
