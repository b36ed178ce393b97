"""Salesforce as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sdrbot_skills.crm.rooms import JobbingCrm
from sdrbot_skills.crm.salesforce.admin import Admin
from sdrbot_skills.crm.salesforce.bulk_write import Jobs
from sdrbot_skills.crm.salesforce.capabilities import CAPABILITIES
from sdrbot_skills.crm.salesforce.client import SalesforceClient
from sdrbot_skills.crm.salesforce.codec import SalesforceCodec
from sdrbot_skills.crm.salesforce.links import ROLE_ENDS, Links
from sdrbot_skills.crm.salesforce.preflight import Check
from sdrbot_skills.crm.salesforce.records import Records
from sdrbot_skills.crm.salesforce.schema import Schema
from sdrbot_skills.crm.salesforce.writing import Writing
from sdrbot_skills.model.records import BulkJob, Link, RowResult
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.transport.connection import Connection


class Adapter(JobbingCrm):
    """One Salesforce organisation."""

    crm = "salesforce"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.codec = SalesforceCodec()
        self.client: SalesforceClient = SalesforceClient(connection)
        self._schema = Schema(self.client)
        self._writing = Writing(self.client)
        self._links = self._pointing = Links(self.client, self._schema, self._writing)
        self._records: Records = Records(self.client, self._schema, self._links)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client)
        self._jobs: Jobs = Jobs(self.client)

    @property
    def sdk(self) -> Any:
        """The vendor's own client, on the same socket."""
        return self.client.sdk

    def edited_after(self, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
        return self._records.edited_after(object_name, moments)

    def open_link_job(self, link_type: LinkType) -> BulkJob:
        return self._jobs.open_links(link_type.name, ROLE_ENDS)

    def link_anew(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return self._pointing.link_anew(link_type, links)
