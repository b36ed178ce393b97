"""Options of select attributes. Nothing is made on the fly: an option has to be there before a record is written with it."""

from __future__ import annotations

from typing import Any

from sdrbot_skills.crm.admintools import Change, changes, given, reads
from sdrbot_skills.crm.attio.admin_tools.choices import changed, listed, made
from sdrbot_skills.crm.attio.client import AttioClient


@reads
def list_options(
    client: AttioClient, object_slug: str, attribute_slug: str, include_archived: bool = False
) -> list[dict[str, Any]]:
    """The options of a select attribute."""
    return listed(client, "select", object_slug, attribute_slug, include_archived)


@changes
def create_option(client: AttioClient, object_slug: str, attribute_slug: str, title: str) -> Change:
    """Add an option to a select attribute."""
    return made(client, "select", object_slug, attribute_slug, title, {})


@changes
def update_option(
    client: AttioClient,
    object_slug: str,
    attribute_slug: str,
    option: str,
    title: str | None = None,
    is_archived: bool | None = None,
) -> Change:
    """Rename an option, or archive it (or bring it back). Records keep an archived option. `option`: its title or id."""
    return changed(client, "select", object_slug, attribute_slug, option, given(title=title, is_archived=is_archived))


TOOLS = (list_options, create_option, update_option)
