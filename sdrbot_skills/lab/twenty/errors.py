"""Twenty's refusals. It has several shapes: the core REST one, Nest's own, the metadata engine's, and bare strings with a 500."""

from typing import Any

from sdrbot_skills.lab.core.http import Answer, Response, reply


class Refusal(Answer):
    """A core refusal. GraphQL tells the same one in its own shape, so its parts are kept."""

    def __init__(self, status: int, message: str, error: str = "BadRequestException", code: str | None = None) -> None:
        body: dict[str, Any] = {"statusCode": status, "error": error, "messages": [message]}
        super().__init__(reply(status, body | ({"code": code} if code else {})))
        self.status, self.message, self.code = status, message, code
        self.conflict: tuple[str, str, str] | None = None
        self.friendly = "An error occurred."
        self.sub_code = code


def bad_request(message: str) -> Refusal:
    return Refusal(400, message)


def invalid(message: str, code: str) -> Refusal:
    """400 with a code of its own."""
    return Refusal(400, message, "Error", code)


def type_error(message: str) -> Refusal:
    """What reaches the outside where the server did not expect a value."""
    return Refusal(400, message, "TypeError")


def not_found() -> Refusal:
    refusal = Refusal(404, "Record not found", "NotFoundException")
    refusal.sub_code = "RECORD_NOT_FOUND"
    refusal.friendly = "This record does not exist or has been deleted."
    return refusal


def unknown_field(object_name: str, field: str) -> Refusal:
    refusal = bad_request(f'Object {object_name} doesn\'t have any "{field}" field.')
    refusal.sub_code = "INVALID_ARGS_DATA"
    return refusal


def duplicate(object_name: str, record_id: str, label: str) -> Refusal:
    """REST tells neither field nor record; GraphQL tells both."""
    refusal = bad_request("A duplicate entry was detected")
    refusal.conflict = (object_name, record_id, label)
    refusal.friendly = f"This {label} value is already in use. Please check your data and try again."
    return refusal


def denied(detail: str = "", status: int = 400) -> Refusal:
    """400 for records, 403 for metadata."""
    words = "Entity performing the request does not have permission"
    refusal = Refusal(status, f"{words}: {detail}" if detail else words, "Error", "PERMISSION_DENIED")
    refusal.friendly = "User does not have permission."
    return refusal


def unauthenticated(message: str) -> Answer:
    return Answer(reply(401, {"statusCode": 401, "messages": [message], "error": "UNAUTHENTICATED"}))


def forbidden(message: str) -> Answer:
    return Answer(reply(403, {"statusCode": 403, "messages": [message], "error": "FORBIDDEN_EXCEPTION"}))


def over_limit() -> Response:
    """No Retry-After and no quota headers, as the vendor."""
    body = {"statusCode": 429, "error": "HttpException", "messages": ["Limit reached (100 tokens per 60000 ms)"]}
    return reply(429, body)


def nest(status: int, message: str | list[str], error: str) -> Answer:
    """The web framework's own shape: `message` instead of `messages`."""
    return Answer(reply(status, {"message": message, "error": error, "statusCode": status}))


def bare(message: str) -> Answer:
    """A 500 whose body is only a JSON string."""
    return Answer(reply(500, message))
