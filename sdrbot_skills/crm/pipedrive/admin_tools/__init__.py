"""Pipedrive's admin tools, one file per topic."""

from sdrbot_skills.crm.pipedrive.admin_tools import fields, options, pipelines
from sdrbot_skills.crm.pipedrive.admin_tools.sending import send

TOOLS = (*fields.TOOLS, *options.TOOLS, *pipelines.TOOLS)

__all__ = ["TOOLS", "send"]
