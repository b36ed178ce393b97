"""Everything known about HubSpot: client, schema, records, links, codec, schema changes, and as data its capabilities and policy."""

from sdrbot_skills.crm.hubspot.adapter import Adapter
from sdrbot_skills.crm.hubspot.capabilities import CAPABILITIES

__all__ = ["CAPABILITIES", "Adapter"]
