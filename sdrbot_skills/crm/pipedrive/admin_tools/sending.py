"""Sending one request of an admin tool to Pipedrive."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Request
from sdrbot_skills.crm.failures import Effect
from sdrbot_skills.crm.pipedrive.client import PipedriveClient
from sdrbot_skills.crm.pipedrive.failures import NoPermission, Rejected
from sdrbot_skills.errors import ConfigurationError


def send(client: PipedriveClient, request: Request) -> Any:
    """One request, once; Pipedrive's words hold names here, not customers' values, so the person gets them."""
    effect = Effect.ONCE if request.method == "POST" else Effect.REPEATABLE
    try:
        return client.send(request.method, request.path, body=request.body, effect=effect)
    except (Rejected, NoPermission) as error:
        raise ConfigurationError(f"Pipedrive did not accept the change: {error.words or error}") from error
