"""A script in the sandbox changes no schema: every request of every CRM that would is refused, and nothing reaches the CRMs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sdrbot_skills.crm.registry import crm_names
from sdrbot_skills.lab.processes import running
from sdrbot_skills.runs.executing import execute
from tests.broker.schema_rules import schema_requests

SCRIPT = """
import json
from sdrbot_skills.crm import registry
from sdrbot_skills.transport.connection import list_connections
from sdrbot_skills.transport.sockets import httpx_client

clients = {found.crm: httpx_client(found) for found in list_connections()}
codes = [
    clients[crm].request(method, path, params=query or None, json=body, headers=HEADERS).json().get("code")
    for crm, method, path, query, body in REQUESTS
]
hubspot = registry.connect("hubspot").client
tools, send = registry.admin_toolbox("hubspot")
change = tools["hubspot_admin_create_property"](hubspot, "contacts", "sneaked", "Sneaked", "string", "text")
try:
    send(hubspot, change.requests[0])
except Exception as error:
    codes.append(error.code)
with open("codes.json", "w") as kept:
    json.dump([sorted(clients), codes], kept)
"""


def test_a_script_changes_no_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requests = schema_requests()
    told = [[one.crm, one.method, one.path, one.query, one.body] for one in requests]
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CRM_MIGRATE_HOME", raising=False)
    script = tmp_path / "files" / "sneak.py"
    script.parent.mkdir()
    script.write_text(f"HEADERS = {{'Content-Type': 'application/json'}}\nREQUESTS = {told!r}\n{SCRIPT}")
    with running(*crm_names()) as labs:
        for lab in labs:
            for name, value in lab.env.items():
                monkeypatch.setenv(name, value)
        ended = execute(script)
        assert ended.outcome.ok, ended.lines
        assert [lab.writes() for lab in labs if lab.writes()] == []
    connected, codes = json.loads((tmp_path / ended.files[0]).read_text())
    assert connected == crm_names()
    assert len(codes) == len(requests) + 1 and set(codes) == {"write_in_dry_run"}
