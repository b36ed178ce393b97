"""What a request asks about: the attribute or its owner in the path, the `data` of the body."""

from sdrbot_skills.lab.attio import errors
from sdrbot_skills.lab.attio.schema import Attribute, Schema
from sdrbot_skills.lab.core.http import Request
from sdrbot_skills.lab.core.store import Doc


def attribute_of(schema: Schema, request: Request) -> Attribute:
    """The attribute in the path; 404 where there is none."""
    found = schema.find(owner_of(schema, request), request.params["attribute"])
    if found is None:
        raise errors.not_found("Attribute", request.params["attribute"])
    return found


def owner_of(schema: Schema, request: Request) -> str:
    """The slug, as stored, of what the path's attributes are defined on."""
    return str(schema.owner(request.params.get("target", "objects"), request.params["object"])["slug"])


def data_of(request: Request, needed: tuple[str, ...] = ()) -> Doc:
    """The `data` of a body; 400 where it or a needed member is missing."""
    body = request.json()
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise errors.invalid("The body needs data, an object.")
    missing = [name for name in needed if name not in data]
    if missing:
        raise errors.invalid(f"Body payload validation error: data.{missing[0]} is required.")
    return data
