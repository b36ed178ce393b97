"""HubSpot as a CRM: the contract of `crm.base`, each call handed to the room that knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hubspot import HubSpot

from sdrbot_skills.crm.hubspot.admin import Admin
from sdrbot_skills.crm.hubspot.capabilities import CAPABILITIES
from sdrbot_skills.crm.hubspot.client import HubSpotClient
from sdrbot_skills.crm.hubspot.codec import HubSpotCodec
from sdrbot_skills.crm.hubspot.links import Links
from sdrbot_skills.crm.hubspot.preflight import Check
from sdrbot_skills.crm.hubspot.records import Records
from sdrbot_skills.crm.hubspot.schema import Schema
from sdrbot_skills.crm.hubspot.writing import Writing
from sdrbot_skills.crm.rooms import RoomedCrm
from sdrbot_skills.errors import Unsupported
from sdrbot_skills.model.records import Row, RowResult
from sdrbot_skills.model.schema import LinkType
from sdrbot_skills.transport.connection import Connection


class Adapter(RoomedCrm):
    """One HubSpot account."""

    crm = "hubspot"

    def __init__(self, connection: Connection) -> None:
        self.capabilities = CAPABILITIES
        self.codec = HubSpotCodec()
        self.client: HubSpotClient = HubSpotClient(connection)
        self._schema = Schema(self.client)
        self._links: Links = Links(self.client)
        self._records: Records = Records(self.client, self._schema, self._links, self.codec)
        self._writing: Writing = Writing(self.client)
        self._admin = Admin(self.client)
        self._check = Check(self.client)

    @property
    def sdk(self) -> HubSpot:
        """The vendor's own client, on the same socket."""
        return self.client.sdk

    def named_link_types(self, object_name: str, names: Collection[str]) -> list[LinkType]:
        return self._links.named(object_name, names)

    def edited_after(self, object_name: str, moments: Mapping[str, str]) -> dict[str, bool]:
        return self._records.edited_after(object_name, moments)

    def opt_out(self, object_name: str, rows: Sequence[Row]) -> list[RowResult]:
        if object_name != "contacts":
            raise Unsupported(f"opting out {object_name}", "HubSpot keeps opt-outs for contacts only")
        return self._writing.opt_out(rows)
