"""Zoho's refusals: a request as a whole, or one element of a write (vendor doc "Status Codes", OpenAPI v8)."""

from typing import Any

from sdrbot_skills.lab.core.http import Answer, Response, reply

MESSAGES = {
    "INVALID_TOKEN": "invalid oauth token",
    "OAUTH_SCOPE_MISMATCH": "invalid oauth scope to access this URL",
    "INVALID_MODULE": "the module name given seems to be invalid",
    "INVALID_URL_PATTERN": "Please check if the URL trying to access is a correct one",
    "INVALID_REQUEST_METHOD": "The http request method type is not a valid one",
    "REQUIRED_PARAM_MISSING": "One of the expected parameter is missing",
    "LIMIT_EXCEEDED": "limit exceeded",
    "INVALID_DATA": "invalid data",
    "MANDATORY_NOT_FOUND": "required field not found",
    "DUPLICATE_DATA": "duplicate data",
    "NO_PERMISSION": "permission denied",
    "NOT_SUPPORTED": "the operation is not supported",
    "TOO_MANY_REQUESTS": "Too many requests fired in concurrency. Please try after sometime",
    "INTERNAL_ERROR": "Internal Server Error",
    "TOKEN_BOUND_DATA_MISMATCH": "the parameters do not match those of the page token",
    "EXPIRED_VALUE": "the page token has expired",
    "DISCRETE_PAGINATION_LIMIT_EXCEEDED": "only the first 2000 records can be fetched by page; use page_token",
    "PAGINATION_LIMIT_EXCEEDED": "only the first 100000 records can be fetched",
    "AMBIGUITY_DURING_PROCESSING": "page and page_token cannot be given together",
    "SYNTAX_ERROR": "syntax error",
    "INVALID_QUERY": "invalid query",
    "DEPENDENT_MISMATCH": "the value does not go with the one it depends on",
    "RECORD_LOCKED": "the record is locked",
    "NOT_ALLOWED": "not allowed",
    "DEPENDENT_FIELD_MISSING": "a field that this one depends on is missing",
    "RESERVED_KEYWORD_NOT_ALLOWED": "a reserved keyword cannot be used",
    "RESOURCE_NOT_FOUND": "the requested resource does not exist",
    "CANNOT_DELETE": "it cannot be deleted",
    "NOT_SUPPORTED_FEATURE": "the feature is not supported",
    "INVALID_FILE_FORMAT": "invalid file format",
    "INVALID_CALLBACK_METHOD": "the callback method is not supported",
    "INVALID_CALLBACK_URL": "the callback url is not valid",
    "FILE_NOT_FOUND": "the file does not exist",
}
STATUS = {
    "INVALID_TOKEN": 401,
    "OAUTH_SCOPE_MISMATCH": 401,
    "NO_PERMISSION": 403,
    "INVALID_URL_PATTERN": 404,
    "RESOURCE_NOT_FOUND": 404,
    "TOO_MANY_REQUESTS": 429,
    "INTERNAL_ERROR": 500,
}


def body(code: str, details: dict[str, Any] | None = None, message: str = "") -> dict[str, Any]:
    return {"code": code, "details": details or {}, "message": message or MESSAGES[code], "status": "error"}


def response(code: str, details: dict[str, Any] | None = None, message: str = "") -> Response:
    return reply(STATUS.get(code, 400), body(code, details, message))


def refusal(code: str, details: dict[str, Any] | None = None, message: str = "") -> Answer:
    """To be raised: the request as a whole is refused."""
    return Answer(response(code, details, message))


def element(root: str, code: str, details: dict[str, Any] | None = None, message: str = "") -> Answer:
    """To be raised: the one element of a settings call is refused, and the answer has its list's name (OpenAPI v8 "fields", "modules")."""
    return Answer(reply(STATUS.get(code, 400), {root: [body(code, details, message)]}))


class RowError(Exception):
    """One element is refused; `entry` is what stands in its place in the answer."""

    def __init__(self, code: str, details: dict[str, Any] | None = None, message: str = "") -> None:
        super().__init__(code)
        self.entry = body(code, details, message)
