"""Attio's admin tools, one file per topic."""

from sdrbot_skills.crm.attio.admin_tools import attributes, members, objects, options, statuses
from sdrbot_skills.crm.attio.admin_tools.sending import send

TOOLS = (*objects.TOOLS, *attributes.TOOLS, *options.TOOLS, *statuses.TOOLS, *members.TOOLS)

__all__ = ["TOOLS", "send"]
