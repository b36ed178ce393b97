"""Everything known about Pipedrive: client, schema, records, links, codec, schema changes, and as data its capabilities and policy."""

from sdrbot_skills.crm.pipedrive.adapter import Adapter
from sdrbot_skills.crm.pipedrive.capabilities import CAPABILITIES

__all__ = ["CAPABILITIES", "Adapter"]
