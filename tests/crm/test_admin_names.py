"""Every admin tool of the agreed table is there, under its name and with its parameters."""

from __future__ import annotations

import re

from sdrbot_skills.crm import registry
from sdrbot_skills.crm.admintools import crm_of
from tests.crm.admin_kit import spelled
from tests.support import shared_path

ROW = re.compile(r"^\| (\w+_admin_\w+) \| (.+?) \| (S?) ?\|$", re.MULTILINE)
ALIASES = ("person", "organization", "deal")


def test_all_tools_are_there_with_their_parameters() -> None:
    rows = ROW.findall(shared_path("agent-hosts.md").read_text(encoding="utf-8"))
    assert len(rows) == 77
    boxes = {crm: registry.admin_toolbox(crm).tools for crm in registry.crm_names()}
    for name, parameters, changing in rows:
        tool = boxes[crm_of(name)][name]
        assert (spelled(tool), tool.changes) == (parameters, changing == "S"), name
    for kind in ALIASES:
        assert f"pipedrive_admin_list_{kind}_fields" in boxes["pipedrive"]


def test_every_tool_says_what_it_does() -> None:
    for crm in registry.crm_names():
        for name, tool in registry.admin_toolbox(crm).tools.items():
            assert tool.description.endswith((".", ")")), name
            assert len(tool.description) < 700, f"{name}: a model reads this at every turn"
