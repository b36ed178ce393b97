"""From live schemas to a module of typed functions that an agent can read to learn what a CRM holds."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sdrbot_skills.model.schema import Account, Field, ObjectSchema
from sdrbot_skills.model.values import LIST_KINDS, Kind
from sdrbot_skills.resources import template_directory
from sdrbot_skills.script.layout import literal

MOST_OPTIONS = 12
_TYPES = {
    Kind.INTEGER: "int",
    Kind.DECIMAL: "float",
    Kind.BOOLEAN: "bool",
    Kind.CONSENT: "bool",
    Kind.MONEY: "dict[str, Any]",
    Kind.ADDRESS: "dict[str, Any]",
    Kind.PERSON_NAME: "dict[str, Any]",
    Kind.FILE: "dict[str, Any]",
}


def render_tools(label: str, connection: str, account: Account, schemas: Sequence[ObjectSchema]) -> str:
    """The module's text; deterministic for the same schemas."""
    environment = Environment(
        loader=FileSystemLoader(template_directory()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["literal"] = literal
    objects = [_object(schema) for schema in schemas]
    template = environment.get_template("generated_tools/tools.py.j2")
    return template.render(label=label, connection=connection, account=_one_line(account.name), objects=objects)


def _object(schema: ObjectSchema) -> dict[str, Any]:
    usable = [field for field in schema.fields if field.creatable]
    names = _names(usable)
    parameters = [_parameter(field, names[field.name]) for field in sorted(usable, key=lambda one: not one.required)]
    changeable = {field.name for field in usable if field.updatable}
    return {
        "name": schema.name,
        "word": _identifier(schema.name).lower(),
        "label": _one_line(schema.label),
        "plural": _one_line(schema.plural),
        "parameters": parameters,
        "changes": [one for one in parameters if one["api"] in changeable],
    }


def _parameter(field: Field, name: str) -> dict[str, Any]:
    kind = "list[str]" if field.kind in LIST_KINDS else _TYPES.get(field.kind, "str")
    return {"name": name, "api": field.name, "type": kind, "required": field.required, "text": _text(field)}


def _text(field: Field) -> str:
    """Label, kind, required, length, options, references: what somebody has to know to fill the field."""
    parts = [f"{field.label}, {field.kind.value}"]
    parts += ["required"] if field.required else []
    parts += ["unique"] if field.unique else []
    parts += [f"at most {field.max_length} characters"] if field.max_length else []
    parts += [f"an id of {', '.join(field.references)}"] if field.references else []
    active = [option.value for option in field.options if option.active]
    if active:
        more = f" and {len(active) - MOST_OPTIONS} more" if len(active) > MOST_OPTIONS else ""
        parts.append(f"one of {', '.join(active[:MOST_OPTIONS])}{more}")
    return _one_line("; ".join(parts))


def _names(fields: Sequence[Field]) -> dict[str, str]:
    """API name -> parameter name, each different."""
    taken: set[str] = {"record_id"}
    names: dict[str, str] = {}
    for field in fields:
        base = name = _identifier(field.name)
        number = 2
        while name in taken:
            name, number = f"{base}_{number}", number + 1
        taken.add(name)
        names[field.name] = name
    return names


def _identifier(text: str) -> str:
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    name = f"field_{name}" if not name or name[0].isdigit() else name
    return f"{name}_" if keyword.iskeyword(name) else name


def _one_line(text: str) -> str:
    """Text for a docstring: one line, no quotes that would end it, no backslashes."""
    return " ".join(text.replace("\\", "/").replace('"""', "'''").replace('"', "'").split())
