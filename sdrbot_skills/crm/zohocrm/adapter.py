"""Zoho CRM as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

import httpx

from sdrbot_skills.crm.rooms import JobbingCrm
from sdrbot_skills.crm.zohocrm.admin import Admin
from sdrbot_skills.crm.zohocrm.bulk_write import Jobs
from sdrbot_skills.crm.zohocrm.capabilities import capabilities_for
from sdrbot_skills.crm.zohocrm.client import ZohoClient
from sdrbot_skills.crm.zohocrm.codec import ZohoCodec
from sdrbot_skills.crm.zohocrm.links import Links
from sdrbot_skills.crm.zohocrm.preflight import Check
from sdrbot_skills.crm.zohocrm.records import Records
from sdrbot_skills.crm.zohocrm.schema import Schema
from sdrbot_skills.crm.zohocrm.writing import Writing
from sdrbot_skills.transport.connection import Connection


class Adapter(JobbingCrm):
    """One Zoho organisation."""

    crm = "zohocrm"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = capabilities_for(connection.facts.get("scopes"))
        self.codec: ZohoCodec = ZohoCodec()
        self.client: ZohoClient = ZohoClient(connection)
        self._schema = Schema(self.client)
        self._records = Records(self.client, self._schema, self.codec)
        self._writing = Writing(self.client, self._schema)
        self._links = Links(self.client, self._schema, self._records)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client)
        self._jobs = Jobs(self.client, self._schema)

    @property
    def sdk(self) -> httpx.Client:
        """An HTTP client on the same socket: the vendor's own SDKs are not used."""
        return self.client.http
