"""Everything known about Twenty: client, schema, records, links, codec, schema changes, and as data its capabilities and policy."""

from sdrbot_skills.crm.twenty.adapter import Adapter
from sdrbot_skills.crm.twenty.capabilities import CAPABILITIES

__all__ = ["CAPABILITIES", "Adapter"]
