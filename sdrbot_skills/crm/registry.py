"""From a connection's name to its adapter. A further CRM is one new folder with an `Adapter` class in its package."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TYPE_CHECKING, cast

import sdrbot_skills.crm as package
from sdrbot_skills.crm.admintools import Toolbox, whole_name
from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.transport.connection import Connection, find_connection

if TYPE_CHECKING:
    from sdrbot_skills.crm.base import Crm
    from sdrbot_skills.crm.capabilities import Capabilities


def crm_names() -> list[str]:
    """The CRMs this installation knows, by folder."""
    return sorted(module.name for module in iter_modules(package.__path__) if module.ispkg)


def connect(name: str) -> Crm:
    """The adapter for the connection of that name, on the broker this process was given."""
    return open_connection(find_connection(name))


def open_connection(connection: Connection) -> Crm:
    """The adapter for one connection."""
    return _with_linked_names(connection.crm)(connection)


@cache
def _with_linked_names(crm: str) -> Callable[[Connection], Crm]:
    from sdrbot_skills.crm.linkednames import (
        LinkedNames,
    )  # brings the contract along, which a look at the list need not wait for

    return cast("Callable[[Connection], Crm]", type("Adapter", (LinkedNames, _module(crm).Adapter), {}))


def capabilities(crm: str) -> Capabilities:
    """What a CRM can do, without connecting to it."""
    return cast("Capabilities", _module(crm).CAPABILITIES)


def admin_toolbox(crm: str) -> Toolbox:
    """The admin tools of a CRM. Raises `ConfigurationError` where its folder has none."""
    _module(crm)
    name = f"sdrbot_skills.crm.{crm}.admin_tools"
    if find_spec(name) is None:
        raise ConfigurationError(f"There are no admin tools for {crm}.")
    room = import_module(name)
    return Toolbox({whole_name(crm, tool.name): tool for tool in room.TOOLS}, room.send)


def _module(crm: str):  # type: ignore[no-untyped-def]  # a module whose attributes are the folder's contract
    if crm not in crm_names():
        raise ConfigurationError(f"There is no CRM called {crm!r} here. Known: {', '.join(crm_names())}.")
    return import_module(f"sdrbot_skills.crm.{crm}")
