"""HubSpot's refusals, word for word where a real answer is known (doc "Error handling", public reports)."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import orjson

from sdrbot_skills.lab.core.http import Answer, Response, reply

Problem = dict[str, Any]


def body(message: str, category: str = "", **more: Any) -> dict[str, Any]:
    error = {"status": "error", "message": message, "correlationId": str(uuid4())}
    return {**error, **({"category": category} if category else {}), **more}


def refuse(status: int, message: str, category: str = "", **more: Any) -> Answer:
    return Answer(reply(status, body(message, category, **more)))


def parsed(refusal: Answer) -> dict[str, Any]:
    """The JSON body of a refusal."""
    found: dict[str, Any] = orjson.loads(refusal.response.body)  # type: ignore[arg-type]
    return found


def invalid(message: str, **more: Any) -> Answer:
    return refuse(400, message, "VALIDATION_ERROR", **more)


def problem(name: str, error: str, message: str) -> Problem:
    """One entry of the JSON that HubSpot embeds in the message of a refused write."""
    return {"isValid": False, "message": message, "error": error, "name": name, "localizedErrorMessage": message}


def invalid_values(problems: Sequence[Problem]) -> dict[str, Any]:
    """The body for property values that were refused: JSON inside the message, and the newer `errors` list."""
    return body(
        "Property values were not valid: " + orjson.dumps(list(problems)).decode(),
        "VALIDATION_ERROR",
        errors=[
            {"message": p["message"], "code": p["error"], "context": {"propertyName": [p["name"]]}} for p in problems
        ],
    )


def contact_exists(existing_id: int | str) -> dict[str, Any]:
    return body(f"Contact already exists. Existing ID: {existing_id}", "CONFLICT")


def record_missing() -> Answer:
    """A record that is not there has no category (seen live), unlike a property that is not there."""
    return refuse(404, "resource not found")


def not_found(message: str) -> Answer:
    return refuse(404, message, "OBJECT_NOT_FOUND")


def missing_scopes(scopes: Sequence[str]) -> Answer:
    return refuse(
        403,
        "This app hasn't been granted all required scopes to make this call. Read more about required scopes here: "
        "https://developers.hubspot.com/scopes.",
        "MISSING_SCOPES",
        errors=[
            {
                "message": "One or more of the following scopes are required.",
                "context": {"requiredGranularScopes": list(scopes)},
            }
        ],
        links={"scopes": "https://developers.hubspot.com/scopes"},
    )


def not_authenticated() -> Answer:
    return refuse(
        401,
        "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can find more "
        "details at https://developers.hubspot.com/docs/methods/auth/oauth-overview",
        "INVALID_AUTHENTICATION",
    )


def expired(seconds_ago: int) -> Answer:
    return refuse(
        401,
        f"The OAuth token used to make this call expired {seconds_ago} second(s) ago.",
        "EXPIRED_AUTHENTICATION",
        context={"expire time": [f"{seconds_ago} second(s) ago"]},
    )


def over_limit(policy: str) -> Response:
    """429 in HubSpot's form; policy is TEN_SECONDLY_ROLLING, SECONDLY or DAILY. There is no Retry-After."""
    return reply(
        429,
        body(
            f"You have reached your {policy.lower()} limit.",
            "RATE_LIMITS",
            errorType="RATE_LIMIT",
            policyName=policy,
        ),
    )
