"""Twenty's admin tools, one file per topic."""

from sdrbot_skills.crm.twenty.admin_tools import (
    fields,
    members,
    objects,
    options,
    relations,
    view_fields,
    view_filters,
    view_groups,
    view_sorts,
    views,
)
from sdrbot_skills.crm.twenty.admin_tools.sending import send

TOOLS = (
    *objects.TOOLS,
    *fields.TOOLS,
    *options.TOOLS,
    *relations.TOOLS,
    *views.TOOLS,
    *view_fields.TOOLS,
    *view_filters.TOOLS,
    *view_sorts.TOOLS,
    *view_groups.TOOLS,
    *members.TOOLS,
)

__all__ = ["TOOLS", "send"]
