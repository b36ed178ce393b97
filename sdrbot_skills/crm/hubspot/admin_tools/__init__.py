"""HubSpot's admin tools, one file per topic."""

from sdrbot_skills.crm.hubspot.admin_tools import properties
from sdrbot_skills.crm.hubspot.admin_tools.sending import send

TOOLS = (*properties.TOOLS,)

__all__ = ["TOOLS", "send"]
