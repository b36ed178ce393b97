"""Pipedrive's refusals. The texts are not part of its contract; status and `code` are what real answers agree on."""

from typing import Any

from sdrbot_skills.lab.core.http import Answer, Response, reply

GATEWAY_INFO = "Please check developers.pipedrive.com"


def body(error: str, info: str | None = None, **more: Any) -> dict[str, Any]:
    return {"success": False, "error": error, "error_info": info, "data": None, "additional_data": None, **more}


def refuse(status: int, error: str, info: str | None = None, **more: Any) -> Answer:
    return Answer(reply(status, body(error, info, **more)))


def gateway(status: int, error: str) -> Response:
    """What the gateway in front of the API says by itself."""
    answer = {"success": False, "error": error, "errorCode": status, "error_info": GATEWAY_INFO}
    return reply(status, answer)


def unauthorized() -> Answer:
    answer = gateway(401, "unauthorized access")
    answer.headers["x-401-by-gw"] = "true"
    return Answer(answer)


def wrong_scope() -> Answer:
    return Answer(gateway(403, "Scope and URL mismatch"))


def invalid(key: str, reason: str) -> Answer:
    """400 of v2's schema validation."""
    return refuse(400, f"Validation failed: {key}: {reason}", code="ERR_SCHEMA_VALIDATION_FAILED")


def not_allowed(key: str) -> Answer:
    return invalid(key, f"Parameter '{key}' is not allowed for this request")


def not_found(words: str = "Entity was not found") -> Answer:
    return refuse(404, words, "Object was not found.")


def gone() -> Answer:
    """What v1 says of a field that is not there (API reference "PersonFields")."""
    return Answer(reply(410, {"success": False, "error": "The field is not found"}))


def no_permission(words: str = "You do not have permissions to do this.", **more: Any) -> Answer:
    return refuse(403, words, **more)


def over_limit() -> Response:
    return reply(429, {"success": False, "error": "request over limit", "errorCode": 429, "error_info": GATEWAY_INFO})


def blocked() -> Response:
    """What follows when 429s are ignored: the content network's own page."""
    page = b"<!DOCTYPE html><html><head><title>Access denied</title></head><body>error code: 1015</body></html>"
    return Response(403, page, {}, "text/html; charset=UTF-8")
