"""The real simple-salesforce client on the broker's socket."""

from __future__ import annotations

from simple_salesforce import Salesforce

from sdrbot_skills.crm.salesforce.client import open_sdk
from sdrbot_skills.transport.connection import find_connection


def get_client(connection: str | None = None) -> Salesforce:
    """A `simple_salesforce.Salesforce` for the connection of that name (default: the Salesforce one).

    Its session id is a placeholder: the broker adds the credential, and refuses every write outside an approved run. Raises
    `ConfigurationError` where no such connection is set up.
    """
    client: Salesforce = open_sdk(find_connection(connection or "salesforce"))
    return client
