"""Twenty as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from sdrbot_skills.crm.rooms import RoomedCrm
from sdrbot_skills.crm.twenty.admin import Admin
from sdrbot_skills.crm.twenty.capabilities import CAPABILITIES
from sdrbot_skills.crm.twenty.client import TwentyClient
from sdrbot_skills.crm.twenty.codec import TwentyCodec
from sdrbot_skills.crm.twenty.links import Links
from sdrbot_skills.crm.twenty.preflight import Check
from sdrbot_skills.crm.twenty.records import Records
from sdrbot_skills.crm.twenty.schema import Schema
from sdrbot_skills.crm.twenty.writing import Writing
from sdrbot_skills.transport.connection import Connection


class Adapter(RoomedCrm):
    """One Twenty workspace."""

    crm = "twenty"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.codec = TwentyCodec()
        self.client = TwentyClient(connection)
        self._schema = Schema(self.client)
        self._records = Records(self.client, self._schema, self.codec)
        self._writing = Writing(self.client, self._schema, self._records)
        self._links = Links(self._schema, self._records, self._writing)
        self._admin = Admin(self.client, self._schema)
        self._check = Check(self.client, self._schema)
