"""Zoho's admin tools, one file per topic."""

from sdrbot_skills.crm.zohocrm.admin_tools import fields, modules, people, picklists, pipelines
from sdrbot_skills.crm.zohocrm.admin_tools.sending import send

TOOLS = (*modules.TOOLS, *fields.TOOLS, *picklists.TOOLS, *pipelines.TOOLS, *people.TOOLS)

__all__ = ["TOOLS", "send"]
