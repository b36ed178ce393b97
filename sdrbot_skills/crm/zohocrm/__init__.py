"""Everything known about Zoho CRM: client, schema, records, links, codec, schema changes, and as data its capabilities and policy."""

from sdrbot_skills.crm.zohocrm.adapter import Adapter
from sdrbot_skills.crm.zohocrm.capabilities import CAPABILITIES

__all__ = ["CAPABILITIES", "Adapter"]
