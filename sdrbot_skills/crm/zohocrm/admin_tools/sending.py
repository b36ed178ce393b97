"""Sending one request of an admin tool to Zoho; and what the tools of several topics need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from sdrbot_skills.crm.admintools import Request
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.coql import joined, quotable
from sdrbot_skills.crm.zohocrm.failures import Complaint, Rejected, RequestFailed, complaint, refused_element
from sdrbot_skills.errors import ConfigurationError

MENDABLE = {
    "CANNOT_DELETE": "Zoho keeps it while records are in it, and the usual one always",
    "NO_PERMISSION": "connect with the credential of an administrator",
    "LIMIT_EXCEEDED": "the edition has no more room for it",
}
"""What a code does not say in words."""


def send(client: ZohoClient, request: Request) -> Any:
    """One request, once; Zoho's words hold names here, not customers' values, so the person gets them."""
    effect = Effect.ONCE if request.method == "POST" else Effect.REPEATABLE
    try:
        answer = client.send(
            request.method, request.path.removeprefix(client.path("")), body=request.body, effect=effect
        )
    except (Rejected, RequestFailed) as error:
        raise _refused(error.complaint) from error
    if refused := refused_element(answer):
        raise _refused(complaint(refused))
    return answer


def _refused(told: Complaint) -> ConfigurationError:
    """The person's words: Zoho's code and message, where in the request, and what would do."""
    where = told.details.get("json_path") or told.details.get("param_name")
    more = [f"at {where}"] if where else []
    if longest := told.details.get("maximum_length"):
        more.append(f"at most {longest}")
    if values := told.details.get("supported_values"):
        more.append(f"Zoho takes {', '.join(map(str, values))}")
    if told.code in MENDABLE:
        more.append(MENDABLE[told.code])
    return ConfigurationError(f"Zoho did not accept the change: {'; '.join([told.text, *more])}.")


def settings(client: ZohoClient, path: str, **query: str) -> str:
    """The whole path of a settings call with its query."""
    return client.path(f"settings/{path}") + (f"?{urlencode(query)}" if query else "")


def made_id(answers: list[Any]) -> str:
    """The id of what the last request made; Zoho answers little more."""
    (elements,) = (value for value in answers[-1].values() if isinstance(value, list))
    return str(elements[0]["details"]["id"])


def count_with(client: ZohoClient, module: str, **values: Sequence[str]) -> int | None:
    """How many records have one of these values in each of these fields; None where Zoho does not tell."""
    if not all(quotable(value) for wanted in values.values() for value in wanted):
        return None
    listed = {name: ", ".join(f"'{value}'" for value in wanted) for name, wanted in values.items()}
    clauses = [f"{name} in ({texts})" for name, texts in listed.items()]
    return count_where(client, module, joined("and", clauses))


def count_where(client: ZohoClient, module: str, clause: str) -> int | None:
    """How many records a COQL clause finds; None where Zoho cannot query by it, or not for this credential."""
    try:
        rows = client.query(f"select COUNT(id) from {module} where {clause}").get("data") or [{}]
    except RequestFailed:
        return None
    # Under which name the figure comes is not documented; it is the only number of the row.
    return next((value for name, value in rows[0].items() if name != "id" and isinstance(value, int)), 0)


def counted(number: int | None, what: str) -> str:
    """`85 records of Contacts have a value`, or that Zoho does not tell."""
    return f"Zoho does not tell how many {what}" if number is None else f"{number:,} {what}"
