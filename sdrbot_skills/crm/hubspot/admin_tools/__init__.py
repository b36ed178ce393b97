"""HubSpot's admin tools, one file per topic."""

from sdrbot_skills.crm.hubspot.admin_tools import (
    groups,
    labels,
    objects,
    owners,
    pipelines,
    properties,
    property_options,
)
from sdrbot_skills.crm.hubspot.admin_tools.sending import send

TOOLS = (
    *objects.TOOLS,
    *properties.TOOLS,
    *property_options.TOOLS,
    *groups.TOOLS,
    *owners.TOOLS,
    *pipelines.TOOLS,
    *labels.TOOLS,
)

__all__ = ["TOOLS", "send"]
