"""Pipedrive as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from collections.abc import Sequence

from sdrbot_skills.crm.pipedrive.admin import Admin
from sdrbot_skills.crm.pipedrive.capabilities import CAPABILITIES
from sdrbot_skills.crm.pipedrive.client import PipedriveClient
from sdrbot_skills.crm.pipedrive.codec import PipedriveCodec
from sdrbot_skills.crm.pipedrive.links import Links
from sdrbot_skills.crm.pipedrive.preflight import Check
from sdrbot_skills.crm.pipedrive.records import Records
from sdrbot_skills.crm.pipedrive.schema import Schema
from sdrbot_skills.crm.pipedrive.writing import Writing
from sdrbot_skills.crm.rooms import RoomedCrm
from sdrbot_skills.model.records import Link, RowResult
from sdrbot_skills.model.schema import LinkType, ObjectSchema
from sdrbot_skills.transport.connection import Connection


class Adapter(RoomedCrm):
    """One Pipedrive account."""

    crm = "pipedrive"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.client = PipedriveClient(connection)
        self._schema = Schema(self.client)
        self.codec = codec = PipedriveCodec(self._schema.option_ids, connection.account.currency)
        self._links = self._pointing = Links(self.client)
        self._records: Records = Records(self.client, self._schema, self._links, codec)
        self._writing = Writing(self.client, self._schema, self._records)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client)

    def describe(self, object_name: str) -> ObjectSchema:
        schema = self._schema.describe(object_name)
        self._records.keep(schema)
        return schema

    def link_anew(self, link_type: LinkType, links: Sequence[Link]) -> list[RowResult]:
        return self._pointing.link_anew(link_type, links)
