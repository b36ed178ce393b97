"""Salesforce's admin tools, one file per topic."""

from sdrbot_skills.crm.salesforce.admin_tools import access, fields, objects, picklists, recordtypes
from sdrbot_skills.crm.salesforce.admin_tools.sending import send

TOOLS = (*objects.TOOLS, *fields.TOOLS, *picklists.TOOLS, *access.TOOLS, *recordtypes.TOOLS)

__all__ = ["TOOLS", "send"]
