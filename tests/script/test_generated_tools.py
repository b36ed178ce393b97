"""The generated tools: a module an agent can read and import, and that writes nothing outside an approved run."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdrbot_skills import lab
from sdrbot_skills.lab import Emulator
from sdrbot_skills.model.schema import Account, Environment, Field, ObjectSchema, Option
from sdrbot_skills.model.values import Kind
from sdrbot_skills.runs.syncing import sync
from sdrbot_skills.script.render_tools import render_tools

ACCOUNT = Account(crm="hubspot", id="1", name='Acme "the" Co', environment=Environment.LAB)
ODD = [
    Field(name="9f3a_score", label='The "score"\\', kind=Kind.DECIMAL, vendor_type="number"),
    Field(
        name="class",
        label="Class",
        kind=Kind.CHOICE,
        vendor_type="enum",
        options=(Option(value="a", label="A"),),
        required=True,
    ),
    Field(name="name.first", label="First", kind=Kind.TEXT, vendor_type="string", max_length=40),
    Field(name="name_first", label="First too", kind=Kind.TEXT, vendor_type="string", updatable=False),
    Field(name="read_only", label="Seen only", kind=Kind.TEXT, vendor_type="string", creatable=False),
]


def test_odd_names_and_texts_become_code() -> None:
    schema = ObjectSchema(crm="hubspot", name="contacts", label="Contact", plural="Contacts", fields=tuple(ODD))
    text = render_tools("HubSpot", "hubspot", ACCOUNT, [schema])
    functions = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    assert list(functions) == ["search_contacts", "create_contacts", "update_contacts"]
    parameters = [argument.arg for argument in functions["create_contacts"].args.kwonlyargs]
    assert parameters == ["class_", "field_9f3a_score", "name_first", "name_first_2"]
    assert functions["create_contacts"].args.kw_defaults[0] is None, "a required field has no default"
    told = ast.get_docstring(functions["create_contacts"]) or ""
    assert "at most 40 characters" in told and "one of a" in told and "required" in told
    assert "name_first_2" not in [argument.arg for argument in functions["update_contacts"].args.kwonlyargs]


@pytest.fixture
def connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    monkeypatch.chdir(tmp_path)
    with lab.running("salesforce") as salesforce:
        for name, value in salesforce.env.items():
            monkeypatch.setenv(name, value)
        yield salesforce


def test_from_a_live_schema_it_reads_and_is_refused_to_write(connected: Emulator, tmp_path: Path) -> None:
    (path,) = sync(["salesforce"])
    assert path == tmp_path / "generated" / "salesforce_tools.py"
    checked = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", str(path)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    script = (
        "from salesforce_tools import create_contact, search_contact\n"
        "print(search_contact('Email', ['a@b.example']))\n"
        "from sdrbot_skills.errors import Refused\n"
        "try:\n    create_contact(LastName='Smith')\nexcept Refused as error:\n    print('refused', error.code, error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=path.parent, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0 and ended.stdout.splitlines()[0] == "[]", ended.stderr
    refused = ended.stdout.splitlines()[1]
    assert refused.startswith("refused") and "Only a run that the person has approved can write" in refused, (
        ended.stdout + ended.stderr
    )
    assert connected.writes() == {}
