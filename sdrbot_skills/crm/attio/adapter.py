"""Attio as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from sdrbot_skills.crm.attio.admin import Admin
from sdrbot_skills.crm.attio.capabilities import CAPABILITIES
from sdrbot_skills.crm.attio.client import AttioClient
from sdrbot_skills.crm.attio.codec import AttioCodec
from sdrbot_skills.crm.attio.links import Links
from sdrbot_skills.crm.attio.preflight import Check
from sdrbot_skills.crm.attio.records import Records
from sdrbot_skills.crm.attio.schema import Schema
from sdrbot_skills.crm.attio.writing import Writing
from sdrbot_skills.crm.rooms import RoomedCrm
from sdrbot_skills.transport.connection import Connection


class Adapter(RoomedCrm):
    """One Attio workspace."""

    crm = "attio"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.codec: AttioCodec = AttioCodec()
        self.client = AttioClient(connection)
        self._schema = Schema(self.client)
        self._records = Records(self.client, self._schema, self.codec)
        self._writing = Writing(self.client, self._schema, self._records)
        self._links = Links(self.client, self._schema, self._records, self._writing)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client)
