"""What the end points share: the account, the schema, the records, and the three spellings of a path."""

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from sdrbot_skills.lab.core.app import App
from sdrbot_skills.lab.core.clock import iso_z
from sdrbot_skills.lab.core.http import Handler, Request, Response, reply
from sdrbot_skills.lab.hubspot import errors
from sdrbot_skills.lab.hubspot.account import Account
from sdrbot_skills.lab.hubspot.records import Records
from sdrbot_skills.lab.hubspot.schema import Schema
from sdrbot_skills.lab.hubspot.types import ObjectType

DATED = "2026-03|2026-09"


class HubSpot:
    def __init__(self, app: App) -> None:
        self.app = app
        self.store = app.store
        self.account = Account(app)
        self.schema = Schema(app.store)
        self.records = Records(app.store, self.schema)
        self.property_lag = 0.0  # seconds until a new definition can be read

    def route(self, methods: str, area: str, tail: str, *, versions: str = "v3") -> Callable[[Handler], Handler]:
        """`/crm/v3/<area><tail>`, and `/crm/<area>/<v3 or a date><tail>`; the version is the parameter `api`."""

        def add(handler: Handler) -> Handler:
            self.app.router.add(methods, f"/crm/{{api:{versions}}}/{area}{tail}", handler)
            self.app.router.add(methods, f"/crm/{area}/{{api:{versions}|{DATED}}}{tail}", handler)
            return handler

        return add

    def kind(self, request: Request, action: str, parameter: str = "type") -> ObjectType:
        """The object type in the path, which the token may read or write."""
        kind = self.schema.kind(request.params[parameter])
        self.account.need_records(request, kind, action)
        return kind

    def hidden(self, request: Request, kind: ObjectType) -> frozenset[str]:
        """Properties that are not there for this token: sensitive ones, and the text of e-mails, need their scopes."""
        granted = request.context["token"]["scopes"]
        names: set[str] = set()
        for name, sensitivity in self.schema.layout(kind).sensitive.items():
            if f"crm.objects.{kind.scope or kind.name}.{sensitivity}.read.v2" not in granted:
                names.add(name)
        if kind.name == "emails" and "sales-email-read" not in granted:
            names |= {"hs_email_text", "hs_email_html", "hs_email_headers", "hs_email_subject"}
        return frozenset(names)

    def stamp(self) -> str:
        return iso_z(self.store.clock.now_ms())


def record_id(text: str) -> int:
    """The number in a path or input; 0, which no record has, where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def inputs(request: Request, most: int) -> list[dict[str, Any]]:
    """The batch of a request; 400 where there is none or too much."""
    body = request.json()
    rows = body.get("inputs") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise errors.invalid("Invalid input JSON: inputs must be a list of objects")
    if len(rows) > most:
        raise errors.invalid(f"Maximum number of inputs in a batch request exceeded: {most}. Received {len(rows)}.")
    return rows


def batch_reply(
    success: int, results: list[Any], failures: Sequence[dict[str, Any]], started: str, completed: str
) -> Response:
    """`success` where every row is there, else 207 with the errors beside the results."""
    body: dict[str, Any] = {
        "status": "COMPLETE",
        "results": results,
        "startedAt": started,
        "completedAt": completed,
    }
    if failures:
        body |= {"numErrors": len(failures), "errors": failures}
    return reply(207 if failures else success, body)


def paging(after: str, request: Request) -> dict[str, Any]:
    return {"next": {"after": after, "link": f"{request.path}?after={after}"}}


def whole(text: str, name: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise errors.invalid(f"{name} must be a number, not {text!r}") from error


def malformed(request: Request, error: ValueError) -> Response:
    where = f"line {error.lineno}, column {error.colno}" if isinstance(error, orjson.JSONDecodeError) else "line 1"
    return reply(400, errors.body(f"Invalid input JSON on {where}: {error}", "VALIDATION_ERROR"))
