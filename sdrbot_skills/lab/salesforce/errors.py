"""The refusals of the platform: error codes with their HTTP status and the JSON shapes around them."""

from dataclasses import dataclass, field
from typing import Any

from sdrbot_skills.lab.core.http import Answer, Response, reply

_STATUS = {
    "INVALID_SESSION_ID": 401,
    "INSUFFICIENT_ACCESS_OR_READONLY": 403,
    "INSUFFICIENT_ACCESS": 403,
    "REQUEST_LIMIT_EXCEEDED": 403,
    "API_DISABLED_FOR_ORG": 403,
    "NOT_FOUND": 404,
    "ENTITY_IS_DELETED": 404,
    "METHOD_NOT_ALLOWED": 405,
    "UNSUPPORTED_API_VERSION": 410,
    "URI_TOO_LONG": 414,
    "SERVER_UNAVAILABLE": 503,
    "UNKNOWN_EXCEPTION": 500,
}


@dataclass
class Refusal(Exception):
    """One refusal of a row or a request. `extra` are further keys of the REST body, e.g. `duplicateResut`."""

    code: str
    message: str
    fields: list[str] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def status(self) -> int:
        return _STATUS.get(self.code, 400)

    def rest(self) -> dict[str, Any]:
        """As single-record requests show it."""
        shown: dict[str, Any] = {**self.extra, "message": self.message, "errorCode": self.code}
        if self.fields:
            shown["fields"] = self.fields
        return shown

    def row(self) -> dict[str, Any]:
        """As collections show it: `statusCode`, and always `fields`."""
        return {**self.extra, "statusCode": self.code, "message": self.message, "fields": self.fields}

    def response(self) -> Response:
        return reply(self.status, [self.rest()])

    def answer(self) -> Answer:
        return Answer(self.response())


def not_found() -> Refusal:
    return Refusal("NOT_FOUND", "The requested resource does not exist")


def no_column(name: str, sobject: str) -> Refusal:
    """What a write says of a field that does not exist or that the user must not see."""
    return Refusal("INVALID_FIELD", f"No such column '{name}' on sobject of type {sobject}")
