"""Everything known about Attio: client, schema, records, links, codec, schema changes, and as data its capabilities and policy."""

from sdrbot_skills.crm.attio.adapter import Adapter
from sdrbot_skills.crm.attio.capabilities import CAPABILITIES

__all__ = ["CAPABILITIES", "Adapter"]
