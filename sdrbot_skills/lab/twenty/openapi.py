"""GET /rest/open-api/core: the workspace described, with the faults the vendor's own description has."""

from typing import Any

from sdrbot_skills.lab.core.store import Doc
from sdrbot_skills.lab.twenty.schema import PARTS, Field, ObjectType, Schema

_TYPES: dict[str, Doc] = {
    "NUMBER": {"type": "number"},
    "POSITION": {"type": "number"},
    "BOOLEAN": {"type": "boolean"},
    "DATE": {"type": "string", "format": "date"},
    "DATE_TIME": {"type": "string", "format": "date-time"},
    "UUID": {"type": "string", "format": "uuid"},
    "RAW_JSON": {"type": "object"},
    "ARRAY": {"type": "array", "items": {"type": "string"}},
    "FILES": {"type": "array", "items": {"type": "object"}},
}
_LIMIT = {"type": "integer", "minimum": 0, "maximum": 200, "default": 60}
_PARAMETERS = {
    "idPath": ("id", "path", {"type": "string", "format": "uuid"}),
    "startingAfter": ("starting_after", "query", {"type": "string"}),
    "endingBefore": ("ending_before", "query", {"type": "string"}),
    "filter": ("filter", "query", {"type": "string"}),
    "depth": ("depth", "query", {"type": "integer", "enum": [0, 1], "default": 1}),
    "upsert": ("upsert", "query", {"type": "boolean", "default": False}),
    "softDelete": ("soft_delete", "query", {"type": "boolean", "default": False}),
    "orderBy": ("order_by", "query", {"type": "string"}),
    "limit": ("limit", "query", _LIMIT),
}


def core(schema: Schema, base_url: str) -> Doc:
    paths: Doc = {"/open-api/core": {"get": _operation("Get Open Api Schema", [])}}
    schemas: Doc = {}
    for kind in schema.objects().values():
        paths |= _paths(kind)
        schemas[kind.pascal] = _schema(kind)
        schemas[f"{kind.pascal}ForUpdate"] = _schema(kind)
        schemas[f"{kind.pascal}ForResponse"] = _schema(kind, answered=True)
    parameters = {
        name: {"name": of, "in": where, "required": where == "path", "schema": shape}
        for name, (of, where, shape) in _PARAMETERS.items()
    }
    return {
        "openapi": "3.1.1",
        "info": {"title": "Twenty Api", "version": "v0.1"},
        "servers": [{"url": f"{base_url}/rest/", "description": "Production Development"}],
        "paths": paths,
        "components": {"schemas": schemas, "parameters": parameters},
    }


def _paths(kind: ObjectType) -> Doc:
    many = kind.plural
    listed = ["orderBy", "filter", "limit", "depth", "startingAfter", "endingBefore"]
    return {
        f"/{many}": {
            "get": _operation(f"Find Many {many}", listed),
            "post": _operation(f"Create One {kind.name}", ["depth", "upsert"]),
            "patch": _operation(f"Update Many {many}", ["depth", "filter"]),
            "delete": _operation(f"Delete Many {many}", ["filter", "softDelete"]),
        },
        f"/batch/{many}": {"post": _operation(f"Create Many {many}", ["depth", "upsert"])},
        f"/{many}/{{id}}": {
            "get": _operation(f"Find One {kind.name}", ["idPath", "depth"]),
            "delete": _operation(f"Delete One {kind.name}", ["idPath", "softDelete"]),
            "patch": _operation(f"Update One {kind.name}", ["idPath", "depth"]),
        },
        f"/{many}/duplicates": {"post": _operation(f"Find {kind.name} Duplicates", ["depth"])},
        f"/restore/{many}/{{id}}": {"patch": _operation(f"Restore One {kind.name}", ["idPath", "depth"])},
        f"/restore/{many}": {"patch": _operation(f"Restore Many {many}", ["depth", "filter"])},
        f"/{many}/merge": {"patch": _operation(f"Merge Many {many}", ["depth"])},
        f"/{many}/groupBy": {"get": _operation(f"Group By {many}", ["filter"])},
    }


def _operation(summary: str, parameters: list[str]) -> Doc:
    listed = [{"$ref": f"#/components/parameters/{name}"} for name in parameters]
    return {"summary": summary, "parameters": listed, "responses": {"200": {"description": "Successful operation"}}}


def _schema(kind: ObjectType, *, answered: bool = False) -> Doc:
    properties: Doc = {}
    for one in kind.fields.values():
        if one.join:
            properties[one.join] = {"type": "string", "format": "uuid"}
        if one.to:
            if answered:
                target = {"$ref": f"#/components/schemas/{one.to[0].upper()}{one.to[1:]}ForResponse"}
                properties[one.name] = {"type": "array", "items": target} if one.many else {"oneOf": [target]}
            continue
        if answered or (one.type != "TS_VECTOR" and one.name not in ("id", "createdAt", "updatedAt", "deletedAt")):
            properties[one.name] = _shape(one)
    return {"type": "object", "properties": properties}


def _shape(one: Field) -> Doc:
    if one.type in PARTS:
        parts: dict[str, Any] = {part: {"type": "string"} for part in PARTS[one.type]}
        return {"type": "object", "properties": parts}
    if one.type in ("SELECT", "RATING"):
        return {"type": "string", "enum": one.options}
    if one.type == "MULTI_SELECT":
        return {"type": "array", "items": {"type": "string", "enum": one.options}}
    return _TYPES.get(one.type, {"type": "string"})
