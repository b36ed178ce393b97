"""Attio's refusals: one flat shape for every failure (doc "Errors", OpenAPI document)."""

from datetime import UTC, datetime
from email.utils import format_datetime
from math import ceil

from sdrbot_skills.lab.core.http import Answer, Response, reply

INVALID = "invalid_request_error"


def body(status: int, code: str, message: str, kind: str = INVALID) -> Response:
    return reply(status, {"status_code": status, "type": kind, "code": code, "message": message})


def refuse(status: int, code: str, message: str, kind: str = INVALID) -> Answer:
    return Answer(body(status, code, message, kind))


def invalid(message: str) -> Answer:
    return refuse(400, "validation_type", message)


def value_not_found(message: str) -> Answer:
    return refuse(400, "value_not_found", message)


def not_found(what: str, key: str) -> Answer:
    return refuse(404, "not_found", f'{what} with slug/ID "{key}" not found.')


def missing_value(attribute_id: str) -> Answer:
    return refuse(400, "missing_value", f'Required value for attribute with ID "{attribute_id}" was not provided.')


def uniqueness_conflict(attribute_id: str) -> Answer:
    """A 400, not a 409, and it names the attribute by its id."""
    message = (
        f'The value provided for attribute with ID "{attribute_id}" conflicts with one already in the system. '
        "The attribute only allows unique values."
    )
    return refuse(400, "uniqueness_conflict", message)


def slug_conflict(message: str) -> Answer:
    return refuse(409, "slug_conflict", message)


def filter_error(message: str) -> Answer:
    return refuse(400, "filter_error", message)


def unauthorized() -> Answer:
    return refuse(401, "unauthorized", "The access token is missing, unknown or no longer active.", "auth_error")


def missing_scope(scope: str) -> Answer:
    return refuse(403, "unauthorized", f"The access token lacks the scope {scope}.", "auth_error")


def rate_limited(now: float) -> Response:
    """429 with `Retry-After` as an HTTP date, the start of the next second."""
    answer = body(429, "rate_limit_exceeded", "Rate limit exceeded, please try again later", "rate_limit_error")
    moment = datetime.fromtimestamp(ceil(now + 0.001), UTC)
    answer.headers["Retry-After"] = format_datetime(moment, usegmt=True)
    return answer
